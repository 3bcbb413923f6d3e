import type { UsageState } from '../billing-window/index.js';
import {
  AgreementRows,
  bookColumns,
  bookOf,
  ImportFileCountRows,
  UsageRecordRows,
  type FoundRecords,
  type RecordLookups,
  type UsageEvents,
} from '../ingest/index.js';
import type { EmbeddedDatabase, EmbeddedLog, MessageRows } from '../platform/embedded/index.js';
import { maskMsisdn } from '../platform/telemetry/index.js';
import {
  rowsIn,
  type ColumnBatch,
  type OutMessage,
  type Position,
  type RowStore,
  type TableSchema,
} from '../streaming/index.js';
import { uuidText } from '../values/index.js';
import { logTooShort, Replay, undoneOf, type ReplayedBatch } from './replay.js';

interface ReplayCheckPorts {
  readonly database: EmbeddedDatabase;
  readonly log: EmbeddedLog<UsageEvents>;
  readonly rows: RowStore<RecordLookups, FoundRecords>;
  /** Told in one line of each difference. */
  readonly differs: (line: string) => void;
}

/** Columns of a file's book by file id: counted, late, waiting, duplicate, rejected. */
export type Books = Map<number, number[]>;

/** What the log says there has to be. */
export interface Replayed {
  readonly state: UsageState;
  readonly books: Books;
  readonly events: number;
  readonly messages: number;
}

const messagePage = 10_000;

/** How a value of each column is shown, by its row. */
const cellsOf = (batch: ColumnBatch): ((row: number) => string)[] =>
  batch.schema.columns.map(({ kind }, column) => {
    const values = batch.column(column);
    return kind === 'uuid'
      ? (row) => uuidText(values as Uint32Array, row * 4)
      : (row) => String(values[row]);
  });

/**
 * True when the stored rows are those of the batches, one behind the other: so they are when all is
 * well, and then no row has to be made a text of.
 */
const isStoredSo = (batches: readonly ColumnBatch[], stored: ColumnBatch): boolean => {
  let from = 0;
  for (const batch of batches) {
    if (from + batch.length > stored.length || !isPartOf(stored, batch, from)) return false;
    from += batch.length;
  }
  return from === stored.length;
};

const isPartOf = (stored: ColumnBatch, batch: ColumnBatch, from: number): boolean =>
  stored.schema.columns.every(({ kind }, column) => {
    const width = kind === 'uuid' ? 4 : 1;
    const expected = batch.column(column);
    const actual = stored.column(column);
    for (let at = 0, to = from * width; at < batch.length * width; at++, to++) {
      if (expected[at] !== actual[to]) return false;
    }
    return true;
  });

const areMessagesStored = (
  messages: readonly OutMessage[],
  stored: MessageRows,
  from: number,
): boolean => {
  const { offsets, keys, timestampsMs, headers, values } = stored;
  return (
    stored.length === messages.length &&
    messages.every(
      (message, at) =>
        offsets[at] === from + at &&
        keys[at] === message.key &&
        timestampsMs[at] === message.timestampMs &&
        values[at] === message.value &&
        headers[at] === JSON.stringify(message.headers),
    )
  );
};

/** Rows as text, one each, in an order that does not depend on where they came from. */
const rowTexts = (batches: readonly ColumnBatch[]): string[] =>
  batches
    .flatMap((batch) => {
      const cells = cellsOf(batch);
      return Array.from({ length: batch.length }, (_, row) =>
        cells.map((cell) => cell(row)).join(' '),
      );
    })
    .sort();

/** A row's text as it may be printed: no full MSISDN. */
const shown = (schema: TableSchema, text: string): string => {
  const at = schema.columns.findIndex(({ name }) => name === 'msisdn');
  return text
    .split(' ')
    .map((value, column) => (column === at ? maskMsisdn(value) : value))
    .join(' ');
};

/** Runs the application over the whole log again and compares what it says with the store. */
export class ReplayCheck {
  readonly #books: Books = new Map();
  #messages = 0;

  constructor(private readonly ports: ReplayCheckPorts) {}

