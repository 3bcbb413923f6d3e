import { periodAt } from './calendar-oracle.js';
import { identityOf, type Book, type OracleMessage, type OracleRow } from './oracle-model.js';

/** A message as it was sent, with what makes it recognizable. */
export interface SentMessage extends OracleMessage {
  readonly id: string;
}

type Zones = ReadonlyMap<string, string>;

const fail = (what: string): never => {
  throw new Error(what);
};

const groupBy = <T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

const windowOf = (message: OracleMessage): string =>
  `${message.agreementId} ${message.year}-${message.month}`;

/** The greatest version of each identity: what readers see. */
export const rowsInForce = (versions: Iterable<OracleRow>): OracleRow[] => {
  const newest = new Map<string, OracleRow>();
  for (const row of versions) {
    const before = newest.get(identityOf(row));
    if (before === undefined || row.version > before.version) newest.set(identityOf(row), row);
  }
  return [...newest.values()];
};

/** Every pair of identity and version is there once. */
export const assertNoDuplicateRow = (versions: Iterable<OracleRow>): void => {
  for (const [key, rows] of groupBy(versions, (row) => `${identityOf(row)} v${row.version}`)) {
    if (rows.length > 1) fail(`the row ${key} is there ${rows.length} times`);
  }
};

/** No id twice, no period closed twice, none exceeded again without a retraction between. */
export const assertNoDuplicateMessage = (messages: Iterable<SentMessage>): void => {
  const all = [...messages];
  for (const [id, same] of groupBy(all, (message) => message.id)) {
    if (same.length > 1) fail(`the message ${id} was sent ${same.length} times`);
  }
  for (const [window, sent] of groupBy(all, windowOf)) {
    const closings = sent.filter(({ type }) => type === 'BILLING_PERIOD_CLOSED').length;
    if (closings > 1) fail(`${window} was closed ${closings} times`);
    let exceeded = false;
    for (const { type } of sent) {
      if (type === 'DATA_PLAN_EXCEEDED') {
        if (exceeded) fail(`${window} exceeded its plan twice`);
        exceeded = true;
      }
      if (type === 'DATA_PLAN_EXCEEDED_RETRACTED') {
        if (!exceeded) fail(`${window} took back what was not said`);
        exceeded = false;
      }
    }
  }
};

/** Offsets follow one another from 0 on. */
export const assertNoGap = (offsets: Iterable<number>): void => {
  let expected = 0;
  for (const offset of offsets) {
    if (offset !== expected) fail(`offset ${offset} stands where ${expected} was expected`);
    expected++;
  }
};

/** After a period was closed its plan can only be exceeded by an adjustment. */
export const assertClosedAfterExceeded = (messages: Iterable<OracleMessage>): void => {
  for (const [window, sent] of groupBy(messages, windowOf)) {
    const closing = sent.findIndex(({ type }) => type === 'BILLING_PERIOD_CLOSED');
    if (closing < 0) continue;
    sent.slice(closing + 1).forEach(({ type }, index) => {
      if (type !== 'DATA_PLAN_EXCEEDED') return;
      if (sent[closing + index].type !== 'BILLING_PERIOD_ADJUSTED') {
        fail(`${window} exceeded its plan after it was closed`);
      }
    });
  }
};

/** The totals of each closed period, from its messages. */
const closedTotals = (messages: Iterable<OracleMessage>): Map<string, number> => {
  const totals = new Map<string, number>();
  for (const [window, sent] of groupBy(messages, windowOf)) {
    const closing = sent.findIndex(({ type }) => type === 'BILLING_PERIOD_CLOSED');
    if (closing < 0) continue;
    let total = sent[closing].total;
    for (const message of sent.slice(closing + 1)) {
      total += message.delta ?? 0;
      if (message.total !== total) fail(`${window} says ${message.total}, its deltas ${total}`);
    }
    totals.set(window, total);
  }
  return totals;
};

/**
 * sum(rows counted + late) of every closed period = its closed total plus its adjustments.
 * `zones` gives the time zone of each agreement.
 */
export const assertSumsEqual = (
  rows: Iterable<OracleRow>,
  messages: Iterable<OracleMessage>,
  zones: Zones,
): void => {
  const sums = new Map<string, bigint>();
  for (const row of rowsInForce(rows)) {
    if (row.agreementId === undefined) continue;
    const zone = zones.get(row.agreementId) ?? fail(`no agreement ${row.agreementId} is known`);
    const { year, month } = periodAt(zone, row.recordedAtMs);
    const window = `${row.agreementId} ${year}-${month}`;
    sums.set(window, (sums.get(window) ?? 0n) + BigInt(row.recordedBytes));
  }
  for (const [window, total] of closedTotals(messages)) {
    const sum = sums.get(window) ?? 0n;
    if (sum !== BigInt(total)) fail(`${window} was closed with ${total}, its rows sum to ${sum}`);
  }
};

/** Each line of a file is in exactly one column of its book, and the rows say the same. */
export const assertBookBalances = (
  book: Book,
  of: { readonly fileId: number; readonly lines: number; readonly rows: Iterable<OracleRow> },
): void => {
  const { counted, late, waiting, duplicate, rejected } = book;
  const columns = [counted, late, waiting, duplicate, rejected];
  if (columns.some((column) => column < 0)) fail(`file ${of.fileId} has a negative column`);
  const sum = columns.reduce((a, b) => a + b, 0);
  if (sum !== of.lines) fail(`file ${of.fileId} has ${of.lines} lines, its book ${sum}`);
  const inForce = rowsInForce(of.rows).filter(({ fileId }) => fileId === of.fileId);
  for (const status of ['counted', 'late', 'waiting'] as const) {
    const stored = inForce.filter((row) => row.status === status).length;
    if (stored !== book[status]) {
      fail(`file ${of.fileId} has ${stored} rows ${status}, its book says ${book[status]}`);
    }
  }
};
