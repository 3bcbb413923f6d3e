import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { type ColumnBatch, type TableSchema } from '../../streaming/index.js';
import { EmbeddedDatabase } from './database.js';
import { batchOf } from '../../../test/support/batch-of.js';

const first: TableSchema = { name: 'first', columns: [{ name: 'n', kind: 'bigint' }] };
const second: TableSchema = {
  name: 'second',
  columns: [
    { name: 'n', kind: 'bigint' },
    { name: 'raw', kind: 'blob' },
  ],
};

const MIB = 1048576;
const texts = [
  'Out of Memory Error: failed to pin block of size 256.0 KiB (31.7 MiB/32.0 MiB used)',
  'IO Error: Could not write file "store.duckdb.wal": Input/output error',
  'IO Error: Could not write file: No space left on device',
  'IO Error: Could not open file "store.duckdb.wal": Permission denied',
  'TransactionContext Error: Failed to commit: something of a later version',
  'FATAL Error: Failed: database has been invalidated because of a previous fatal error',
  'Transaction COMMIT succeeded and is durable, but the autocheckpoint failed. IO Error',
  'INTERNAL Error: Attempted to dereference unique_ptr that is NULL!',
];

/** Calls of DuckDB that a transaction over two tables makes, in the order they come. */
const calls = ['BEGIN', 'createAppender', 'append', 'flush', 'COMMIT; BEGIN'] as const;

/** Makes one call fail, before or behind its work; answers how to stop it. */
const failAt = (
  call: (typeof calls)[number],
  how: { nth: number; after: boolean; text: string },
) => {
  let seen = 0;
  const spies: jest.SpyInstance[] = [];
  const fail = (): never => {
    throw new Error(how.text);
  };
  const isDue = (): boolean => seen++ === how.nth;
  const wrapAsync = (name: 'run' | 'createAppender', is: (sql: string) => boolean): void => {
    const original = DuckDBConnection.prototype[name] as (...a: unknown[]) => Promise<unknown>;
    const spy = jest.spyOn(DuckDBConnection.prototype, name) as unknown as jest.SpyInstance;
    spies.push(spy);
    spy.mockImplementation(async function (this: DuckDBConnection, ...args: unknown[]) {
      if (!is(String(args[0])) || !isDue()) return original.apply(this, args);
      if (how.after) await original.apply(this, args);
      return fail();
    });
  };
  const wrapSync = (name: 'appendDataChunk' | 'flushSync'): void => {
    const original = DuckDBAppender.prototype[name] as (...a: unknown[]) => unknown;
    const spy = jest.spyOn(DuckDBAppender.prototype, name) as unknown as jest.SpyInstance;
    spies.push(spy);
    spy.mockImplementation(function (this: DuckDBAppender, ...args: unknown[]) {
      if (!isDue()) return original.apply(this, args);
      if (how.after) original.apply(this, args);
      return fail();
    });
  };
  if (call === 'append') wrapSync('appendDataChunk');
  else if (call === 'flush') wrapSync('flushSync');
  else if (call === 'createAppender') wrapAsync('createAppender', () => true);
  else wrapAsync('run', (sql) => sql === call);
  return { stop: () => spies.forEach((spy) => spy.mockRestore()), wasMet: () => seen > how.nth };
};

