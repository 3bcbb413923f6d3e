import type { AgreementTable } from '../../agreements/index.js';
import type { EventClock } from '../../streaming/index.js';
import type { KnownRecords } from './known-records/known-records.js';

/** What ingest keeps between batches. */
export interface IngestState {
  /** Agreements with their subscribers. */
  readonly agreements: AgreementTable;
  /** Which records are stored. */
  readonly known: KnownRecords;
  clock: EventClock;
}

/** A record that found its agreement, as it goes on to the billing window. Reused: do not keep. */
export interface Usage {
  /** Index in the agreement table. */
  agreement: number;
  period: number;
  recordedAtMs: number;
  recordIds: ArrayLike<number>;
  recordIdAt: number;
  /** Bytes to add to the total; of a correction the difference, which may be negative. */
  deltaBytes: number;
  late: boolean;
}

/** What takes the matched records. Implemented by the billing window. */
export interface UsageSink {
  /** False when the total would pass 2^53 − 1; nothing has happened then. */
  canAdd(usage: Usage): boolean;
  add(usage: Usage): void;
  correct(usage: Usage): void;
}
