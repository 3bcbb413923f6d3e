/** A record that is written without a file, for the generator. Instant in epoch ms. */
export interface DirectRecordInput {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  /** UUID text. */
  readonly internalRecordId: string;
  readonly recordedBytes: number;
}

/** Writes records of agreements directly; they belong to feed `topic`. */
export interface DirectRecords {
  /** Resolves when all are durable and counted. A record that is known already changes nothing. */
  write(records: Iterable<DirectRecordInput>): Promise<void>;
}

export const DIRECT_RECORDS = Symbol('DirectRecords');
