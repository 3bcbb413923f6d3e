import { CassandraUsageWriter } from '../../src/ingest/adapters/cassandra-usage-writer.js';
import { cassandraRecordRowStore } from '../../src/ingest/adapters/cassandra-record-row-store.js';
import { statusNamed, recordStatuses, statusOf } from '../../src/ingest/index.js';
import { dateOfDay, uuidOfText, type RowGroup } from '../../src/platform/cassandra/index.js';
import {
  comparePositions,
  type Position,
  type Snapshot,
  type SnapshotStore,
} from '../../src/streaming/index.js';
import type { OracleRow } from '../support/oracle-model.js';
import { statusOfRow } from '../support/plain-rows.js';
import { uuidText } from '../support/uuid-text.js';
import { cassandraTimeoutMs, type Place } from './cluster.js';
import type { BookRow, SimRow, Upsert } from './sim-cassandra.js';

const attempts = 2;
/** Some rows of a step are there before others. */
export const shards = 6;

/** A call of a process to the store; all of them may be repeated, so the driver does that. */
export const askCassandra = async <T>(
  { cluster: { network, cassandra }, process }: Place,
  name: string,
  handle: () => T,
): Promise<T> => {
  const call = { name: `cassandra.${name}`, timeoutMs: cassandraTimeoutMs, handle };
  for (let attempt = 1; ; attempt++) {
    try {
      return await network.call(process, cassandra.server, call);
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
};

/** Upserts rows, each batch a call of its own; resolves when all are acknowledged. */
export const writeRows = async (place: Place, batches: readonly Upsert[][]): Promise<void> => {
  const { cassandra } = place.cluster;
  const some = batches.filter((batch) => batch.length > 0);
  await Promise.all(
    some.map((batch) => askCassandra(place, 'write', () => cassandra.write(batch))),
  );
};

type Value = number | string | undefined;

/** Takes the values of a row as the program's own writer puts them, instead of encoding them. */
class PutValues {
  readonly values: Value[] = [];
  readonly tinyint = (value: number) => this.values.push(value);
  readonly smallint = this.tinyint;
  readonly int = this.tinyint;
  readonly bigint = this.tinyint;
  readonly date = this.tinyint;
  readonly text = (value: string) => this.values.push(value);
  readonly utf8 = (value: Uint8Array) => this.values.push(Buffer.from(value).toString());
  readonly blob = (value: Uint8Array) => this.values.push(Buffer.from(value).toString('hex'));
  readonly unset = () => this.values.push(undefined);
  readonly uuid = (words: Uint32Array, at = 0) =>
    this.values.push(uuidText(words.subarray(at, at + 4)));
}

/** The same answer again for the same question: the runs have few days and few ids. */
const remembered = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const known = new Map<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = make(key)));
    return value;
  };
};

type Row = Readonly<Record<string, Value>>;

interface Insert {
  readonly table: string;
  readonly columns: readonly string[];
}

const insertOf = remembered((cql: string): Insert => {
  const [, table, columns] = /^INSERT INTO (\w+) \(([^)]+)\)/.exec(cql) as unknown as string[];
  return { table, columns: columns.replaceAll('"', '').split(', ') };
});

const keyOf = (row: Row, columns: string): string =>
  columns
    .split(' ')
    .map((column) => String(row[column]))
    .join(' ');

const dayText = remembered((day: number) => String(dateOfDay(day)));
const uuidOf = remembered(uuidOfText);

const recordOf = (row: Row): OracleRow => ({
  msisdn: row.msisdn as number,
  recordedAtMs: row.recorded_at as number,
  recordId: row.record_id as string,
  version: row.version as number,
  agreementId: row.agreement_id as string | undefined,
  recordedBytes: row.recorded_bytes as number,
  ...statusOfRow(statusNamed(row.status)),
  fileId: row.file_id as number,
  lineNo: row.line_no as number,
});

const bookOf = (row: Row): BookRow => ({
  fileId: row.file_id as number,
  partition: row.log_partition as number,
  version: row.version as number,
  counts: [row.counted, row.late, row.waiting, row.duplicate, row.rejected] as number[],
});

/** The primary key of each table, and where a row is looked for. */
const primaryKeys: Readonly<Record<string, string>> = {
  usage_record: 'shard day msisdn recorded_at record_id version',
  data_record: 'agreement_id year month recorded_at internal_record_id',
  waiting_record: 'shard msisdn recorded_at record_id version',
  agreement: 'id',
  agreement_by_msisdn: 'msisdn id',
  agreement_by_version: 'log_partition bucket version',
  message: 'key timestamp revision',
  dead_letter: 'file_id log_partition bucket line_no offset',
  import_file_count: 'file_id log_partition version',
};

const upsertOf = (table: string, row: Row, partition: number): Upsert => {
  const key = keyOf(row, primaryKeys[table]);
  switch (table) {
    case 'usage_record': {
      const day = dayText(row.day as number);
      const places = `${row.shard} ${day} ${row.msisdn} ${row.recorded_at}`;
      return { table, key, row: { ...recordOf(row) }, places };
    }
    case 'waiting_record':
      return { table, key, row, places: `${row.shard} ${row.msisdn}` };
    case 'import_file_count':
      return { table, key, row: { ...bookOf(row) } };
    case 'dead_letter':
      return { table, key, row: { ...row, partition } };
    default:
      return { table, key, row };
  }
};

