import {
  columns,
  rowsFrom,
  startOfLog,
  type OutMessage,
  type Position,
  type TableSchema,
} from '../../streaming/index.js';
import { columnList, quoted } from './column-kinds.js';
import type { StoreReads } from './database.js';
import { storeFault } from './store-fault.js';

/** The messages in the order they were written: embedded mode's output topic. */
export class MessageRows extends columns('message', {
  offsets: ['offset', 'bigint'], // from 0, without gaps
  keys: ['key', 'text'],
  timestampsMs: ['timestamp', 'bigint'], // epoch ms
  headers: ['headers', 'text'], // JSON
  values: ['value', 'text'],
  eventOffsets: ['event_offset', 'bigint'], // the position it was committed with
}) {}

/** One row a commit; the greatest seq is in force. Trimmed to that one now and then. */
export class PositionRows extends columns('position', {
  seqs: ['seq', 'bigint'],
  offsets: ['offset', 'bigint'],
  cursors: ['cursor', 'bigint'],
  nextMessageOffsets: ['next_message_offset', 'bigint'],
}) {}

/** A message as it stands in the store. */
export interface StoredMessage extends OutMessage {
  readonly offset: number;
}

/** How far a commit brought the store. */
export interface CommitMark {
  readonly seq: number;
  readonly position: Position;
  readonly nextMessageOffset: number;
}

/** The rows of the messages; the first gets offset `mark.nextMessageOffset`. */
export const messageRows = (messages: readonly OutMessage[], mark: CommitMark): MessageRows =>
  rowsFrom(MessageRows, messages, {
    offsets: (_, at) => mark.nextMessageOffset + at,
    keys: ({ key }) => key,
    timestampsMs: ({ timestampMs }) => timestampMs,
    headers: ({ headers }) => JSON.stringify(headers),
    values: ({ value }) => value,
    eventOffsets: () => mark.position.offset,
  });

/** A row of table position. */
export const positionRow = (mark: CommitMark): PositionRows =>
  rowsFrom(PositionRows, [mark], {
    seqs: ({ seq }) => seq,
    offsets: ({ position }) => position.offset,
    cursors: ({ position }) => position.cursor,
    nextMessageOffsets: ({ nextMessageOffset }) => nextMessageOffset,
  });

/** A row of table message as it is read back. */
export const storedMessage = (row: Record<string, unknown>): StoredMessage => ({
  offset: Number(row.offset),
  key: String(row.key),
  timestampMs: Number(row.timestamp),
  headers: JSON.parse(String(row.headers)) as Record<string, string>,
  value: String(row.value),
});

/** The mark of the last commit that is durable; the start when there is none. */
export const lastMark = async (store: StoreReads): Promise<CommitMark> => {
  const [row] = await store.query(
    `SELECT ${columnList(PositionRows.schema)} FROM ${quoted(PositionRows.schema.name)}
      ORDER BY seq DESC LIMIT 1`,
  );
  if (!row) return { seq: 0, position: startOfLog, nextMessageOffset: 0 };
  return {
    seq: Number(row.seq),
    position: { offset: Number(row.offset), cursor: Number(row.cursor) },
    nextMessageOffset: Number(row.next_message_offset),
  };
};

/** The offset of the last event of the log `table`; -1 when it is empty. */
export const lastOffset = async (store: StoreReads, table: TableSchema): Promise<number> => {
  const [{ last }] = await store.query(`SELECT max("offset") AS last FROM ${quoted(table.name)}`);
  return last === null ? -1 : Number(last);
};

/**
 * Every offset once, from 0 on: what a store damaged by an undone transaction has not.
 * Rejects with LOG_EVENTS_MISSING.
 */
export const checkWhole = async (store: StoreReads, table: TableSchema): Promise<void> => {
  const [{ rows, last, sum }] = await store.query(
    `SELECT count(*) AS rows, max("offset") AS last, sum("offset") AS sum
       FROM ${quoted(table.name)}`,
  );
  const count = BigInt(rows as number);
  if (count === 0n) return;
  const isWhole =
    Number(last) + 1 === Number(rows) && BigInt(sum as number) === (count * (count - 1n)) / 2n;
  if (isWhole) return;
  throw storeFault(
    'LOG_EVENTS_MISSING',
    `the log has ${String(rows)} events up to offset ${String(last)}: some are missing or twice`,
    { facts: { events: Number(rows), lastOffset: Number(last) } },
  );
};
