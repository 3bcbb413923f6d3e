import type { Findings } from './findings.js';
import { identity, type Ledger } from './ledger.js';
import { monthAt } from './months.js';
import { slotOf } from './slots.js';
import { columns, emptyBook, type Book, type StoredRow, type World } from './world.js';

/** Every version of every row is in the store as the log leads to it, where readers look for it. */
export const checkRows = (world: World, ledgers: readonly Ledger[], findings: Findings): void => {
  const expected = new Map<string, unknown>();
  for (const { versions } of ledgers) {
    for (const { record, version, agreementId, outcome } of versions) {
      const { recordedBytes, fileId, lineNo, isUnterminated } = record;
      const status = isUnterminated ? `${outcome}-provisional` : outcome;
      const value = { agreementId, recordedBytes, status, fileId, lineNo };
      expected.set(`${identity(record)} version ${version}`, value);
    }
  }
  const found = new Map<string, unknown>();
  for (const row of world.rows) {
    const { agreementId, recordedBytes, status, fileId, lineNo } = row;
    const key = `${identity(row)} version ${row.version}`;
    if (found.has(key)) findings.add('no row is there twice', key, `in ${row.shard} ${row.day}`);
    found.set(key, { agreementId, recordedBytes, status, fileId, lineNo });
    const day = new Date(row.recordedAtMs).toISOString().slice(0, 10);
    findings.same('a row lies where readers look for it', key, [
      [row.shard, row.day],
      [slotOf(row.msisdn, world.shards), day],
    ]);
  }
  findings.sameMaps('the rows are those the log leads to', found, expected);
};

/** Rows that wait are found by those who release them. */
export const checkWaitingRows = (world: World, findings: Findings): void => {
  const listed = new Set(world.waitingRows.map((row) => `${identity(row)} version ${row.version}`));
  for (const row of world.rows) {
    const key = `${identity(row)} version ${row.version}`;
    if (!row.status.startsWith('waiting') || listed.has(key)) continue;
    findings.add('a row that waits is listed', key, 'not in waiting_record');
  }
};

/** The rows in force that count, newest versions only. */
const rowsByAgreement = ({ rows }: World): Map<string, StoredRow[]> => {
  const newest = new Map<string, StoredRow>();
  for (const row of rows) {
    const known = newest.get(identity(row));
    if (known === undefined || known.version < row.version) newest.set(identity(row), row);
  }
  const rowsOf = new Map<string, StoredRow[]>();
  for (const row of newest.values()) {
    if (row.status.startsWith('waiting') || row.agreementId === undefined) continue;
    rowsOf.set(row.agreementId, [...(rowsOf.get(row.agreementId) ?? []), row]);
  }
  return rowsOf;
};

/** Of each record that counts its newest version, in the month its total has it in. */
export const checkDataRecords = (
  world: World,
  ledgers: readonly Ledger[],
  findings: Findings,
): void => {
  const rowsOf = rowsByAgreement(world);
  const expected = new Map<string, number>();
  for (const [id, { agreement }] of ledgers.flatMap(({ agreements }) => [...agreements])) {
    for (const { recordedAtMs, recordId, recordedBytes } of rowsOf.get(id) ?? []) {
      const { year, month } = monthAt(agreement.zone, recordedAtMs);
      expected.set(`${id} ${year}-${month} ${recordedAtMs} ${recordId}`, recordedBytes);
    }
  }
  const found = new Map<string, number>();
  for (const row of world.dataRecords) {
    const { agreementId, year, month, recordedAtMs, recordId, recordedBytes } = row;
    found.set(`${agreementId} ${year}-${month} ${recordedAtMs} ${recordId}`, recordedBytes);
  }
  findings.sameMaps('data_record has what counts, and nothing else', found, expected);
};

