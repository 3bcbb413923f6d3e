import { eventTypes, type UsageEvents } from './usage-events.js';
import type { DataRecordRows } from './data-record-rows.js';
import type { IngestState } from './ingest-state.js';

/** What a step has to know from the store: rows of identities, and rows that wait. */
export interface RecordLookups {
  /** All versions of these identities are wanted; as columns, ids four words each. */
  readonly msisdns: number[];
  readonly recordedAtMs: number[];
  readonly recordIds: number[];
  /** Rows of these subscribers whose newest version waits are wanted. */
  readonly waitingOf: number[];
}

/** The rows that were asked for, in any order; a row may be there twice. */
export type FoundRecords = DataRecordRows;

/** A correction as it stands in its event. */
export interface CorrectionPayload {
  readonly agreementId: string;
  readonly recordedAtMs: number;
  /** UUID text. */
  readonly recordId: string;
  readonly recordedBytes: number;
}

/**
 * Look-ups are rare: a record newer than all that was seen of its subscriber cannot be known.
 * Records older than one of the same batch only are found in the batch itself.
 */
export const recordLookups = (
  state: IngestState,
  { events, from }: { events: UsageEvents; from: number },
): RecordLookups | undefined => {
  const wanted: RecordLookups = { msisdns: [], recordedAtMs: [], recordIds: [], waitingOf: [] };
  const { agreements } = state;
  for (let at = from; at < events.length; at++) {
    const type = events.types[at];
    if (type === eventTypes.feed || type === eventTypes.unreadable) continue;
    const subscriber = agreements.subscriberOf(events.keys[at]);
    if (subscriber === undefined) continue;
    if (type === eventTypes.agreement) {
      if (agreements.waitingCount[subscriber] > 0) wanted.waitingOf.push(events.keys[at]);
      continue;
    }
    if (events.timestampsMs[at] > agreements.newestRecordedAtMs[subscriber]) continue;
    wanted.msisdns.push(events.keys[at]);
    wanted.recordedAtMs.push(events.timestampsMs[at]);
    for (let word = 0; word < 4; word++) wanted.recordIds.push(events.recordIds[at * 4 + word]);
  }
  return wanted.msisdns.length + wanted.waitingOf.length > 0 ? wanted : undefined;
};
