import type { ColumnBatch, StepLookups } from '../../streaming/index.js';
import { parseUuid } from '../../values/index.js';
import { DataRecordRows } from './data-record-rows.js';
import type { IngestState } from './ingest-state.js';
import type { KnownRecords } from './known-records/known-records.js';
import { UsageRecordRows } from './tables.js';
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

/** Rows that wait are read for one step up to so many, or those of one subscriber. */
const mostWaiting = 8_192;

/**
 * Look-ups are rare: a record newer than all that was seen of its subscriber cannot be known, and
 * of the others memory rules out nearly all. Records stored earlier in the same batch only are
 * found in the batch itself.
 */
export const recordLookups = (
  state: IngestState,
  { events, from }: { events: ReadonlyUsageEvents; from: number },
): StepLookups<RecordLookups> | undefined => {
  const wanted: RecordLookups = { msisdns: [], recordedAtMs: [], waitingOf: [] };
  const { agreements } = state;
  const waiting = { rows: 0, of: new Set<number>() };
  let at = from;
  for (; at < events.length; at++) {
    const type = events.types[at];
    if (type === eventTypes.feed || type === eventTypes.unreadable) continue;
    const subscriber = agreements.subscriberOf(events.keys[at]);
    if (subscriber === undefined) continue;
    if (type === eventTypes.agreement) {
      if (!hasRoom(waiting, events.keys[at], agreements.waitingCount[subscriber])) break;
      continue;
    }
    if (events.timestampsMs[at] > agreements.newestRecordedAtMs[subscriber]) continue;
    if (!mayBeKnown(state.known, events, at)) continue;
    wanted.msisdns.push(events.keys[at]);
    wanted.recordedAtMs.push(events.timestampsMs[at]);
  }
  wanted.waitingOf.push(...waiting.of);
  return wanted.msisdns.length + waiting.of.size > 0 ? { wanted, until: at } : undefined;
};

/** Adds the rows that wait of a subscriber; false when they have to be left to the next step. */
const hasRoom = (
  waiting: { rows: number; readonly of: Set<number> },
  msisdn: number,
  count: number,
): boolean => {
  if (count === 0 || waiting.of.has(msisdn)) return true;
  if (waiting.rows > 0 && waiting.rows + count > mostWaiting) return false;
  waiting.rows += count;
  waiting.of.add(msisdn);
  return true;
};

/** Hot for records out of order. A correction names its record in its payload. */
const mayBeKnown = (known: KnownRecords, events: ReadonlyUsageEvents, at: number): boolean => {
  const msisdn = events.keys[at];
  const recordedAtMs = events.timestampsMs[at];
  if (isRecord(events.types[at])) {
    return known.mayHaveRecord(msisdn, recordedAtMs, events.recordIds, at * 4);
  }
  const { recordId } = JSON.parse(events.payloads[at]) as CorrectionPayload;
  return known.mayHaveRecord(msisdn, recordedAtMs, parseUuid(recordId) as Uint32Array, 0);
};

/** Of the low bits of an MSISDN: most that are not asked for are told by them. */
const marks = 4_096;

type IsWanted = (msisdn: number, recordedAtMs: number) => boolean;

/** Whether rows of an MSISDN and time are asked for: those at its times, or all when it waits. */
const wantedBy = ({ msisdns, recordedAtMs, waitingOf }: RecordLookups): IsWanted => {
  const marked = new Uint8Array(marks);
  const times = new Map<number, Set<number>>();
  const waiting = new Set(waitingOf);
  for (const msisdn of waitingOf) marked[msisdn % marks] = 1;
  msisdns.forEach((msisdn, at) => {
    marked[msisdn % marks] = 1;
    const known = times.get(msisdn);
    if (known === undefined) times.set(msisdn, new Set([recordedAtMs[at]]));
    else known.add(recordedAtMs[at]);
  });
  return (msisdn, timeMs) =>
    marked[msisdn % marks] === 1 &&
    (waiting.has(msisdn) || times.get(msisdn)?.has(timeMs) === true);
};

/**
 * Adds to the rows that were found all versions in `batches` of what is asked for, also those that
 * do not wait: which is the newest of a record is the step's to say. Hot for records out of order:
 * it goes through all rows of the steps that are being committed.
 */
export const foundWithUncommitted = (
  found: FoundRecords,
  lookups: RecordLookups,
  batches: readonly ColumnBatch[],
): FoundRecords => {
  const isWanted = wantedBy(lookups);
  for (const batch of batches) {
    if (batch.schema !== UsageRecordRows.schema) continue;
    const rows = new DataRecordRows(batch);
    for (let row = 0; row < rows.length; row++) {
      if (isWanted(rows.msisdns[row], rows.recordedAtMs[row])) found.copyRow(rows, row);
    }
  }
  return found;
};
