/** The shapes in which the oracle and the checkers see the log and what it led to. */
export interface OracleAgreement {
  readonly id: string;
  readonly msisdn: number;
  readonly signedAtMs: number;
  readonly serviceStartAtMs: number;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
}

export interface OracleRecord {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly recordedBytes: number;
  readonly fileId: number;
  readonly lineNo: number;
  /** In the last line of its file, without a line break. */
  readonly unterminated?: boolean;
}

export interface OracleCorrection {
  readonly msisdn: number;
  readonly agreementId: string;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly recordedBytes: number;
}

export interface OracleFeedProgress {
  readonly feed: string;
  readonly status?: 'active' | 'idle' | 'ended';
  readonly completeThroughMs?: number;
  readonly maxOutOfOrdernessMs?: number;
  /** When it was written; as late as it says the feed is complete, when it is left out. */
  readonly stampMs?: number;
}

/** What stands in the log, in log order. */
export type OracleEvent = { readonly offset: number } & (
  | { readonly type: 'record'; readonly record: OracleRecord }
  | { readonly type: 'agreement'; readonly agreement: OracleAgreement }
  | { readonly type: 'correction'; readonly correction: OracleCorrection }
  | { readonly type: 'feed'; readonly progress: OracleFeedProgress }
);

export interface OracleRow {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly version: number;
  readonly agreementId: string | undefined;
  readonly recordedBytes: number;
  readonly status: 'counted' | 'late' | 'waiting';
  /** It gives way when it is read whole; left out otherwise. */
  readonly provisional?: true;
  readonly fileId: number;
  readonly lineNo: number;
}

export interface OracleMessage {
  readonly type: string;
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly latestRecordedAtMs: number;
  readonly recordId: string;
  readonly total: number;
  readonly timestampMs: number;
  readonly delta?: number;
}

export interface Book {
  counted: number;
  late: number;
  waiting: number;
  duplicate: number;
  rejected: number;
}

export interface OracleDeadLetter {
  readonly offset: number;
  readonly code: string;
}

export interface OracleResult {
  /** identity → the version in force. */
  readonly rows: ReadonlyMap<string, OracleRow>;
  /** Every version, in the order written. */
  readonly versions: readonly OracleRow[];
  readonly messages: readonly OracleMessage[];
  readonly books: ReadonlyMap<number, Book>;
  readonly deadLetters: readonly OracleDeadLetter[];
  readonly watermarkMs: number | undefined;
}

export const identityOf = (r: {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordId: string;
}): string => `${r.msisdn} ${r.recordedAtMs} ${r.recordId}`;
