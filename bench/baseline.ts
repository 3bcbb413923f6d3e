/**
 * What the figures are held against: the shortest program that does some of the same work. It
 * reads lines, splits them, adds up a Map, and appends rows value by value to DuckDB. It finds no
 * duplicates, waits for nothing, closes nothing, and a crash leaves it half done.
 *   node dist/bench/baseline.js <file> <store>
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';

const rowsACommit = 8192;

const run = async (file: string, store: string): Promise<number> => {
  const instance = await DuckDBInstance.create(store);
  const connection = await instance.connect();
  await connection.run(
    'CREATE TABLE data_record (id VARCHAR, recorded_at BIGINT, msisdn BIGINT, bytes BIGINT)',
  );
  const totals = new Map<string, number>();
  await connection.run('BEGIN');
  let appender = await connection.createAppender('data_record');
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [id, recordedAt, msisdn, bytes] = line.split(';');
    totals.set(msisdn, (totals.get(msisdn) ?? 0) + Number(bytes));
    appender.appendVarchar(id);
    appender.appendBigInt(BigInt(Date.parse(recordedAt.slice(0, recordedAt.indexOf('[')))));
    appender.appendBigInt(BigInt(msisdn));
    appender.appendBigInt(BigInt(bytes));
    appender.endRow();
    if (++rows % rowsACommit !== 0) continue;
    appender.closeSync();
    await connection.run('COMMIT');
    await connection.run('BEGIN');
    appender = await connection.createAppender('data_record');
  }
  appender.closeSync();
  await connection.run('COMMIT');
  return rows;
};

const [file, store] = process.argv.slice(2);
const startMs = performance.now();
const rows = await run(file, store);
console.log(JSON.stringify({ rows, seconds: (performance.now() - startMs) / 1000 }));
