import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type ColumnBatch, type TableSchema } from '../../streaming/index.js';
import { EmbeddedDatabase } from './database.js';
import { batchOf } from '../../../test/support/batch-of.js';

const everyKind: TableSchema = {
  name: 'every kind',
  columns: [
    { name: 'offset', kind: 'bigint' },
    { name: 'at', kind: 'integer' },
    { name: 'select', kind: 'tinyint' },
    { name: 'id "quoted"', kind: 'uuid' },
    { name: 'note', kind: 'text' },
    { name: 'raw', kind: 'blob' },
  ],
};

const other: TableSchema = { name: 'other', columns: [{ name: 'n', kind: 'bigint' }] };

type Row = [number, number, number, Uint32Array, string, Uint8Array];

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

const row: fc.Arbitrary<Row> = fc.tuple(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: 0, max: 255 }),
  fc.array(uint32, { minLength: 4, maxLength: 4 }).map((words) => Uint32Array.from(words)),
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', '\0', '\ufeffBOM', 'twelve bytes'),
  ),
  fc.uint8Array({ maxLength: 40 }),
);

const rowsIn = (batch: ColumnBatch): Row[] =>
  Array.from({ length: batch.length }, (_, at) => [
    (batch.column(0) as Float64Array)[at],
    (batch.column(1) as Int32Array)[at],
    (batch.column(2) as Uint8Array)[at],
    (batch.column(3) as Uint32Array).slice(at * 4, at * 4 + 4),
    (batch.column(4) as string[])[at],
    new Uint8Array((batch.column(5) as Uint8Array[])[at]),
  ]);

