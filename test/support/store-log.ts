import type { OracleCorrection, OracleEvent, OracleFeedProgress } from './oracle-model.js';
import type { PlainRow } from './plain-rows.js';

/** Codes of table `log`, said once more: a change of them must not go unseen. */
const typeCodes = ['record', 'agreement', 'correction', 'feed'] as const;

/** `2020-01-01T00:00+01:00[Europe/Warsaw]` or any ISO text with an offset, as epoch ms. */
const instantOf = (text: unknown): number => {
  const ms = Date.parse(String(text).replace(/\[.*\]$/, ''));
  if (Number.isNaN(ms)) throw new Error(`${String(text)} is not a time`);
  return ms;
};

const payloadOf = (row: PlainRow): Record<string, unknown> =>
  JSON.parse(String(row.payload)) as Record<string, unknown>;

const recordOf = (row: PlainRow): OracleEvent => ({
  offset: row.offset as number,
  type: 'record',
  record: {
    msisdn: row.msisdn as number,
    recordedAtMs: row.timestamp as number,
    recordId: row.record_id as string,
    recordedBytes: row.recorded_bytes as number,
    fileId: row.file_id as number,
    lineNo: row.line_no as number,
  },
});

/** A row of table `log` as the oracle reads it. */
export const oracleEventOf = (row: PlainRow): OracleEvent => {
  const offset = row.offset as number;
  const type = typeCodes[row.type as number];
  switch (type) {
    case 'record':
      return recordOf(row);
    case 'agreement': {
      const { signedAt, serviceStartAt, msisdn, ...rest } = payloadOf(row);
      return {
        offset,
        type,
        agreement: {
          id: String(rest.id),
          msisdn: Number(msisdn),
          billingPeriodTimeZone: String(rest.billingPeriodTimeZone),
          maxBytesInBillingPeriod: Number(rest.maxBytesInBillingPeriod),
          signedAtMs: instantOf(signedAt),
          serviceStartAtMs: instantOf(serviceStartAt),
        },
      };
    }
    case 'correction': {
      const payload = payloadOf(row) as unknown as Omit<OracleCorrection, 'msisdn'>;
      return { offset, type, correction: { ...payload, msisdn: row.msisdn as number } };
    }
    case 'feed':
      return { offset, type, progress: payloadOf(row) as unknown as OracleFeedProgress };
    default:
      throw new Error(`${String(row.type)} is not a type of event`);
  }
};
