import {
  BatchedWriter,
  type CassandraSession,
  type RowGroup,
} from '../../platform/cassandra/index.js';
import type { ColumnBatch, Effects, EffectsWriter, Position } from '../../streaming/index.js';
import {
  agreementTable,
  usageRecordTable,
  deadLetterTable,
  importFileCountTable,
} from '../domain/tables.js';
import { DataRecordRows } from '../domain/data-record-rows.js';
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

const noRows: readonly RowGroup[] = [];

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
    for (const batch of rows) yield* this.#ofTable(batch);
    yield messageGroup(messages);
  }

  #ofTable(batch: ColumnBatch): Iterable<RowGroup> {
    const { partition, shards } = this.options;
    switch (batch.schema.name) {
      case usageRecordTable.name:
        return this.#ofRecords(batch, shards);
      case agreementTable.name:
        return agreementGroups(batch, partition);
      case deadLetterTable.name:
        return deadLetterGroups(batch, partition);
      case importFileCountTable.name:
        return noRows; // as books, with what was before
      default:
        throw new Error(`table ${batch.schema.name} has no place in the keyspace`);
    }
  }

  *#ofRecords(batch: ColumnBatch, shards: number): Generator<RowGroup> {
    yield* usageRecordGroups(batch, shards);
    yield* waitingGroups(batch, shards);
    if (!this.options.dataRecordTable) return;
    if (!(batch instanceof DataRecordRows)) throw new TypeError('rows without their periods');
    yield dataRecordGroup(batch);
  }

  /** The last event of the step, which may be in the middle of its messages. */
  #version({ offset, cursor }: Position): { partition: number; version: number } {
    return { partition: this.options.partition, version: cursor > 0 ? offset : offset - 1 };
  }
}

/** The changes of a step, each file once. */
const bookChanges = (rows: readonly ColumnBatch[]): { fileId: number; counts: number[] }[] => {
  const changes = new Map<number, number[]>();
  for (const batch of rows) {
    if (batch.schema.name !== importFileCountTable.name) continue;
    const [fileIds, ...columns] = batch.schema.columns.map(
      (_, at) => batch.column(at) as Int32Array,
    );
    for (let row = 0; row < batch.length; row++) {
      const before = changes.get(fileIds[row]) ?? columns.map(() => 0);
      changes.set(
        fileIds[row],
        columns.map((values, at) => before[at] + values[row]),
      );
    }
  }
  return Array.from(changes, ([fileId, counts]) => ({ fileId, counts }));
};
