import type { ColumnBatch } from './rows.js';

/** A message for systems downstream; `headers` carry its deterministic id and revision. */
export interface OutMessage {
  readonly key: string;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The value as it goes on the wire. */
  readonly value: string;
}

/** Everything a batch causes, nothing of it done yet. An adapter has to make it atomic. */
export interface Effects {
  readonly rows: readonly ColumnBatch[];
  readonly messages: readonly OutMessage[];
}
