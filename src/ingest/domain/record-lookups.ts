import { parseUuid } from '../../streaming/index.js';
import type { DataRecordRows } from './data-record-rows.js';
import type { IngestState } from './ingest-state.js';
import type { KnownRecords } from './known-records/known-records.js';
import { eventTypes, isRecord, type ReadonlyUsageEvents } from './usage-events.js';

/** What a step has to know from the store: rows of places, and rows that wait. */
export interface RecordLookups {
  /** All versions of all records of this subscriber at this instant are wanted; as columns. */
  readonly msisdns: number[];
  readonly recordedAtMs: number[];
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
 * Look-ups are rare: a record newer than all that was seen of its subscriber cannot be known, and
 * of the others memory rules out nearly all. Records stored earlier in the same batch only are
 * found in the batch itself.
 */
export const recordLookups = (
  state: IngestState,
  { events, from }: { events: ReadonlyUsageEvents; from: number },
): RecordLookups | undefined => {
  const wanted: RecordLookups = { msisdns: [], recordedAtMs: [], waitingOf: [] };
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
    if (!mayBeKnown(state.known, events, at)) continue;
    wanted.msisdns.push(events.keys[at]);
    wanted.recordedAtMs.push(events.timestampsMs[at]);
  }
  return wanted.msisdns.length + wanted.waitingOf.length > 0 ? wanted : undefined;
};

/** Hot for records out of order. A correction names its record in its payload. */
const mayBeKnown = (known: KnownRecords, events: ReadonlyUsageEvents, at: number): boolean => {
  const msisdn = events.keys[at];
  const recordedAtMs = events.timestampsMs[at];
  if (isRecord(events.types[at])) {
    return known.mayHaveRecord(msisdn, recordedAtMs, events.recordIds, at * 4);
  }
  const { recordId } = JSON.parse(events.payloads.get(at) as string) as CorrectionPayload;
  return known.mayHaveRecord(msisdn, recordedAtMs, parseUuid(recordId) as Uint32Array, 0);
};