describe('EmbeddedDatabase', () => {
  let directory: string;
  let database: EmbeddedDatabase;
  const lines: string[] = [];
  const path = (): string => join(directory, 'data', 'store.duckdb');
  const open = (tables: TableSchema[] = [everyKind, other]): Promise<EmbeddedDatabase> =>
    EmbeddedDatabase.open({ path: path(), tables, log: (line) => lines.push(line) });

  const all = async (): Promise<Row[]> =>
    rowsIn(await database.queryColumns('SELECT * FROM "every kind"', [], everyKind));

  const count = async (): Promise<unknown> =>
    (await database.query('SELECT count(*) AS n FROM other'))[0].n;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'overage-'));
    lines.length = 0;
    database = await open();
  });
  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('gives every value of every kind back as it was written', async () => {
    let written: Row[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
        await database.transaction([batchOf(everyKind, rows)]);
        written = [...written, ...rows];
        expect(await all()).toEqual(written);
      }),
      { numRuns: 25 },
    );
    await database.close();
    database = await open();
    expect(await all()).toEqual(written);
  });

  it('keeps the order of rows over many vectors and reads no more than the batch has', async () => {
    const length = 5000;
    const offsets = Float64Array.from({ length: 9000 }, (_, n) => n - 2500);
    const notes = Array.from({ length: 9000 }, (_, n) => `note number ${n}`);
    const full = batchOf(everyKind, []);
    const columns = [
      offsets,
      new Int32Array(9000).fill(-1),
      new Uint8Array(9000).fill(255),
      new Uint32Array(36000).fill(0xffffffff),
      notes,
      notes.map((note) => Buffer.from(note)),
    ];
    await database.transaction([{ ...full, length, column: (index) => columns[index] }]);
    const rows = await all();
    expect(rows).toHaveLength(length);
    rows.forEach((is, n) => {
      expect(is[0]).toBe(n - 2500);
      expect(is[4]).toBe(`note number ${n}`);
    });
    expect([...rows[4999][3]]).toEqual([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
  });

  it('reads a NULL as zero, nil, or empty', async () => {
    const batch = await database.queryColumns(
      `SELECT x.n, NULL::INTEGER, NULL::UTINYINT, NULL::UUID, NULL::VARCHAR, NULL::BLOB
         FROM (VALUES (NULL::BIGINT), (7)) x(n)`,
      [],
      everyKind,
    );
    const nothing = [0, 0, new Uint32Array(4), '', new Uint8Array(0)];
    expect(rowsIn(batch)).toEqual([
      [0, ...nothing],
      [7, ...nothing],
    ]);
  });

  it('answers rows with plain values: numbers, text for a UUID, bytes, null', async () => {
    const [values] = await database.query(
      `SELECT 9007199254740991 AS big, 3::UTINYINT AS tiny, true AS yes, NULL AS none,
              '00000001-0002-0003-0004-000000000005'::UUID AS id, '\\xFF'::BLOB AS raw,
              sum(n) AS small_sum, 1.5::DECIMAL(4, 2) AS price
         FROM (VALUES (1), (2)) v(n)`,
    );
    expect(values).toEqual({
      big: 9007199254740991,
      tiny: 3,
      yes: true,
      none: null,
      id: '00000001-0002-0003-0004-000000000005',
      raw: Uint8Array.of(255),
      small_sum: 3,
      price: 1.5,
    });
  });

  it('answers a sum beyond 2^53 as bigint and refuses a single value beyond it', async () => {
    const [{ s }] = await database.query('SELECT sum(9007199254740991) AS s FROM range(3)');
    expect(s).toBe(27021597764222973n);
    await expect(database.query('SELECT 9007199254740992 AS n')).rejects.toThrow(RangeError);
    await expect(database.queryColumns('SELECT -9007199254740992 AS n', [], other)).rejects.toThrow(
      RangeError,
    );
  });

  it('takes numbers, UUID words, bytes and lists as parameters', async () => {
    const words = Uint32Array.of(1, 0x00020003, 0x00040000, 5);
    const [is] = await database.query(
      `SELECT $1 + 1 AS n, $2::VARCHAR AS id, octet_length($3) AS size, list_sum($4) AS total,
              list_contains($5, 'b') AS has, $6 IS NULL AS none, $7 AS half`,
      [9007199254740990, words, Uint8Array.of(1, 2), Float64Array.of(1, 2), ['a', 'b'], null, 0.5],
    );
    expect(is).toEqual({
      n: 9007199254740991,
      id: '00000001-0002-0003-0004-000000000005',
      size: 2,
      total: 3,
      has: true,
      none: true,
      half: 0.5,
    });
  });

  it('refuses to read a column of another type than its kind', async () => {
    await expect(database.queryColumns('SELECT 1::INTEGER AS n', [], other)).rejects.toThrow(
      /n\) is INTEGER, not BIGINT/,
    );
  });

  it('keeps nothing of a transaction with a value its column cannot hold', async () => {
    const bad = [1, 2, 3].map((n) => [n === 3 ? 0.5 : n]);
    const writing = database.transaction([batchOf(other, [[7]]), batchOf(other, bad)]);
    await expect(writing).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE', reaction: 'Fatal' });
    expect(await count()).toBe(0);
    await database.transaction([batchOf(other, [[8]])]);
    expect(await count()).toBe(1);
  });

  it('refuses a batch whose column is shorter than its rows', async () => {
    const short = { schema: other, length: 3, column: () => new Float64Array(2) };
    await expect(database.transaction([short])).rejects.toMatchObject({
      code: 'VALUE_NOT_STORABLE',
    });
  });

  it('does not retry what is a bug: a table the store does not have, a wrong query', async () => {
    const foreign = batchOf({ ...other, name: 'foreign' }, [[1]]);
    await expect(database.transaction([foreign])).rejects.not.toHaveProperty('reaction');
    await expect(database.query('SELECT nothing')).rejects.not.toHaveProperty('reaction');
  });

  it('writes transactions that are asked for side by side one after the other', async () => {
    const writes = Array.from({ length: 20 }, (_, n) =>
      database.transaction([batchOf(other, [[n], [n]])]),
    );
    const reads = Array.from({ length: 10 }, () => count());
    await Promise.all(writes);
    for (const n of await Promise.all(reads)) expect(Number(n) % 2).toBe(0);
    const { column } = await database.queryColumns('SELECT n FROM other', [], other);
    expect([...(column(0) as Float64Array)]).toEqual(
      Array.from({ length: 40 }, (_, n) => Math.floor(n / 2)),
    );
  });

  it('answers STORE_CLOSED after close, and gives the file free', async () => {
    await database.close();
    await expect(count()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(database.transaction([])).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    database = await open();
    expect(await count()).toBe(0);
  });

  it('keeps its id, and adds a table that a later version has', async () => {
    const { storeId } = database;
    await database.transaction([batchOf(other, [[1]])]);
    await database.close();
    const later: TableSchema = { name: 'later', columns: [{ name: 'n', kind: 'bigint' }] };
    database = await open([everyKind, other, later]);
    expect(database.storeId).toBe(storeId);
    expect(storeId).toMatch(/^[0-9a-f-]{36}$/);
    await database.transaction([batchOf(later, [[5]])]);
    expect(await count()).toBe(1);
  });

  it('refuses a store whose table has other columns', async () => {
    await database.close();
    const changed: TableSchema = { name: 'other', columns: [{ name: 'n', kind: 'text' }] };
    await expect(open([everyKind, changed])).rejects.toMatchObject({
      code: 'STORE_OTHER_SCHEMA',
      facts: { table: 'other' },
    });
    database = await open();
  });

  it('takes a table over that an earlier version named otherwise, with its rows', async () => {
    await database.transaction([batchOf(other, [[7]])]);
    await database.close();
    const renamed: TableSchema = { ...other, name: 'renamed', formerName: 'other' };
    database = await open([everyKind, renamed]);
    expect(existsSync(`${path()}.wal`)).toBe(false);
    await database.transaction([batchOf(renamed, [[8]])]);
    expect(await database.query('SELECT n FROM renamed ORDER BY n')).toEqual([{ n: 7 }, { n: 8 }]);
    await database.close();
    database = await open([everyKind, renamed]);
    expect(await database.query('SELECT count(*) AS n FROM renamed')).toEqual([{ n: 2 }]);
    await database.close();
    database = await open(); // a table of the old name is another one from now on
    expect(await count()).toBe(0);
  });

  it('leaves no statement that makes a table in the write-ahead log', () => {
    expect(existsSync(`${path()}.wal`)).toBe(false);
  });

  it.each([
    ['names the process that holds the store', ''],
    ['leaves a log alone that another process is about to write on', '\0'.repeat(17)],
  ])('%s', async (_, unfinished) => {
    const script = `
      const { DuckDBInstance } = require('@duckdb/node-api');
      DuckDBInstance.create(process.argv[1]).then(async (db) => {
        process.stdout.write('opened');
        process.stdin.resume();
        process.stdin.on('end', () => process.exit());
      });`;
    await database.close();
    const { spawn } = await import('node:child_process');
    const holder = spawn(process.execPath, ['-e', script, path()]);
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const log = `${path()}.wal`;
    if (unfinished !== '') writeFileSync(log, Buffer.from(unfinished));
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      reaction: 'Fatal',
      facts: { pid: holder.pid },
    });
    if (unfinished !== '') expect(readFileSync(log, 'latin1')).toBe(unfinished);
    rmSync(log, { force: true });
    holder.stdin.end();
    await new Promise((resolve) => holder.once('exit', resolve));
    database = await open();
  });

  it('refuses a second opening within one process, which the file lock would allow', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      facts: { pid: process.pid },
    });
  });

  it('is held against other processes while it is open', () => {
    const script = `require('@duckdb/node-api').DuckDBInstance.create(process.argv[1])
      .catch((error) => console.log(error.message))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script, path()]);
    expect(String(stdout)).toContain(`PID ${process.pid}`);
  });

  it('says so when the data directory cannot be made or written', async () => {
    writeFileSync(join(directory, 'a-file'), '');
    const blocked = join(directory, 'a-file', 'store.duckdb');
    await expect(
      EmbeddedDatabase.open({ path: blocked, tables: [], log: () => undefined }),
    ).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE', reaction: 'Fatal' });
    if (process.getuid?.() === 0) return; // nothing is forbidden to root
    const locked = join(directory, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    await expect(
      EmbeddedDatabase.open({ path: join(locked, 's'), tables: [], log: () => undefined }),
    ).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
  });

  it('says so when the file is no store', async () => {
    const path = join(directory, 'text.duckdb');
    writeFileSync(path, 'this is not a store'.repeat(1000));
    await expect(
      EmbeddedDatabase.open({ path, tables: [], log: () => undefined }),
    ).rejects.toMatchObject({ code: 'STORE_UNREADABLE', reaction: 'StateCorrupt' });
  });
});
