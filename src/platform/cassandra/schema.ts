import { types } from 'cassandra-driver';
import { Fault } from '../../streaming/index.js';
import { pauseFor } from '../pause.js';
import type { CassandraSession } from './cassandra-session.js';

export interface CassandraTable {
  readonly name: string;
  /** Name and CQL type, in the order of the DDL. */
  readonly columns: readonly (readonly [name: string, type: CqlType])[];
  readonly partitionKey: readonly string[];
  readonly clustering?: readonly (readonly [name: string, order: 'ASC' | 'DESC'])[];
  /** Further table options, as CQL. */
  readonly options?: readonly string[];
}

export type CqlType =
  'bigint' | 'blob' | 'date' | 'int' | 'smallint' | 'text' | 'timestamp' | 'tinyint' | 'uuid';

/** What a keyspace has to be. */
export interface WantedSchema {
  readonly keyspace: string;
  readonly tables: readonly CassandraTable[];
  /** Numbers that rows depend on (shards, version): fixed when the keyspace is made. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface Replication {
  readonly replicationFactor: number;
  readonly localDataCenter: string;
}

/**
 * Tables have the default compaction, SizeTiered. Rows are written once, a day's partition is
 * soon never written again, and a read names its partition, so Bloom filters pass over the other
 * files; Leveled would write every row several times more for a read that is fast already.
 */
export const schemaInfoTable: CassandraTable = {
  name: 'schema_info',
  columns: [
    ['name', 'text'],
    ['value', 'text'],
  ],
  partitionKey: ['name'],
};

/** Head rows of snapshots; newest first. */
export const snapshotTable: CassandraTable = {
  name: 'snapshot',
  columns: [
    ['application', 'text'],
    ['log_partition', 'int'],
    ['offset', 'bigint'],
    ['cursor', 'int'],
    ['snapshot_id', 'uuid'],
    ['format', 'int'],
    ['chunks', 'int'],
    ['bytes', 'bigint'],
    ['sha256', 'text'],
    ['saved_at', 'timestamp'],
  ],
  partitionKey: ['application', 'log_partition'],
  clustering: [
    ['offset', 'DESC'],
    ['cursor', 'DESC'],
    ['snapshot_id', 'ASC'],
  ],
};

/**
 * Chunks are large and are deleted soon: Leveled compaction brings a chunk and its deletion
 * together early, and an hour instead of ten days is long enough to keep the mark of a deletion,
 * as a chunk that came back would only lie there.
 */
export const snapshotChunkTable: CassandraTable = {
  name: 'snapshot_chunk',
  columns: [
    ['snapshot_id', 'uuid'],
    ['chunk_no', 'int'],
    ['bytes', 'blob'],
  ],
  partitionKey: ['snapshot_id', 'chunk_no'],
  options: ["compaction = {'class': 'LeveledCompactionStrategy'}", 'gc_grace_seconds = 3600'],
};

/** The tables this folder owns; the contexts' own come with them. */
export const platformTables: readonly CassandraTable[] = [
  schemaInfoTable,
  snapshotTable,
  snapshotChunkTable,
];

const quoted = (name: string): string => `"${name}"`;
const listed = (names: readonly string[]): string => names.map(quoted).join(', ');

/** `CREATE TABLE IF NOT EXISTS` of one table. */
export const tableDdl = (keyspace: string, table: CassandraTable): string => {
  const { name, columns, partitionKey, clustering = [], options = [] } = table;
  const key = [`(${listed(partitionKey)})`, ...clustering.map(([column]) => quoted(column))];
  const order = clustering.map(([column, direction]) => `${quoted(column)} ${direction}`);
  const all = [...(order.length ? [`CLUSTERING ORDER BY (${order.join(', ')})`] : []), ...options];
  return (
    `CREATE TABLE IF NOT EXISTS ${quoted(keyspace)}.${quoted(name)} (` +
    columns.map(([column, type]) => `${quoted(column)} ${type}, `).join('') +
    `PRIMARY KEY (${key.join(', ')}))${all.length ? ` WITH ${all.join(' AND ')}` : ''}`
  );
};

const keyspaceDdl = (keyspace: string, { replicationFactor, localDataCenter }: Replication) =>
  `CREATE KEYSPACE IF NOT EXISTS ${quoted(keyspace)} WITH replication = ` +
  `{'class': 'NetworkTopologyStrategy', '${localDataCenter}': ${replicationFactor}}`;

const triesBesideOthers = 20;
const nextTryMs = 250;

/**
 * Looks again where a statement was refused: while another process changes the schema, a node
 * tells of tables and columns in system_schema a moment before statements may name them, and
 * refuses what the other was quicker to make. A statement that cannot be is refused each time.
 */
const besideOthers = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isRefused = error instanceof Fault && error.code === 'CASSANDRA_STATEMENT_REFUSED';
      if (!isRefused || tries === triesBesideOthers) throw error;
      await pauseFor(nextTryMs);
    }
  }
};