const upsertsOf = ({ statement, length, put }: RowGroup, partition: number): Upsert[] => {
  const { table, columns } = insertOf(statement.cql);
  return Array.from({ length }, (_, at) => {
    const taken = new PutValues();
    put(taken as unknown as Parameters<RowGroup['put']>[0], at);
    const row = Object.fromEntries(columns.map((column, index) => [column, taken.values[index]]));
    const upsert = upsertOf(table, row, partition);
    // the only value without a column of its own
    const writtenAt = taken.values[columns.length] as number | undefined;
    return writtenAt === undefined ? upsert : { ...upsert, writtenAt };
  });
};

/** Groups of rows, each a call of its own. */
const rowWriter = (place: Place, partition: number) => ({
  write: (groups: Iterable<RowGroup>): Promise<void> => {
    const batches = Array.from(groups, (group) => upsertsOf(group, partition));
    return writeRows(place, batches);
  },
});

const cassandraRowOf = (row: OracleRow): SimRow => ({
  msisdn: row.msisdn,
  recorded_at: row.recordedAtMs,
  record_id: uuidOf(row.recordId),
  version: row.version,
  agreement_id: row.agreementId === undefined ? null : uuidOf(row.agreementId),
  recorded_bytes: row.recordedBytes,
  status: recordStatuses[statusOf(row.status, row.provisional === true)],
  file_id: row.fileId,
  line_no: row.lineNo,
});

const bookColumns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'] as const;

/** What a session answers to the three questions that the program's own adapters ask. */
const answer = (place: Place, cql: string, [first, second, third]: unknown[]): SimRow[] => {
  const { cassandra } = place.cluster;
  if (cql.includes('FROM usage_record')) {
    const tuples = third as { get(at: number): unknown }[];
    return tuples
      .flatMap((tuple) => {
        const at = `${String(tuple.get(0))} ${String(tuple.get(1))}`;
        return cassandra.rowsAt('usage_record', `${String(first)} ${String(second)} ${at}`);
      })
      .map((row) => cassandraRowOf(row as unknown as OracleRow));
  }
  if (cql.includes('FROM waiting_record')) {
    return [...cassandra.rowsAt('waiting_record', `${String(first)} ${String(second)}`)];
  }
  if (!cql.includes('FROM import_file_count')) throw new Error(`nobody answers ${cql}`);
  const book = cassandra.book(first as number, second as number, third as number);
  if (book === undefined) return [];
  return [Object.fromEntries(bookColumns.map((column, at) => [column, book.counts[at]]))];
};

type Session = ConstructorParameters<typeof CassandraUsageWriter>[0];

const sessionOf = (place: Place): Session => {
  const query = (cql: string, params: unknown[]): Promise<SimRow[]> =>
    askCassandra(place, 'find', () => answer(place, cql, params));
  return { query } as unknown as Session;
};

/** A session to which nothing is there yet. */
const emptySession = { query: () => Promise.resolve([]) } as unknown as Session;

/** The program's own writer: rows, absolute books, copies of messages. */
export const newWriter = (place: Place, partition: number): CassandraUsageWriter =>
  new CassandraUsageWriter(
    sessionOf(place),
    { partition, shards, dataRecordTable: true },
    rowWriter(place, partition),
  );

/** The same without what a book had before. */
export const newWriterOfChanges = (place: Place, partition: number): CassandraUsageWriter =>
  new CassandraUsageWriter(
    emptySession,
    { partition, shards, dataRecordTable: true },
    rowWriter(place, partition),
  );

/** The program's own look-ups. */
export const newRowStore = (place: Place) => cassandraRecordRowStore(sessionOf(place), { shards });

/** Snapshots of one partition: the chunks first, then the header that makes them one. */
export class SimSnapshots implements SnapshotStore {
  constructor(
    private readonly place: Place,
    private readonly partition: number,
  ) {}

  async newestAtOrBelow(position: Position): Promise<Snapshot | undefined> {
    const { cassandra } = this.place.cluster;
    const found = await askCassandra(this.place, 'readSnapshots', () =>
      cassandra.snapshotHeaders
        .filter((header) => header.partition === this.partition && this.fits(header, position))
        .sort((a, b) => comparePositions(b, a)),
    );
    if (found.length === 0) return undefined;
    const [{ offset, cursor, snapshotId }] = found;
    const read = (): Promise<readonly Uint8Array[]> =>
      askCassandra(this.place, 'readChunks', () => cassandra.snapshotChunks.get(snapshotId) ?? []);
    return {
      position: { offset, cursor },
      async *chunks() {
        for (const chunk of await read()) yield chunk.slice();
      },
    };
  }

  async save(position: Position, chunks: Iterable<Uint8Array>): Promise<void> {
    const { cassandra, time } = this.place.cluster;
    const { partition } = this;
    const { name } = this.place.process;
    const snapshotId = `${name} ${partition} ${time.nowMs} ${time.below(1 << 30)}`;
    const copies = Array.from(chunks, (chunk) => chunk.slice());
    await askCassandra(this.place, 'writeChunks', () => {
      cassandra.snapshotChunks.set(snapshotId, copies);
    });
    const header = { partition, ...position, snapshotId };
    await askCassandra(this.place, 'writeSnapshot', () => {
      cassandra.snapshotHeaders.push(header);
    });
    time.say(`${name} saved a snapshot of ${partition} at ${position.offset}/${position.cursor}`);
  }

  protected fits(header: Position, position: Position): boolean {
    return comparePositions(header, position) <= 0;
  }
}
