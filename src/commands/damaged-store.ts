import { join } from 'node:path';
import {
  EmbeddedDatabase,
  mendStore,
  takeLogs,
  type MendedStore,
} from '../platform/embedded/index.js';
import { Fault, type TableSchema } from '../streaming/index.js';
import { embeddedTables, storePath } from '../wiring/embedded/embedded-wiring.js';
import { commandErrors } from './errors.js';

/** A copy of a damaged store, opened as far as that can be. */
export interface DamagedStore extends MendedStore {
  readonly database: EmbeddedDatabase;
  /** Why the file could not be opened, so that only its log was read; undefined when it could. */
  readonly lostFile: string | undefined;
}

/** Where the copy lies, and how it is opened. */
export interface DamagedCopy {
  readonly work: string;
  readonly memoryLimitBytes: number;
  readonly log: (line: string) => void;
}

/**
 * Sets right what checksums say in `<work>/damaged`, and opens it; a file that cannot be opened is
 * left out, and what its log has is read into an empty store. Rejects with STORE_BEYOND_REPAIR when
 * there is neither.
 */
export const openDamaged = async (copy: DamagedCopy): Promise<DamagedStore> => {
  const path = storePath(join(copy.work, 'damaged'));
  const mended = mendStore(path);
  try {
    return { ...mended, database: await open(copy, path), lostFile: undefined };
  } catch (error) {
    if (!(error instanceof Fault) || error.reaction !== 'StateCorrupt') throw error;
    return { ...mended, database: await ofLogs(copy, error), lostFile: error.message };
  }
};

const open = ({ memoryLimitBytes, log }: DamagedCopy, path: string): Promise<EmbeddedDatabase> =>
  EmbeddedDatabase.open({ path, memoryLimitBytes, tables: embeddedTables(), log });

const ofLogs = async (copy: DamagedCopy, cause: Fault): Promise<EmbeddedDatabase> => {
  const path = storePath(join(copy.work, 'from-log'));
  await (await open(copy, path)).close();
  const hasLog = takeLogs(storePath(join(copy.work, 'damaged')), path);
  const database = await open(copy, path);
  const [{ rows }] = await database.query('SELECT count(*) AS rows FROM "log"');
  if (hasLog && Number(rows) > 0) return database;
  await database.close();
  const { reaction, meaning, next } = commandErrors.STORE_BEYOND_REPAIR;
  const message = `${meaning} ${cause.message}`;
  throw new Fault('STORE_BEYOND_REPAIR', reaction, message, { cause, next });
};

/** Rows from `from` up to, not including, `to`, as they lie in the table. */
interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** DuckDB reads so many rows at once, from a multiple of it on. */
const leastRows = 2048;

/** What a reading answers; undefined where the store cannot be read. Other errors are bugs. */
const unlessDamaged = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
};

const isReadable = async (
  database: EmbeddedDatabase,
  table: string,
  { from, to }: RowRange,
): Promise<boolean> => {
  const all = 'bit_xor(hash(columns(*)))::VARCHAR';
  const sql = `SELECT ${all} FROM "${table}" WHERE rowid >= $1 AND rowid < $2`;
  return (await unlessDamaged(database.query(sql, [from, to]))) !== undefined;
};

const unreadable = async (
  database: EmbeddedDatabase,
  table: string,
  range: RowRange,
): Promise<RowRange[]> => {
  if (await isReadable(database, table, range)) return [];
  const { from, to } = range;
  if (to - from <= leastRows) return [range];
  const middle = from + Math.ceil((to - from) / 2 / leastRows) * leastRows;
  const left = await unreadable(database, table, { from, to: middle });
  return [...left, ...(await unreadable(database, table, { from: middle, to }))];
};

/**
 * What to select from for the rows of a table that can be read; a block that cannot takes what lies
 * in it along.
 */
export const readableRows = async (
  database: EmbeddedDatabase,
  { name }: TableSchema,
): Promise<string> => {
  const [{ rows }] = await database.query(
    `SELECT coalesce(max(rowid), -1) + 1 AS rows FROM "${name}"`,
  );
  const ranges = await unreadable(database, name, { from: 0, to: Number(rows) });
  const without = ranges.map(({ from, to }) => `NOT (rowid >= ${from} AND rowid < ${to})`);
  return ranges.length === 0
    ? `"${name}"`
    : `(SELECT * FROM "${name}" WHERE ${without.join(' AND ')}) AS "${name}"`;
};
