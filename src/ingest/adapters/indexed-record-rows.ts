import { nextTurn } from '../../platform/pause.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import type { FoundRecords, RecordLookups } from '../domain/record-lookups.js';
import { recordStatuses } from '../domain/tables.js';
import type { RecordColumns } from '../record-pages.js';
import { FoundRows } from './record-index/found-rows.js';
import type { RecordIndex } from './record-index/record-index.js';

const waiting = recordStatuses.indexOf('waiting');
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

const isSameRecord = (rows: RecordColumns, a: number, b: number): boolean => {
  if (rows.recordedAtMs[a] !== rows.recordedAtMs[b]) return false;
  const { recordIds } = rows;
  for (let word = 0; word < 4; word++) {
    if (recordIds[a * 4 + word] !== recordIds[b * 4 + word]) return false;
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
  let newest = -1; // of the record in hand; rows fall by version
  while (page.length > 0) {
    for (let row = 0; row < page.length; row++) {
      if (page.versions[row] >= beforeOffset) continue;
      if (newest >= 0 && isSameRecord(page, newest, row)) continue;
      newest = row;
      if (page.statuses[row] === waiting) found.add(page, row);
    }
    if (page.length < rowsPerTurn) return;
    const last = page.length - 1;
    const before = {
      recordedAtMs: page.recordedAtMs[last],
      recordId: page.recordIds.slice(last * 4, last * 4 + 4),
      version: page.versions[last],
    };
    await nextTurn();
    page = index.page(range, { before, limit: rowsPerTurn });
    newest = -1;
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
