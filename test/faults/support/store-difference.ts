import { DuckDBInstance } from '@duckdb/node-api';

/**
 * What must be the same in two stores: everything but when it was written. Agreements whose answer
 * was lost are sent again and stand in the log twice, without effect: so the log is compared
 * without them, and table agreement with them.
 */
const compared: Readonly<Record<string, string>> = {
  usage_record: 'SELECT * FROM X.usage_record',
  message: 'SELECT "offset", key, "timestamp", headers, value FROM X.message',
  agreement: 'SELECT * FROM X.agreement',
  log: 'SELECT * FROM X.log WHERE type <> 1',
  import_file: 'SELECT id, name, feed, bytes FROM X.import_file',
  dead_letter: 'SELECT * FROM X.dead_letter',
};

const books = `SELECT file_id, sum(counted) counted, sum(late) late, sum(waiting) waiting,
  sum(duplicate) duplicate, sum(rejected) rejected FROM X.import_file_count GROUP BY file_id`;

const ends = `SELECT file_id, byte_offset, line_no, lines, first_recorded_at, last_recorded_at,
  state, sha256, reason FROM X.import_progress
  QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1`;

const queries: readonly (readonly [name: string, sql: string])[] = [
  ...Object.entries(compared),
  ['books', books],
  ['ends of files', ends],
];

/**
 * The rows that only one of two stores has, a few of each kind; empty when they say the same. Both
 * files are only read. Rows that are there twice in one count as different.
 */
export const storeDifferences = async (expected: string, actual: string): Promise<string[]> => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH '${expected}' AS expected (READ_ONLY)`);
    await connection.run(`ATTACH '${actual}' AS actual (READ_ONLY)`);
    const differences: string[] = [];
    for (const [name, sql] of queries) {
      const [inExpected, inActual] = ['expected', 'actual'].map((at) =>
        sql.replace('X.', `${at}.`),
      );
      const only = {
        expected: `(${inExpected}) EXCEPT ALL (${inActual})`,
        actual: `(${inActual}) EXCEPT ALL (${inExpected})`,
      };
      for (const [one, query] of Object.entries(only)) {
        const rows = await (await connection.run(`${query} LIMIT 5`)).getRowsJson();
        for (const row of rows) differences.push(`${name} only ${one}: ${JSON.stringify(row)}`);
      }
    }
    return differences;
  } finally {
    connection.disconnectSync();
    instance.closeSync();
  }
};
