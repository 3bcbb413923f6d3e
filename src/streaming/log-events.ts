/**
 * A run of events of one partition, as columns. An application adds its own payload columns.
 * Offsets rise strictly but may have gaps (a Kafka log has control records between).
 */
export interface LogEvents {
  readonly length: number;
  /** Place in the log of the partition. */
  readonly offsets: Float64Array;
  /** 0 is a data record; the application names the others. */
  readonly types: Uint8Array;
  /** What the partition is keyed by (an MSISDN); 0 where an event is about all keys. */
  readonly keys: Float64Array;
  /** Event time in epoch milliseconds. */
  readonly timestampsMs: Float64Array;
}
