import type { OraclePeriod } from './calendar-oracle.js';
import type { OracleAgreement, OracleRow } from './oracle-model.js';

export interface Feed {
  status: string;
  through: number | undefined;
  outOfOrderness: number;
}

export interface Window {
  readonly agreement: OracleAgreement;
  readonly period: OraclePeriod;
  /** Identities in the order in which they were first counted here. */
  readonly identities: string[];
  exceeded: boolean;
}

/** What a row of a line that may have been cut off has more. */
export const marked = (isProvisional: boolean | undefined): Pick<OracleRow, 'provisional'> =>
  isProvisional ? { provisional: true } : {};

/** Digits that a number begins with; all of them may have been zeros that mean nothing. */
export const isPiece = (piece: number, whole: number): boolean =>
  piece < whole && (piece === 0 || new RegExp(`^${piece}`).test(`${whole}`));

/** Latest start at or before the record, then latest signature, then the lowest id. */
export const inForceAt = (
  agreements: readonly OracleAgreement[],
  recordedAtMs: number,
): OracleAgreement | undefined =>
  agreements
    .filter((agreement) => agreement.serviceStartAtMs <= recordedAtMs)
    .sort(
      (a, b) =>
        b.serviceStartAtMs - a.serviceStartAtMs ||
        b.signedAtMs - a.signedAtMs ||
        (a.id < b.id ? -1 : 1),
    )[0];
