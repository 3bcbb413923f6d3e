import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type TableSchema } from '../../streaming/index.js';
import { EmbeddedDatabase } from './database.js';
import { keepLogCopies } from './log-copies.js';
import { entryEnd } from './wal-entries.js';
import { batchOf } from '../../../test/support/batch-of.js';

const rowTable: TableSchema = {
  name: 'row',
  columns: [
    { name: 'batch', kind: 'bigint' },
    { name: 'text', kind: 'text' },
  ],
};
const markTable: TableSchema = { name: 'mark', columns: [{ name: 'batch', kind: 'bigint' }] };
const ROWS = 300;
const BATCHES = 40;

/** What a power loss may leave behind the last synced byte. */
const tails: Record<string, (wal: Buffer, at: number) => Buffer> = {
  'cut off': (wal, at) => wal.subarray(0, at),
  zeroed: (wal, at) => Buffer.concat([wal.subarray(0, at), Buffer.alloc(wal.length - at)]),
  // Not in the last few bytes alone: that is no torn tail but damage (see wal-entries.spec.ts).
  'overwritten with garbage': (wal, at) => {
    const from = Math.min(at, wal.length - 8);
    const garbage = Buffer.from(wal.subarray(from)).map((byte, n) => byte ^ (31 + ((n * 7) % 200)));
    return Buffer.concat([wal.subarray(0, from), garbage]);
  },
  // A length of all ones is more than can be allocated: DuckDB then names no place.
  'overwritten with ones': (wal, at) => {
    const from = Math.min(at, wal.length - 8);
    return Buffer.concat([wal.subarray(0, from), Buffer.alloc(wal.length - from, 255)]);
  },
  'followed by ones': (wal, at) => Buffer.concat([wal, Buffer.alloc(1 + (at % 5000), 255)]),
  'followed by zeros': (wal, at) => Buffer.concat([wal, Buffer.alloc(1 + at)]),
  'followed by garbage': (wal, at) => Buffer.concat([wal, Buffer.alloc(9 + (at % 5000), at % 251)]),
};

/** The store as it lies on the disk after BATCHES commits, and how long the log was after each. */
interface Crashed {
  readonly file: string;
  readonly wal: Buffer;
  readonly acknowledgedAt: readonly number[];
}

const writeAndCopy = async (directory: string): Promise<Crashed> => {
  const path = join(directory, 'store.duckdb');
  const tables = [rowTable, markTable];
  const database = await EmbeddedDatabase.open({ path, tables, log: () => undefined });
  const acknowledgedAt: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const rows = Array.from({ length: ROWS }, (_, n) => [batch, `row ${n} of batch ${batch}`]);
    await database.transaction([batchOf(rowTable, rows), batchOf(markTable, [[batch]])]);
    acknowledgedAt.push(statSync(`${path}.wal`).size);
  }
  const file = join(directory, 'copy.duckdb');
  copyFileSync(path, file); // while it is open: as a killed process leaves it
  const wal = readFileSync(`${path}.wal`);
  await database.close();
  return { file, wal, acknowledgedAt };
};