/**
 * Makes keyspace, tables and columns that are missing; what is there stays as it is, so it can be
 * run again, also by two at once. The session may be open without a keyspace. Facts that were
 * written before are kept: `checkSchema` tells when they are others.
 */
export const createSchema = (
  session: CassandraSession,
  wanted: WantedSchema,
  replication: Replication,
): Promise<void> => besideOthers(() => makeMissing(session, wanted, replication));

const makeMissing = async (
  session: CassandraSession,
  wanted: WantedSchema,
  replication: Replication,
): Promise<void> => {
  const run = async (ddl: string): Promise<void> => {
    await session.query(ddl, [], { prepare: false });
  };
  const { keyspace, tables, facts } = wanted;
  const there = await tablesOf(session, keyspace);
  if (there === undefined) await run(keyspaceDdl(keyspace, replication));
  for (const table of tables) {
    const columns = there?.get(table.name);
    if (columns === undefined) {
      await run(tableDdl(keyspace, table));
      continue;
    }
    for (const [name, type] of table.columns) {
      if (columns.has(name)) continue;
      await run(
        `ALTER TABLE ${quoted(keyspace)}.${quoted(table.name)} ADD ${quoted(name)} ${type}`,
      );
    }
  }
  const insert = `INSERT INTO ${quoted(keyspace)}.schema_info (name, value) VALUES (?, ?)`;
  for (const [name, value] of Object.entries(facts)) {
    await session.conditional(`${insert} IF NOT EXISTS`, [name, value]);
  }
};

/**
 * What differs between the keyspace and the wanted one, a sentence each; empty when nothing does.
 * Also tells of tables the user may not read and write: a delete of a row that cannot be is tried.
 */
export const checkSchema = (session: CassandraSession, wanted: WantedSchema): Promise<string[]> =>
  besideOthers(() => differencesOf(session, wanted));

const differencesOf = async (
  session: CassandraSession,
  wanted: WantedSchema,
): Promise<string[]> => {
  const { keyspace, tables } = wanted;
  const there = await tablesOf(session, keyspace);
  if (there === undefined) return [`Keyspace ${keyspace} is missing.`];
  const differences = tables.flatMap((table) => tableDifferences(table, there.get(table.name)));
  const same = tables.filter(
    (table) => tableDifferences(table, there.get(table.name)).length === 0,
  );
  if (same.some(({ name }) => name === schemaInfoTable.name)) {
    differences.push(...(await factDifferences(session, wanted)));
  }
  differences.push(...(await notWritable(session, keyspace, same)));
  return differences;
};

