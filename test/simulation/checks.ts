import { monthOf, periodOf, yearOf } from '../../src/agreements/index.js';
import type { OutMessage } from '../../src/streaming/index.js';
import {
  assertBookBalances,
  assertClosedAfterExceeded,
  assertNoDuplicateMessage,
  assertNoDuplicateRow,
  assertSumsEqual,
} from '../support/checkers.js';
import {
  identityOf,
  type Book,
  type OracleEvent,
  type OracleRow,
} from '../support/oracle-model.js';
import { oracleOf } from '../support/oracle.js';
import { asSentMessage, wholeSecondMs } from '../support/plain-rows.js';
import { beforeTheLog, standingsOf, type Cluster } from './cluster.js';
import type { BookRow } from './sim-cassandra.js';
import { Violation } from './virtual-time.js';
import { linesOf } from './workload.js';

type Logs = readonly (readonly OracleEvent[])[];

/** What a run has left: the servers, and the books as readers add them up. */
export interface Run {
  readonly cluster: Cluster;
  readonly books: readonly BookRow[];
}

/** A list by key and what stands there: so that a difference can be named. */
type Listing = ReadonlyMap<string, string>;

const sameListing = (what: string, actual: Listing, expected: Listing): void => {
  const keys = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  for (const key of keys) {
    const [is, should] = [actual.get(key) ?? 'nothing', expected.get(key) ?? 'nothing'];
    if (is === should) continue;
    throw new Violation(`${what} ${key}\n  is        ${is}\n  should be ${should}`);
  }
};

const listing = <T>(items: Iterable<T>, keyOf: (item: T) => string): Listing =>
  new Map(Array.from(items, (item) => [keyOf(item), JSON.stringify(item)]));

/** The log of each partition, as a reader of committed records has it. */
const logsOf = ({ input }: Cluster): OracleEvent[][] =>
  input.map((partition) =>
    partition
      .read(0, Infinity)
      .entries.map(({ offset, value }) => ({ ...value, offset }) as OracleEvent),
  );

/** All messages of the topic that are committed. */
const messagesOf = ({ output }: Cluster): OutMessage[] =>
  output.flatMap((partition) =>
    partition.read(0, Infinity).entries.map(({ value }) => value as OutMessage),
  );

const rowsOf = (cluster: Cluster): OracleRow[] =>
  [...cluster.cassandra.table('usage_record').values()] as unknown as OracleRow[];

const rowKey = (row: OracleRow): string => `${identityOf(row)} v${row.version}`;

const zonesOf = (logs: Logs): Map<string, string> => {
  const zones = new Map<string, string>();
  for (const event of logs.flat()) {
    if (event.type !== 'agreement' || zones.has(event.agreement.id)) continue;
    zones.set(event.agreement.id, event.agreement.billingPeriodTimeZone);
  }
  return zones;
};

const byKey = <T extends { readonly agreementId: string }>(messages: readonly T[]): Listing => {
  const keys = new Map<string, T[]>();
  for (const message of messages) {
    keys.set(message.agreementId, [...(keys.get(message.agreementId) ?? []), message]);
  }
  return new Map(
    [...keys].map(([key, its]) => [key, its.map((one) => JSON.stringify(one)).join('\n    ')]),
  );
};

/** Rows, messages, books and refusals are those of a straight run of each partition's log. */
const checkAgainstOracle = ({ cluster, books: all }: Run, logs: Logs): void => {
  const results = logs.map((log) => oracleOf(log));
  const versions = results.flatMap((result) => result.versions);
  sameListing('row', listing(rowsOf(cluster), rowKey), listing(versions, rowKey));
  const expected = results
    .flatMap((result) => result.messages)
    .map((m) => ({ ...m, latestRecordedAtMs: wholeSecondMs(m.latestRecordedAtMs) }));
  const actual = messagesOf(cluster)
    .map(asSentMessage)
    .map(({ id: _id, ...message }) => message);
  sameListing('messages of agreement', byKey(actual), byKey(expected));
  const refusals = results.flatMap(({ deadLetters }, partition) =>
    deadLetters.map(({ offset, code }) => [`${partition} ${offset}`, code] as const),
  );
  const letters = [...cluster.cassandra.table('dead_letter').values()]
    .filter(({ partition }) => partition !== undefined)
    .map(({ partition, offset, code }) => [`${partition} ${offset}`, String(code)] as const);
  sameListing('dead letter', new Map(letters), new Map(refusals));
  const books = results.flatMap((result, partition) =>
    [...result.books].map(([fileId, book]) => [`${fileId} ${partition}`, book] as const),
  );
  const stored = all.filter((book) => book.partition !== beforeTheLog);
  const told = stored.map((book) => [`${book.fileId} ${book.partition}`, bookOf([book])] as const);
  const text = (entries: readonly (readonly [string, Book])[]): Listing =>
    new Map(entries.map(([key, book]) => [key, JSON.stringify(book)]));
  sameListing('book of file and partition', text(told), text(books));
};