describe('a write-ahead log with a torn tail', () => {
  let directory: string;
  let crashed: Crashed;
  let runs = 0;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'overage-'));
    crashed = await writeAndCopy(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const reopen = async (wal: Buffer) => {
    const own = join(directory, `run-${runs++}`);
    mkdirSync(own);
    const path = join(own, 'store.duckdb');
    copyFileSync(crashed.file, path);
    writeFileSync(`${path}.wal`, wal);
    const lines: string[] = [];
    const options = { path, tables: [rowTable, markTable], log: (l: string) => lines.push(l) };
    const database = await EmbeddedDatabase.open(options);
    const rows = await database.query(
      `SELECT m.batch, (SELECT count(*) FROM "row" r WHERE r.batch = m.batch) AS n
         FROM mark m ORDER BY 1`,
    );
    const [{ total }] = await database.query('SELECT count(*) AS total FROM "row"');
    return { own, database, rows, total, lines };
  };

  it.each(Object.keys(tails))(
    'opens with every acknowledged transaction whole when %s',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(crashed.wal.length - 1), async (at) => {
          const { own, database, rows, total } = await reopen(tails[name](crashed.wal, at));
          const appended = name.startsWith('followed');
          const intact = appended ? crashed.wal.length : Math.min(at, crashed.wal.length - 8);
          const safe = crashed.acknowledgedAt.filter((end) => end <= intact).length;
          expect(rows.length).toBeGreaterThanOrEqual(safe);
          expect(rows).toEqual(rows.map((_, batch) => ({ batch, n: ROWS })));
          expect(total).toBe(rows.length * ROWS);
          await database.transaction([batchOf(markTable, [[999]])]);
          await database.close();
          rmSync(own, { recursive: true });
        }),
        { numRuns: 14, examples: [[0], [1], [6], [8], [15], [24], [crashed.wal.length - 1]] },
      );
    },
  );

  it('keeps a copy of a damaged log beside it and tells what was cut', async () => {
    const wal = tails.zeroed(crashed.wal, crashed.acknowledgedAt[30] + 5);
    const { own, database, rows, lines } = await reopen(wal);
    await database.close();
    expect(rows).toHaveLength(31);
    const copies = readdirSync(own).filter((name) => name.includes('damaged'));
    expect(copies).toEqual(['store.duckdb.wal.damaged-1']);
    expect(readFileSync(join(own, copies[0])).equals(wal)).toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`cut at byte ${crashed.acknowledgedAt[30]}`);
  });

  const copy = 'store.duckdb.wal.before-start';

  it.each([
    ['inside the head of an entry', (at: number) => at + 5],
    ['inside an entry', (at: number) => at + 20],
    ['between the entries of a transaction', (at: number) => entryEnd(crashed.wal, at) as number],
    ['one byte before its end', () => crashed.acknowledgedAt[11] - 1],
  ])('says what was cut of a log that ends %s, and keeps one copy', async (_, cut) => {
    const whole = crashed.acknowledgedAt[10];
    const wal = crashed.wal.subarray(0, cut(whole));
    const { own, database, rows, lines } = await reopen(wal);
    await database.close();
    expect(rows).toHaveLength(11);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`cut at byte ${whole}`);
    expect(readFileSync(join(own, copy)).equals(wal)).toBe(true);
    expect(readdirSync(own).some((name) => name.includes('damaged'))).toBe(false);
  });

  it('keeps a copy of a whole log without a word, for good when it is asked to', async () => {
    const { own, database, lines } = await reopen(crashed.wal);
    expect(readFileSync(join(own, copy)).equals(crashed.wal)).toBe(true);
    await database.close();
    expect(lines).toEqual([]);
    const path = join(own, 'store.duckdb');
    expect(keepLogCopies(path)).toBe(`${path}.wal.damaged-1`);
    expect(keepLogCopies(path)).toBeUndefined();
  });

  it('keeps no copy of an earlier start: what is missing now is not in it', async () => {
    const { own, database } = await reopen(crashed.wal);
    await database.close();
    const path = join(own, 'store.duckdb');
    const options = { path, tables: [rowTable, markTable], log: () => undefined };
    await (await EmbeddedDatabase.open(options)).close();
    expect(readdirSync(own).filter((name) => name.includes('wal'))).toEqual([]);
    expect(keepLogCopies(path)).toBeUndefined();
  });

  it('is kept, and the store not opened, when the file is not there', async () => {
    const path = join(directory, 'alone.duckdb');
    writeFileSync(`${path}.wal`, crashed.wal);
    const options = { path, tables: [rowTable, markTable], log: () => undefined };
    await expect(EmbeddedDatabase.open(options)).rejects.toMatchObject({
      code: 'STORE_FILE_MISSING',
      reaction: 'StateCorrupt',
    });
    expect(readFileSync(`${path}.wal`).equals(crashed.wal)).toBe(true);
    expect(readdirSync(directory).filter((name) => name.startsWith('alone'))).toEqual([
      'alone.duckdb.wal',
    ]);
  });
});