/** The tables of the schema that are there and have a row, but for the numbers of the keyspace. */
export const filledTables = async (
  session: CassandraSession,
  { keyspace, tables }: WantedSchema,
): Promise<string[]> => {
  const there = await tablesOf(session, keyspace);
  const names = tables.map(({ name }) => name).filter((name) => there?.has(name));
  const filled: string[] = [];
  for (const name of names.filter((each) => each !== schemaInfoTable.name)) {
    const rows = await session.query(`SELECT * FROM ${quoted(keyspace)}.${quoted(name)} LIMIT 1`);
    if (rows.length > 0) filled.push(name);
  }
  return filled;
};

/** Takes all rows of the tables away, one table after the other. Needs every node to be up. */
export const emptyTables = async (
  session: CassandraSession,
  keyspace: string,
  tables: readonly string[],
): Promise<void> => {
  for (const name of tables) {
    const cql = `TRUNCATE ${quoted(keyspace)}.${quoted(name)}`;
    await session.query(cql, [], { prepare: false });
  }
};

/** Numbers the keyspace was made with that are others now; empty when there is no keyspace yet. */
export const fixedDifferences = async (
  session: CassandraSession,
  wanted: WantedSchema,
): Promise<string[]> => {
  const there = await tablesOf(session, wanted.keyspace);
  if (there?.get(schemaInfoTable.name) === undefined) return [];
  const differences = await besideOthers(() => factDifferences(session, wanted));
  return differences.filter((difference) => difference.includes(' was made with '));
};

/** How many nodes a data centre has, as the node that is asked knows it. */
export const nodesIn = async (session: CassandraSession, dataCenter: string): Promise<number> => {
  const tables = ['local', 'peers'];
  const rows = await Promise.all(
    tables.map((table) => session.query(`SELECT data_center FROM system.${table}`)),
  );
  return rows.flat().filter((row) => row['data_center'] === dataCenter).length;
};

/** What the program costs to lose with the servers as they are set; a sentence each. */
export const schemaWarnings = async (
  session: CassandraSession,
  keyspace: string,
): Promise<string[]> => {
  const cql = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
  const [row] = await session.query(cql, [keyspace]);
  if (row === undefined) return [];
  const replication = row['replication'] as Readonly<Record<string, string>>;
  const copies = Object.entries(replication)
    .filter(([name]) => name !== 'class')
    .map(([, value]) => Number(value));
  if (copies.some((count) => count > 1)) return [];
  const sync = await commitLogSync(session);
  if (sync !== 'periodic') return [];
  return [
    `Keyspace ${keyspace} has one copy of every row and the nodes sync their commit log ` +
      'periodically: a node that loses power loses up to 10 s of acknowledged rows, while their ' +
      'messages stay sent. Use replication factor 3, or commitlog_sync: group.',
  ];
};

type Columns = ReadonlyMap<string, { type: string; kind: string; place: number; order: string }>;

/** Columns by table, or undefined when the keyspace is not there. */
const tablesOf = async (
  session: CassandraSession,
  keyspace: string,
): Promise<Map<string, Columns> | undefined> => {
  const inKeyspace = 'WHERE keyspace_name = ?';
  const [known] = await session.query(
    `SELECT keyspace_name FROM system_schema.keyspaces ${inKeyspace}`,
    [keyspace],
  );
  if (known === undefined) return undefined;
  const rows = await session.query(
    'SELECT table_name, column_name, type, kind, position, clustering_order ' +
      `FROM system_schema.columns ${inKeyspace}`,
    [keyspace],
  );
  const tables = new Map<string, Map<string, ReturnType<typeof columnOf>>>();
  for (const row of rows) {
    const name = row['table_name'] as string;
    const columns = tables.get(name) ?? new Map<string, ReturnType<typeof columnOf>>();
    tables.set(name, columns.set(row['column_name'] as string, columnOf(row)));
  }
  return tables;
};

const columnOf = (row: types.Row) => ({
  type: row['type'] as string,
  kind: row['kind'] as string,
  place: row['position'] as number,
  order: (row['clustering_order'] as string).toUpperCase(),
});

