import {
  batchOf,
  type ColumnBatch,
  type OutMessage,
  type Position,
} from '../../streaming/index.js';
import type { TableSchema } from '../../streaming/index.js';

/** The messages in the order they were written: embedded mode's output topic. */
export const messageTable: TableSchema = {
  name: 'message',
  columns: [
    { name: 'offset', kind: 'bigint' }, // from 0, without gaps
    { name: 'key', kind: 'text' },
    { name: 'timestamp', kind: 'bigint' }, // epoch ms
    { name: 'headers', kind: 'text' }, // JSON
    { name: 'value', kind: 'text' },
    { name: 'event_offset', kind: 'bigint' }, // the position it was committed with
  ],
};

/** One row a commit; the greatest seq is in force. Trimmed to that one now and then. */
export const positionTable: TableSchema = {
  name: 'position',
  columns: [
    { name: 'seq', kind: 'bigint' },
    { name: 'offset', kind: 'bigint' },
    { name: 'cursor', kind: 'bigint' },
    { name: 'next_message_offset', kind: 'bigint' },
  ],
};

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
export const messageRows = (messages: readonly OutMessage[], mark: CommitMark): ColumnBatch => {
  const eventOffset = mark.position.offset;
  return batchOf(
    messageTable,
    messages.map(({ key, timestampMs, headers, value }, index) => [
      mark.nextMessageOffset + index,
      key,
      timestampMs,
      JSON.stringify(headers),
      value,
      eventOffset,
    ]),
  );
};

/** A row of table position. */
export const positionRow = ({ seq, position, nextMessageOffset }: CommitMark): ColumnBatch =>
  batchOf(positionTable, [[seq, position.offset, position.cursor, nextMessageOffset]]);

/** A row of table message as it is read back. */
export const storedMessage = (row: Record<string, unknown>): StoredMessage => ({
  offset: Number(row.offset),
  key: String(row.key),
  timestampMs: Number(row.timestamp),
  headers: JSON.parse(String(row.headers)) as Record<string, string>,
  value: String(row.value),
});
