import { Turns } from '../../platform/turns.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import type { FoundRecords, RecordLookups } from '../domain/record-lookups.js';
import { isWaiting, type UsageRecordRows } from '../domain/tables.js';
import type { RecordPlace } from '../record-pages.js';
import type { RecordIndex } from './record-index/record-index.js';

const rowsAPage = 2048;

interface Wanted {
  readonly lookups: RecordLookups;
  readonly beforeOffset: number;
}

/** What was found so far, and when it is the turn of others. */
interface Finding {
  readonly found: DataRecordRows;
  readonly turns: Turns;
}

/** The places of the identities in order of MSISDN and time: neighbours lie in one block. */
const inOrder = ({ msisdns, recordedAtMs }: RecordLookups): number[] =>
  Array.from(msisdns, (_, at) => at).sort(
    (a, b) => msisdns[a] - msisdns[b] || recordedAtMs[a] - recordedAtMs[b],
  );

/** All versions below `beforeOffset` of rows with the MSISDN and time of an identity. */
const addIdentities = async (
  index: RecordIndex,
  { lookups, beforeOffset }: Wanted,
  { found, turns }: Finding,
): Promise<void> => {
  const { msisdns, recordedAtMs } = lookups;
  let last = -1;
  for (const at of inOrder(lookups)) {
    const isSame =
      last >= 0 && msisdns[at] === msisdns[last] && recordedAtMs[at] === recordedAtMs[last];
    last = at;
    if (isSame) continue;
    index.at(msisdns[at], recordedAtMs[at], (rows, row) => {
      if (rows.versions[row] < beforeOffset) found.copyRow(rows, row);
    });
    if (turns.isOver) await turns.pass();
  }
};

const placeAt = (rows: UsageRecordRows, row: number): RecordPlace => ({
  recordedAtMs: rows.recordedAtMs[row],
  recordId: rows.recordIds.slice(row * 4, row * 4 + 4),
  version: rows.versions[row],
});

const isOfRecord = (place: RecordPlace, rows: UsageRecordRows, row: number): boolean => {
  if (rows.recordedAtMs[row] !== place.recordedAtMs) return false;
  for (let word = 0; word < 4; word++) {
    if (rows.recordIds[row * 4 + word] !== place.recordId[word]) return false;
  }
  return true;
};

/** Rows of the MSISDN whose newest version below `beforeOffset` waits. */
const addWaiting = async (
  index: RecordIndex,
  { msisdn, beforeOffset }: { readonly msisdn: number; readonly beforeOffset: number },
  { found, turns }: Finding,
): Promise<void> => {
  const range = { msisdn, startMs: -Infinity, endMs: Infinity };
  let page = index.page(range, { limit: rowsAPage });
  let newest: RecordPlace | undefined; // of the record in hand; rows fall by version
  while (page.length > 0) {
    for (let row = 0; row < page.length; row++) {
      if (page.versions[row] >= beforeOffset) continue;
      if (newest !== undefined && isOfRecord(newest, page, row)) continue;
      newest = placeAt(page, row);
      if (isWaiting(page.statuses[row])) found.copyRow(page, row);
    }
    if (page.length < rowsAPage) break;
    const before = placeAt(page, page.length - 1);
    await turns.pass();
    page = index.page(range, { before, limit: rowsAPage });
  }
  if (turns.isOver) await turns.pass();
};

/**
 * What the step asks for, out of the index; others have a turn between. Rejects when a part of it
 * cannot be read. Undefined when the index lost rows meanwhile: some may be missing.
 */
export const indexedRecordRows = async (
  index: RecordIndex,
  lookups: RecordLookups,
  beforeOffset: number,
): Promise<FoundRecords | undefined> => {
  const { losses } = index;
  const finding = { found: new DataRecordRows(), turns: new Turns(true) };
  await addIdentities(index, { lookups, beforeOffset }, finding);
  for (const msisdn of lookups.waitingOf) {
    await addWaiting(index, { msisdn, beforeOffset }, finding);
  }
  return index.losses === losses ? finding.found : undefined;
};
