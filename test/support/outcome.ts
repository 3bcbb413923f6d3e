import type { SentMessage } from './checkers.js';
import type { MemoryPartition } from './memory-partition.js';
import {
  identityOf,
  type Book,
  type OracleMessage,
  type OracleResult,
  type OracleRow,
} from './oracle-model.js';
import { expectSameItems } from './same.js';
import { asOracleRow, asSentMessage, booksOf, wholeSecondMs } from './plain-rows.js';
import type { StoreContents, StoredMessageRow } from './store-contents.js';

/** What a run left behind, in one order whatever the cuts were. */
export interface Outcome {
  readonly versions: readonly OracleRow[];
  readonly messages: readonly OracleMessage[];
  readonly books: readonly (readonly [fileId: number, columns: object])[];
  readonly deadLetters: readonly { readonly offset: number; readonly code: string }[];
}

const inOrder = (versions: readonly OracleRow[]): OracleRow[] =>
  [...versions].sort((a, b) => a.version - b.version || (identityOf(a) < identityOf(b) ? -1 : 1));

const byFile = (books: ReadonlyMap<number, object>): Outcome['books'] =>
  [...books].sort(([a], [b]) => a - b).map(([fileId, book]) => [fileId, { ...book }]);

const withoutId = ({ id: _id, ...message }: SentMessage): OracleMessage => message;

/** A message of a store, with its id. */
export const asStoredMessage = (row: StoredMessageRow): SentMessage =>
  asSentMessage({
    key: row.key,
    timestampMs: row.timestamp,
    headers: JSON.parse(row.headers) as Record<string, string>,
    value: row.value,
  });

/** The messages of a run, with their ids. */
export const messagesOf = (partition: MemoryPartition): SentMessage[] =>
  partition.messages.map(asSentMessage);

/** All versions of rows of a run, in the order written. */
export const versionsOf = (partition: MemoryPartition): OracleRow[] =>
  partition.rows('usage_record').map(asOracleRow);

export const outcomeOf = (partition: MemoryPartition): Outcome => ({
  versions: inOrder(versionsOf(partition)),
  messages: messagesOf(partition).map(withoutId),
  books: byFile(booksOf(partition.rows('import_file_count'))),
  deadLetters: partition
    .rows('dead_letter')
    .map(({ offset, code }) => ({ offset: Number(offset), code: String(code) })),
});

/** Lines that never came into the log, by file: the oracle knows nothing of them. */
const withUnreadable = (
  books: ReadonlyMap<number, Book>,
  unreadableLines: ReadonlyMap<number, number>,
): Map<number, Book> => {
  const zero = { counted: 0, late: 0, waiting: 0, duplicate: 0, rejected: 0 };
  const all = new Map(books);
  for (const [fileId, lines] of unreadableLines) {
    const book = all.get(fileId) ?? zero;
    all.set(fileId, { ...book, rejected: book.rejected + lines });
  }
  return all;
};

/**
 * The same of the oracle; instants in messages have whole seconds on the wire. `unreadableLines`
 * are those of each file that were refused before the log.
 */
export const expectedOutcome = (
  result: OracleResult,
  unreadableLines: ReadonlyMap<number, number> = new Map(),
): Outcome => ({
  versions: inOrder(result.versions),
  messages: result.messages.map((message) => ({
    ...message,
    latestRecordedAtMs: wholeSecondMs(message.latestRecordedAtMs),
  })),
  books: byFile(
    new Map(
      [...withUnreadable(result.books, unreadableLines)].filter(([, book]) =>
        Object.values(book).some((n) => n !== 0),
      ),
    ),
  ),
  deadLetters: result.deadLetters,
});

/** The same of the file of a stopped program. */
export const storedOutcome = (store: StoreContents): Outcome => ({
  versions: inOrder(store.rows),
  messages: store.messages.map(asStoredMessage).map(withoutId),
  books: byFile(store.booksByFile),
  deadLetters: store.deadLetters.map(({ offset, code }) => ({ offset, code })),
});

/** Both say the same; for runs of many rows, where `toEqual` takes long to say so. */
export const expectSameOutcome = (actual: Outcome, expected: Outcome): void => {
  expectSameItems(actual.messages, expected.messages);
  expectSameItems(actual.versions, expected.versions);
  expectSameItems(actual.deadLetters, expected.deadLetters);
  expect(actual.books).toEqual(expected.books);
};
