import type { DataRecordRow } from './data-record-store.js';
import { recordedAtText } from './domain/recorded-at.js';

/** A data record as REST and GraphQL have it (docs/WIRE-CONTRACT.md), fields in order. */
export interface DataRecordJson {
  readonly key: {
    readonly agreementId: string;
    readonly year: number;
    readonly month: number;
    readonly recordedAt: string;
    readonly internalRecordId: string;
  };
  readonly recordedBytes: number;
}

/** The billing period in numbers; month from 1. */
export interface YearMonth {
  readonly year: number;
  readonly month: number;
}

/** A row in the form of the wire contract. */
export const dataRecordJson = (
  row: Pick<DataRecordRow, 'recordedAtMs' | 'recordId' | 'recordedBytes'>,
  period: YearMonth & { readonly agreementId: string },
): DataRecordJson => ({
  key: {
    agreementId: period.agreementId,
    year: period.year,
    month: period.month,
    recordedAt: recordedAtText(row.recordedAtMs),
    internalRecordId: row.recordId,
  },
  recordedBytes: row.recordedBytes,
});

/** Where a page of a month ends, as text: `recordedAt/internalRecordId` of its last record. */
export const placeText = ({ key }: DataRecordJson): string =>
  `${key.recordedAt}/${key.internalRecordId}`;

/** The correction as it stands in the log, for the ingest step. */
export const correctionPayload = (correction: {
  readonly agreementId: string;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly recordedBytes: number;
}): string => {
  const { agreementId, recordedAtMs, recordId, recordedBytes } = correction;
  return JSON.stringify({ agreementId, recordedAtMs, recordId, recordedBytes });
};