const bookOf = (rows: readonly BookRow[]): Book => {
  const sum = (column: number): number => rows.reduce((all, { counts }) => all + counts[column], 0);
  return {
    ...{ counted: sum(0), late: sum(1), waiting: sum(2) },
    ...{ duplicate: sum(3), rejected: sum(4) },
  };
};

/** Records that other producers wrote. */
const ofNoFile = 0;

/** Every line of every file is in the log once, or refused once, and in one column of its book. */
const checkFiles = ({ cluster, books }: Run, logs: Logs): void => {
  const { folder, cassandra } = cluster;
  const lines = new Map<number, number[]>();
  const add = (fileId: number, lineNo: number): void => {
    lines.set(fileId, [...(lines.get(fileId) ?? []), lineNo]);
  };
  for (const event of logs.flat()) {
    if (event.type === 'record') add(event.record.fileId, event.record.lineNo);
  }
  for (const { partition, fileId, lineNo } of cassandra.table('dead_letter').values()) {
    if (partition === undefined) add(fileId as number, lineNo as number);
  }
  const standings = standingsOf(cluster);
  for (const file of folder) {
    const ids = new Set(standings.filter(({ name }) => name === file.name).map(({ id }) => id));
    const [fileId] = ids;
    if (ids.size !== 1) throw new Violation(`${file.name} has the ids ${[...ids].join()}`);
    const expected = Array.from({ length: linesOf(file) }, (_, index) => index + 1);
    const actual = [...(lines.get(fileId) ?? [])].sort((a, b) => a - b);
    const key = `lines of file ${fileId}`;
    sameListing(key, new Map([['', String(actual)]]), new Map([['', String(expected)]]));
    const its = books.filter((book) => book.fileId === fileId);
    const of = { fileId, lines: expected.length, rows: rowsOf(cluster) };
    assertBookBalances(bookOf(its), of);
    lines.delete(fileId);
  }
  for (const [fileId, [lineNo]] of lines) {
    if (fileId !== ofNoFile) throw new Violation(`line ${lineNo} of file ${fileId}: no such file`);
  }
};

/** Lines of one file come in their order in each partition. */
const checkOrder = (logs: Logs): void => {
  for (const [partition, log] of logs.entries()) {
    const last = new Map<number, number>();
    for (const event of log) {
      if (event.type !== 'record' || event.record.fileId === 0) continue;
      const { fileId, lineNo } = event.record;
      if (lineNo <= (last.get(fileId) ?? 0)) {
        throw new Violation(`file ${fileId}: line ${lineNo} comes late in partition ${partition}`);
      }
      last.set(fileId, lineNo);
    }
  }
};

/** Of each record that counts the newest version, in the table for people with cqlsh. */
const checkDataRecords = (cluster: Cluster, zones: ReadonlyMap<string, string>): void => {
  const newest = new Map<string, OracleRow>();
  for (const row of rowsOf(cluster)) {
    const known = newest.get(identityOf(row));
    if (known === undefined || known.version < row.version) newest.set(identityOf(row), row);
  }
  const expected = new Map<string, string>();
  for (const { agreementId, recordedAtMs, recordId, recordedBytes } of newest.values()) {
    if (agreementId === undefined) continue;
    const period = periodOf(zones.get(agreementId) as string, recordedAtMs);
    const place = `${agreementId} ${yearOf(period)} ${monthOf(period)} ${recordedAtMs} ${recordId}`;
    expected.set(place, String(recordedBytes));
  }
  const found = new Map<string, string>();
  for (const [key, row] of cluster.cassandra.table('data_record')) {
    found.set(key, String(row.recorded_bytes));
  }
  sameListing('data_record', found, expected);
};

/** All that holds once everything is processed. Throws the first difference. */
export const checkAll = (run: Run): void => {
  const { cluster } = run;
  const logs = logsOf(cluster);
  checkOrder(logs);
  checkFiles(run, logs);
  checkAgainstOracle(run, logs);
  const messages = messagesOf(cluster).map(asSentMessage);
  const rows = rowsOf(cluster);
  checkDataRecords(cluster, zonesOf(logs));
  assertNoDuplicateRow(rows);
  assertNoDuplicateMessage(messages);
  assertClosedAfterExceeded(messages);
  assertSumsEqual(rows, messages, zonesOf(logs));
  const ids = (keys: Iterable<string>): Listing => new Map(Array.from(keys, (key) => [key, key]));
  const copies = ids(cluster.cassandra.messageIds);
  sameListing('copy of message', copies, ids(messages.map(({ id }) => id)));
};
