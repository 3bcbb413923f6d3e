import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type TableSchema } from '../../streaming/index.js';
import { EmbeddedDatabase } from './database.js';
import { entryEnd, inspectWal } from './wal-entries.js';
import { batchOf } from '../../../test/support/batch-of.js';

const table: TableSchema = {
  name: 'row',
  columns: [
    { name: 'n', kind: 'bigint' },
    { name: 'text', kind: 'text' },
    { name: 'raw', kind: 'blob' },
  ],
};
const COMMITS = 12;

describe('a write-ahead log whose bits are not what was written', () => {
  let directory: string;
  let wal: Buffer;
  const committedAt: number[] = [];
  const path = (): string => join(directory, 'store.duckdb');
  const copy = (): string => join(directory, 'copy.duckdb');
  const open = (at: string): Promise<EmbeddedDatabase> =>
    EmbeddedDatabase.open({ path: at, tables: [table], log: () => undefined });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'overage-'));
    const database = await open(path());
    for (let n = 0; n < COMMITS; n++) {
      // of every size: one row up to several vectors, zeros, and what looks like an entry
      const rows = Array.from({ length: [1, 7, 300, 2500][n % 4] }, (_, at) => [
        at % 3 === 0 ? 0 : n,
        `d\0\u001ad\0\u0064${n}`,
        at % 2 === 0 ? new Uint8Array(40) : randomBytes(40),
      ]);
      await database.transaction([batchOf(table, rows)]);
      committedAt.push(readFileSync(`${path()}.wal`).length);
    }
    copyFileSync(path(), copy());
    wal = readFileSync(`${path()}.wal`);
    await database.close();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** The places where entries begin. */
  const entries = (): number[] => {
    const starts: number[] = [];
    for (let at = 8; at < wal.length; at = entryEnd(wal, at) as number) starts.push(at);
    return starts;
  };

  it('is whole as the DuckDB in use writes it, and at the end of each transaction', () => {
    expect(inspectWal(wal)).toEqual({ kind: 'whole' });
    for (const at of committedAt) expect(inspectWal(wal.subarray(0, at)).kind).toBe('whole');
  });

  it('is damaged wherever one bit is flipped, so that nothing acknowledged is cut off', () => {
    const heads = entries().flatMap((at) => Array.from({ length: 19 }, (_, byte) => at + byte));
    const last = Array.from({ length: 40 }, (_, byte) => wal.length - 1 - byte);
    const places = fc.oneof(
      fc.nat(wal.length - 1),
      fc.constantFrom(...heads, ...last, ...Array.from({ length: 8 }, (_, byte) => byte)),
    );
    fc.assert(
      fc.property(places, fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(wal);
        flipped[at] ^= 1 << bit;
        const before = committedAt.filter((end) => end <= at).at(-1) ?? (at < 8 ? 0 : 8);
        expect(inspectWal(flipped)).toMatchObject({ kind: 'damaged', at: before });
      }),
      { numRuns: 300 },
    );
  });

  it('is damaged too when a piece of it is overwritten in front of a whole entry', () => {
    const [from, to] = [8, committedAt[COMMITS - 2]];
    fc.assert(
      fc.property(fc.integer({ min: from, max: to - 1 }), fc.nat(9000), (at, length) => {
        const overwritten = Buffer.from(wal);
        const end = Math.min(at + 1 + length, to);
        randomBytes(end - at).copy(overwritten, at);
        if (overwritten.equals(wal)) return;
        expect(inspectWal(overwritten).kind).toBe('damaged');
      }),
      { numRuns: 100 },
    );
  });

  it('is not opened, and stays as it is for a person to decide', async () => {
    const flipped = Buffer.from(wal);
    flipped[committedAt[4] + 9] ^= 4;
    const log = `${copy()}.wal`;
    writeFileSync(log, flipped);
    await expect(open(copy())).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      reaction: 'StateCorrupt',
      facts: { path: log, byte: committedAt[4], transactionsBehind: COMMITS - 5 },
    });
    expect(readFileSync(log).equals(flipped)).toBe(true);
    expect(existsSync(`${log}.damaged-1`)).toBe(false);
  });
});