describe('a write that fails', () => {
  let directory: string;
  let database: EmbeddedDatabase;
  const lines: string[] = [];
  const path = (): string => join(directory, 'store.duckdb');
  const open = (memoryLimitBytes = 64 * MIB): Promise<EmbeddedDatabase> =>
    EmbeddedDatabase.open({
      path: path(),
      tables: [first, second],
      memoryLimitBytes,
      log: (line) => lines.push(line),
    });
  const both = (n: number): ColumnBatch[] => [
    batchOf(first, [[n]]),
    batchOf(second, [[n, Uint8Array.of(n % 256)]]),
  ];
  const stored = async (): Promise<number[]> => {
    const sql = (table: string): string => `SELECT n FROM ${table} ORDER BY n`;
    const [a, b] = await Promise.all(
      [first, second].map(({ name }) => database.own.query(sql(name))),
    );
    expect(b).toEqual(a);
    return a.map(({ n }) => Number(n));
  };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'overage-'));
    lines.length = 0;
    database = await open();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is whole or not at all, wherever it fails, and what follows goes on', async () => {
    let next = 0;
    const there = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...calls),
        fc.record({
          nth: fc.nat(1),
          after: fc.boolean(),
          text: fc.constantFrom(...texts),
        }),
        async (call, how) => {
          const n = next++;
          // a statement of its own ends what was begun ahead, so every call is met
          await database.execute('SELECT 1');
          const fault = failAt(call, how);
          const failed = await database.transaction(both(n)).then(
            () => false,
            () => true,
          );
          fault.stop();
          // BEGIN and COMMIT come once, the others once a table
          expect(failed).toBe(fault.wasMet());
          const isDurable = !failed || (call === 'COMMIT; BEGIN' && how.after);
          if (isDurable) there.add(n);
          expect(await stored()).toEqual([...there]);
          const behind = next++;
          await database.transaction(both(behind));
          there.add(behind);
          expect(await stored()).toEqual([...there]);
        },
      ),
      { numRuns: 60 },
    );
    await database.close();
    database = await open();
    expect(await stored()).toEqual([...there]);
  }, 60_000);

  it('never uses a session again whose commit failed', async () => {
    const connections = new Set<unknown>();
    const fault = failAt('COMMIT; BEGIN', { nth: 0, after: false, text: texts[0] });
    await expect(database.transaction(both(1))).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      reaction: 'Retry',
    });
    fault.stop();
    const original = DuckDBConnection.prototype.run;
    const failedOn = jest.spyOn(DuckDBConnection.prototype, 'run');
    failedOn.mockImplementation(function (this: DuckDBConnection, ...args) {
      connections.add(this);
      return original.apply(this, args);
    });
    await database.transaction(both(2));
    // nothing is rolled back, folded in or read on the session that failed: it is only closed
    expect(failedOn.mock.calls.map(([sql]) => sql)).toEqual([
      'PRAGMA disable_checkpoint_on_shutdown',
      'BEGIN',
      'COMMIT; BEGIN',
    ]);
    expect(connections.size).toBe(1);
    expect(await stored()).toEqual([2]);
  });

  it('writes nothing into the file when a session that failed is closed', async () => {
    await database.transaction(both(1));
    const fault = failAt('COMMIT; BEGIN', { nth: 0, after: false, text: texts[0] });
    await expect(database.transaction(both(2))).rejects.toBeDefined();
    fault.stop();
    await database.close();
    database = await open();
    expect(await stored()).toEqual([1]);
  });

  it.each(['', '.wal'])('stops when the file "store.duckdb%s" is removed', async (suffix) => {
    await database.transaction(both(1));
    const faults: unknown[] = [];
    database.onDamage((fault) => faults.push(fault));
    renameSync(path() + suffix, join(directory, 'taken-away'));
    const gone = {
      code: 'STORE_REMOVED',
      reaction: 'StateCorrupt',
      facts: { path: path() + suffix },
    };
    await expect(database.transaction(both(2))).rejects.toMatchObject(gone);
    await expect(database.transaction(both(3))).rejects.toMatchObject(gone);
    expect(faults).toHaveLength(1);
    renameSync(join(directory, 'taken-away'), path() + suffix);
    await database.close();
    database = await open();
    expect(await stored()).toEqual([1]);
  });

  it('loses nothing with too little memory: it is there whole or not at all', async () => {
    await database.close();
    database = await open(12 * MIB);
    const resolved = new Set<number>();
    const rejected = new Set<number>();
    const ofNumber = (n: number): ColumnBatch[] => {
      const raws = Array.from({ length: 20 }, () => [n, randomBytes(60_000)]);
      return [
        batchOf(
          first,
          raws.map(() => [n]),
        ),
        batchOf(second, raws),
      ];
    };
    const asking = { stopped: false, answers: 0, refusals: [] as unknown[] };
    const ask = async (): Promise<void> => {
      while (!asking.stopped) {
        await database.query('SELECT n, raw FROM second ORDER BY raw DESC LIMIT 50').then(
          () => asking.answers++,
          (error: { reaction?: string }) => asking.refusals.push(error.reaction),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const asked = ask();
    for (let n = 0; resolved.size < 30; n++) {
      await database.transaction(ofNumber(n)).then(
        () => resolved.add(n),
        () => rejected.add(n),
      );
    }
    asking.stopped = true;
    await asked;
    expect(rejected.size).toBeGreaterThan(0);
    expect(new Set(asking.refusals)).toEqual(new Set(['Retry']));
    await database.close();
    database = await open();
    for (const { name } of [first, second]) {
      const rows = await database.own.query(
        `SELECT n, count(*) AS c FROM ${name} GROUP BY n ORDER BY n`,
      );
      expect(rows.every(({ c }) => c === 20)).toBe(true);
      const numbers = rows.map(({ n }) => Number(n));
      expect([...resolved].filter((n) => !numbers.includes(n))).toEqual([]);
      expect(numbers.filter((n) => !resolved.has(n) && !rejected.has(n))).toEqual([]);
    }
  }, 60_000);
});
