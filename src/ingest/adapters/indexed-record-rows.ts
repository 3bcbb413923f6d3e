import { nextTurn } from '../../platform/pause.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import type { FoundRecords, RecordLookups } from '../domain/record-lookups.js';
import { isWaiting } from '../domain/tables.js';
import type { RecordColumns, RecordPlace } from '../record-pages.js';
import { FoundRows } from './record-index/found-rows.js';
import type { RecordIndex } from './record-index/record-index.js';

const rowsPerTurn = 2048;

/** The places of the identities in order of MSISDN and time: neighbours lie in one block. */
const inOrder = ({ msisdns, recordedAtMs }: RecordLookups): number[] =>
  Array.from(msisdns, (_, at) => at).sort(
    (a, b) => msisdns[a] - msisdns[b] || recordedAtMs[a] - recordedAtMs[b],
  );

/** All versions below `beforeOffset` of rows with the MSISDN and time of an identity. */
const ofIdentities = (index: RecordIndex, lookups: RecordLookups, beforeOffset: number) => {
  const { msisdns, recordedAtMs } = lookups;
  const found = new FoundRows();
  let last = -1;
  for (const at of inOrder(lookups)) {
    const isSame =
      last >= 0 && msisdns[at] === msisdns[last] && recordedAtMs[at] === recordedAtMs[last];
    last = at;
    if (isSame) continue;
    index.at(msisdns[at], recordedAtMs[at], (rows, row) => {
      if (rows.versions[row] < beforeOffset) found.add(rows, row);
    });
  }
  return found;
};

const placeAt = (rows: RecordColumns, row: number): RecordPlace => ({
  recordedAtMs: rows.recordedAtMs[row],
  recordId: rows.recordIds.slice(row * 4, row * 4 + 4),
  version: rows.versions[row],
});

const isOfRecord = (place: RecordPlace, rows: RecordColumns, row: number): boolean => {
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
  found: FoundRows,
): Promise<void> => {
  const range = { msisdn, startMs: -Infinity, endMs: Infinity };
  let page = index.page(range, { limit: rowsPerTurn });
  let newest: RecordPlace | undefined; // of the record in hand; rows fall by version
  while (page.length > 0) {
    for (let row = 0; row < page.length; row++) {
      if (page.versions[row] >= beforeOffset) continue;
      if (newest !== undefined && isOfRecord(newest, page, row)) continue;
      newest = placeAt(page, row);
      if (isWaiting(page.statuses[row])) found.add(page, row);
    }
    if (page.length < rowsPerTurn) return;
    const before = placeAt(page, page.length - 1);
    await nextTurn();
    page = index.page(range, { before, limit: rowsPerTurn });
  }
};

/** What the step asks for, out of the index. Rejects when a part of it cannot be read. */
export const indexedRecordRows = async (
  index: RecordIndex,
  lookups: RecordLookups,
  beforeOffset: number,
): Promise<FoundRecords> => {
  const found = ofIdentities(index, lookups, beforeOffset);
  for (const msisdn of lookups.waitingOf) await addWaiting(index, { msisdn, beforeOffset }, found);
  return DataRecordRows.from(found.batch);
};
