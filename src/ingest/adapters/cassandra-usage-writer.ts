import {
  BatchedWriter,
  type CassandraSession,
  type RowGroup,
} from '../../platform/cassandra/index.js';
import {
  rowsIn,
  type ColumnBatch,
  type Effects,
  type EffectsWriter,
  type Position,
} from '../../streaming/index.js';
import {
  AgreementRows,
  UsageRecordRows,
  DeadLetterRows,
  ImportFileCountRows,
} from '../domain/tables.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
import { bookColumns, bookOf } from '../domain/step-output.js';
import { CassandraBooks } from './cassandra-books.js';
import { dataRecordGroup } from './cassandra-data-record-rows.js';
import {
  agreementGroups,
  bookGroup,
  usageRecordGroups,
  deadLetterGroups,
  messageGroup,
  waitingGroups,
  type UsagePartition,
} from './cassandra-usage-rows.js';

/** Writes what the steps of one partition cause into the tables of the keyspace. */
export class CassandraUsageWriter implements EffectsWriter {
  readonly #books: CassandraBooks;

  /** `rows` may be shared by the partitions of a process: it bounds what is on its way. */
  constructor(
    session: Pick<CassandraSession, 'query' | 'statementId' | 'sendRows'>,
    private readonly options: UsagePartition,
    private readonly rows: Pick<BatchedWriter, 'write'> = new BatchedWriter(session),
  ) {
    this.#books = new CassandraBooks(session, options.partition);
  }

  startAt(position: Position): void {
    this.#books.startAt(position);
  }

  async write(effects: Effects, position: Position): Promise<void> {
    // Taken before anything is waited for: books are counted in the order of the calls.
    const books = this.#books.add(bookChanges(effects.rows), position);
    await Promise.all([
      this.rows.write(this.#groups(effects)),
      books.then((all) => this.rows.write([bookGroup(all, this.#version(position))])),
    ]);
  }

  *#groups({ rows, messages }: Effects): Generator<RowGroup> {
    const { partition, shards } = this.options;
    checkTables(rows);
    for (const records of rowsIn(UsageRecordRows, rows)) {
      yield* usageRecordGroups(records, shards);
      yield* waitingGroups(records, shards);
      if (this.options.dataRecordTable) yield dataRecordGroup(withPeriods(records));
    }
    for (const agreements of rowsIn(AgreementRows, rows)) {
      yield* agreementGroups(agreements, partition);
    }
    for (const letters of rowsIn(DeadLetterRows, rows)) yield* deadLetterGroups(letters, partition);
    yield messageGroup(messages);
  }

  /** The last event of the step, which may be in the middle of its messages. */
  #version({ offset, cursor }: Position): { partition: number; version: number } {
    return { partition: this.options.partition, version: cursor > 0 ? offset : offset - 1 };
  }
}

/** Books of files are written with what was before. */
const tables = [UsageRecordRows, AgreementRows, DeadLetterRows, ImportFileCountRows];
const tableNames = new Set(tables.map(({ schema }) => schema.name));

const checkTables = (rows: readonly ColumnBatch[]): void => {
  const foreign = rows.find(({ schema }) => !tableNames.has(schema.name));
  if (foreign) throw new Error(`table ${foreign.schema.name} has no place in the keyspace`);
};

const withPeriods = (rows: UsageRecordRows): DataRecordRows => {
  if (!(rows instanceof DataRecordRows)) throw new TypeError('rows without their periods');
  return rows;
};

/** The changes of a step, each file once. */
const bookChanges = (rows: readonly ColumnBatch[]): { fileId: number; counts: number[] }[] => {
  const changes = new Map<number, number[]>();
  for (const books of rowsIn(ImportFileCountRows, rows)) {
    for (let row = 0; row < books.length; row++) {
      const fileId = books.fileIds[row];
      const before = changes.get(fileId) ?? bookColumns.map(() => 0);
      const counts = bookOf(books, row);
      changes.set(
        fileId,
        counts.map((count, at) => before[at] + count),
      );
    }
  }
  return Array.from(changes, ([fileId, counts]) => ({ fileId, counts }));
};