  /** Replays up to a position, from the first event, without a snapshot. */
  async run(until: Position): Promise<Replayed> {
    const replay = new Replay(this.ports);
    let comparing: Promise<void> = Promise.resolve();
    for await (const batch of replay.run(until)) {
      await comparing;
      comparing = this.#compare(batch); // while the next one is replayed
      comparing.catch(() => undefined); // thrown at the next await, so not unhandled
    }
    await comparing;
    const tooShort = logTooShort(replay.position, until);
    if (tooShort !== undefined) this.ports.differs(tooShort);
    await this.#noFurtherRows(undoneOf(until));
    await this.#noFurtherMessages();
    const { state, events } = replay;
    return { state, books: this.#books, events, messages: this.#messages };
  }

  async #compare({ events, rows, messages }: ReplayedBatch): Promise<void> {
    const range = { from: events.offsets[0], to: events.offsets[events.length - 1] + 1 };
    await this.#compareRows(UsageRecordRows.schema, rows, range);
    await this.#compareRows(AgreementRows.schema, rows, range);
    this.#addToBooks(rows);
    await this.#compareMessages(messages);
  }

  async #compareRows(
    schema: TableSchema,
    batches: readonly ColumnBatch[],
    { from, to }: { from: number; to: number },
  ): Promise<void> {
    const names = schema.columns.map(({ name }) => `"${name}"`).join(', ');
    const stored = await this.ports.database.queryColumns(
      `SELECT ${names} FROM ${schema.name} WHERE version >= $1 AND version < $2`,
      [from, to],
      schema,
    );
    const given = batches.filter((batch) => batch.schema.name === schema.name);
    if (isStoredSo(given, stored)) return;
    const expected = rowTexts(given);
    const actual = rowTexts([stored]);
    for (const row of missingFrom(actual, expected)) {
      this.ports.differs(
        `${schema.name}: the log gives a row that is not stored: ${shown(schema, row)}`,
      );
    }
    for (const row of missingFrom(expected, actual)) {
      this.ports.differs(
        `${schema.name}: a row is stored that the log does not give: ${shown(schema, row)}`,
      );
    }
  }

  /** Each batch of the log is compared with the rows of its versions; here those of no event. */
  async #noFurtherRows(end: number): Promise<void> {
    for (const { name } of [UsageRecordRows.schema, AgreementRows.schema]) {
      const [{ rows }] = await this.ports.database.query(
        `SELECT count(*) AS rows FROM ${name} WHERE version < 0 OR version >= $1`,
        [end],
      );
      if (Number(rows) > 0) this.ports.differs(`${name}: ${Number(rows)} rows are of no event`);
    }
  }

  #addToBooks(rows: readonly ColumnBatch[]): void {
    for (const books of rowsIn(ImportFileCountRows, rows)) {
      for (let row = 0; row < books.length; row++) {
        const fileId = books.fileIds[row];
        const book = this.#books.get(fileId) ?? bookColumns.map(() => 0);
        bookOf(books, row).forEach((count, at) => (book[at] += count));
        this.#books.set(fileId, book);
      }
    }
  }

  async #compareMessages(expected: readonly OutMessage[]): Promise<void> {
    for (let at = 0; at < expected.length; at += messagePage) {
      const page = expected.slice(at, at + messagePage);
      const columns = await this.ports.log.messageColumns(this.#messages, page.length);
      if (!areMessagesStored(page, columns, this.#messages)) await this.#nameMessages(page);
      this.#messages += page.length;
    }
  }

  async #nameMessages(page: readonly OutMessage[]): Promise<void> {
    const stored = await this.ports.log.messages(this.#messages, page.length);
    page.forEach((message, index) => {
      const difference = differenceOf(message, stored[index]);
      if (difference) this.ports.differs(`message ${this.#messages + index}: ${difference}`);
    });
  }

  async #noFurtherMessages(): Promise<void> {
    for (const { offset, value } of await this.ports.log.messages(this.#messages, messagePage)) {
      this.ports.differs(`message ${offset}: the log does not give it: ${value}`);
    }
  }
}

const differenceOf = (expected: OutMessage, stored: OutMessage | undefined): string | undefined => {
  if (stored === undefined) return `it is not stored: ${expected.value}`;
  const textOf = ({ key, timestampMs, headers, value }: OutMessage): string =>
    JSON.stringify([key, timestampMs, headers, value]);
  return textOf(expected) === textOf(stored)
    ? undefined
    : `the log gives ${textOf(expected)}, stored is ${textOf(stored)}`;
};

/** Elements of the sorted `wanted` that the sorted `there` has not, with their number of times. */
const missingFrom = (there: readonly string[], wanted: readonly string[]): string[] => {
  const missing: string[] = [];
  let at = 0;
  for (const text of wanted) {
    while (at < there.length && there[at] < text) at++;
    if (there[at] === text) at++;
    else missing.push(text);
  }
  return missing;
};