/** The sum of the stored rows is the total of the agreement and month, by addition alone. */
export const checkSums = (world: World, ledgers: readonly Ledger[], findings: Findings): void => {
  const rowsOf = rowsByAgreement(world);
  const lastTotals = new Map<string, number>();
  for (const { value } of world.messages) {
    const { agreementId, year, month, totalRecordedBytes } = JSON.parse(value) as MessageValue;
    lastTotals.set(`${agreementId} ${year}-${month}`, totalRecordedBytes);
  }
  for (const { accounts } of ledgers) {
    for (const [key, { agreement, month, total, isOpen }] of accounts) {
      const sum = (rowsOf.get(agreement.id) ?? [])
        .filter((row) => row.recordedAtMs >= month.startMs && row.recordedAtMs < month.endMs)
        .reduce((bytes, row) => bytes + row.recordedBytes, 0);
      findings.same('the sum of the rows is the total', key, [sum, total]);
      if (isOpen) continue;
      const law = 'the last message of a closed period has the sum of its rows';
      findings.same(law, key, [lastTotals.get(key), sum]);
    }
  }
};

interface MessageValue {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly totalRecordedBytes: number;
}

/** Every line in exactly one column of the book, by file and partition. */
export const checkBooks = (world: World, ledgers: readonly Ledger[], findings: Findings): void => {
  const expected = new Map<string, Book>();
  const bookOf = (fileId: number, partition: number): Book => {
    const key = `file ${fileId} partition ${partition}`;
    const book = expected.get(key) ?? emptyBook();
    expected.set(key, book);
    return book;
  };
  ledgers.forEach(({ fates }, partition) => {
    for (const { record, column } of fates.values()) {
      if (record.fileId !== 0) bookOf(record.fileId, partition)[column]++;
    }
  });
  for (const { fileId, offset } of world.deadLetters) {
    if (fileId !== 0 && offset < 0) bookOf(fileId, -1).rejected++;
  }
  const found = new Map<string, Book>();
  const sums = new Map<number, number>();
  for (const stored of world.books) {
    const book = emptyBook();
    for (const column of columns) book[column] = stored[column];
    const sum = columns.reduce((lines, column) => lines + book[column], 0);
    sums.set(stored.fileId, (sums.get(stored.fileId) ?? 0) + sum);
    if (sum > 0) found.set(`file ${stored.fileId} partition ${stored.logPartition}`, book);
  }
  for (const { id, lines, name } of world.files) {
    findings.same('the book of a file sums to its lines', name, [sums.get(id) ?? 0, lines]);
  }
  findings.sameMaps('a line is in the column the log leads to', found, expected);
};

/** Whatever was refused lies among the dead letters, and nothing else does. */
export const checkDeadLetters = (
  world: World,
  ledgers: readonly Ledger[],
  findings: Findings,
): void => {
  const expected = new Map<string, true>();
  ledgers.forEach(({ refused, fates }, partition) => {
    for (const offset of refused) {
      const record = fates.get(offset)?.record;
      const { fileId, lineNo } = record ?? { fileId: 0, lineNo: 0 };
      const where = fileId === 0 ? `partition ${partition}` : `file ${fileId} line ${lineNo}`;
      expected.set(`${where} offset ${offset}`, true);
    }
  });
  const found = new Map<string, true>();
  for (const { fileId, lineNo, logPartition, offset } of world.deadLetters) {
    if (fileId !== 0 && offset < 0) continue;
    const where = fileId === 0 ? `partition ${logPartition}` : `file ${fileId} line ${lineNo}`;
    found.set(`${where} offset ${offset}`, true);
  }
  findings.sameMaps('what was refused is a dead letter', found, expected);
};

/** The agreements in the store are those that were accepted, with the event that did it. */
export const checkAgreements = (
  world: World,
  ledgers: readonly Ledger[],
  findings: Findings,
): void => {
  const expected = new Map<string, unknown>();
  ledgers.forEach(({ agreements }, logPartition) => {
    for (const [id, { agreement, offset }] of agreements) {
      expected.set(id, { msisdn: agreement.msisdn, version: offset, logPartition });
    }
  });
  const found = new Map<string, unknown>();
  for (const { id, ...rest } of world.agreements) found.set(id, rest);
  findings.sameMaps('the agreements are those that were accepted', found, expected);
};