const tableDifferences = (table: CassandraTable, there: Columns | undefined): string[] => {
  if (there === undefined) return [`Table ${table.name} is missing.`];
  const differences: string[] = [];
  for (const [name, type] of table.columns) {
    const column = there.get(name);
    const where = `Column ${name} of table ${table.name}`;
    if (column === undefined) differences.push(`${where} is missing.`);
    else if (column.type !== type) {
      differences.push(`${where} is ${column.type} and has to be ${type}.`);
    }
  }
  const key = keyText(there);
  const wantedKey = wantedKeyText(table);
  if (differences.length === 0 && key !== wantedKey) {
    differences.push(`The key of table ${table.name} is ${key} and has to be ${wantedKey}.`);
  }
  return differences;
};

const wantedKeyText = ({ partitionKey, clustering = [] }: CassandraTable): string =>
  [`(${partitionKey.join(', ')})`, ...clustering.map((column) => column.join(' '))].join(', ');

const keyText = (columns: Columns): string => {
  const ofKind = (kind: string) =>
    [...columns]
      .filter(([, column]) => column.kind === kind)
      .sort((a, b) => a[1].place - b[1].place);
  const partition = ofKind('partition_key').map(([name]) => name);
  const clustering = ofKind('clustering').map(([name, { order }]) => `${name} ${order}`);
  return [`(${partition.join(', ')})`, ...clustering].join(', ');
};

const factDifferences = async (
  session: CassandraSession,
  { keyspace, facts }: WantedSchema,
): Promise<string[]> => {
  const rows = await session.query(`SELECT name, value FROM ${quoted(keyspace)}.schema_info`);
  const there = new Map(rows.map((row) => [row['name'] as string, row['value'] as string]));
  return Object.entries(facts).flatMap(([name, value]) => {
    const stored = there.get(name);
    if (stored === value) return [];
    if (stored === undefined) return [`Keyspace ${keyspace} does not say its ${name}.`];
    return [`Keyspace ${keyspace} was made with ${name} ${stored}, and ${value} is wanted.`];
  });
};

/** A value of each type that no row of ours has in its key. */
const neverInAKey: Readonly<Record<CqlType, unknown>> = {
  bigint: types.Long.MIN_VALUE,
  blob: Buffer.alloc(1),
  date: types.LocalDate.fromString('-2147483648'),
  int: -2147483648,
  smallint: -32768,
  text: '\u0000',
  timestamp: types.Long.MIN_VALUE,
  tinyint: -128,
  uuid: types.Uuid.fromString('ffffffff-ffff-ffff-ffff-ffffffffffff'),
};

const notWritable = async (
  session: CassandraSession,
  keyspace: string,
  tables: readonly CassandraTable[],
): Promise<string[]> => {
  const tried = await Promise.all(
    tables.map(async ({ name, partitionKey, clustering = [], columns }) => {
      const key = [...partitionKey, ...clustering.map(([column]) => column)];
      const typeOf = new Map(columns);
      const values = key.map((column) => neverInAKey[typeOf.get(column) as CqlType]);
      const where = key.map((column) => `${quoted(column)} = ?`).join(' AND ');
      const cql = `DELETE FROM ${quoted(keyspace)}.${quoted(name)} WHERE ${where} IF EXISTS`;
      try {
        await session.conditional(cql, values);
        return [];
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'CASSANDRA_NOT_ALLOWED') throw error;
        return [`The user may not read and write table ${name}: ${error.message}.`];
      }
    }),
  );
  return tried.flat();
};

/** Undefined when the servers do not tell (before 4.0, or not allowed). */
const commitLogSync = async (session: CassandraSession): Promise<string | undefined> => {
  const cql = "SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'";
  try {
    const [row] = await session.query(cql);
    return row?.['value'] as string | undefined;
  } catch (error) {
    if (error instanceof Fault && error.reaction === 'Fatal') return undefined;
    throw error;
  }
};
