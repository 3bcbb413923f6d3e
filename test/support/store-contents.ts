import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { asOracleRow, booksOf, type PlainRow } from './plain-rows.js';
import type { Book, OracleDeadLetter, OracleEvent, OracleRow } from './oracle-model.js';
import { oracleEventOf } from './store-log.js';

/** A message as it stands in the store; `headers` is JSON. */
export interface StoredMessageRow {
  readonly offset: number;
  readonly key: string;
  readonly timestamp: number;
  readonly headers: string;
  readonly value: string;
}

/** What a store says, read from its file while no process holds it. */
export interface StoreContents {
  /** All versions, in the order of version and identity. */
  readonly rows: readonly OracleRow[];
  readonly messages: readonly StoredMessageRow[];
  readonly booksByFile: ReadonlyMap<number, Book>;
  /** What the steps refused. */
  readonly deadLetters: readonly OracleDeadLetter[];
  /** By file, how many lines were refused before the log. */
  readonly unreadableLines: ReadonlyMap<number, number>;
  /** The whole log, for the oracle. */
  readonly log: readonly OracleEvent[];
}

/** A BIGINT as a number, a UUID as text (none as undefined), all else as it is. */
const plain = (value: unknown): PlainRow[string] => {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && value !== null && 'hugeint' in value) {
    const text = String(value);
    return text === '00000000-0000-0000-0000-000000000000' ? undefined : text;
  }
  return value as PlainRow[string];
};

/** Runs read-only queries on the file of a stopped program. */
export const queryStore = async (
  path: string,
  queries: readonly string[],
): Promise<PlainRow[][]> => {
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  try {
    const connection = await instance.connect();
    const results: PlainRow[][] = [];
    for (const query of queries) {
      const result = await connection.run(query);
      const rows = await result.getRowObjects();
      results.push(
        rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
        ),
      );
    }
    connection.disconnectSync();
    return results;
  } finally {
    instance.closeSync();
  }
};

const bookColumns = ['counted', 'late', 'waiting', 'duplicate', 'rejected'];

const contentQueries = [
  'SELECT * FROM usage_record ORDER BY version, msisdn, recorded_at, record_id',
  'SELECT * FROM message ORDER BY "offset"',
  `SELECT file_id, ${bookColumns.map((name) => `sum(${name})::BIGINT ${name}`).join(', ')}
     FROM import_file_count GROUP BY file_id ORDER BY file_id`,
  'SELECT "offset", code FROM dead_letter WHERE "offset" >= 0 ORDER BY "offset"',
  'SELECT file_id, count(*) AS lines FROM dead_letter WHERE "offset" < 0 GROUP BY file_id',
  'SELECT * FROM log ORDER BY "offset"',
];

/** Rows, messages, books, refusals and the log of a store. */
export const readStore = async (path: string): Promise<StoreContents> => {
  const [rows, messages, books, deadLetters, unreadable, log] = await queryStore(
    path,
    contentQueries,
  );
  return {
    rows: rows.map(asOracleRow),
    messages: messages as unknown as StoredMessageRow[],
    booksByFile: booksOf(books),
    deadLetters: deadLetters as unknown as OracleDeadLetter[],
    unreadableLines: new Map(
      unreadable.map(({ file_id: fileId, lines }) => [Number(fileId), Number(lines)]),
    ),
    log: log.map(oracleEventOf),
  };
};
