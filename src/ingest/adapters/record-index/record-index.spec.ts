import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { nextTurn } from '../../../platform/pause.js';
import type { RecordPlace, RecordRange } from '../../record-pages.js';
import { DataRecordRows } from '../../domain/data-record-rows.js';
import { embeddedRecordRowStore } from '../embedded-record-row-store.js';
import { UsageRecordRows } from '../../domain/tables.js';
import { RecordIndex, type RecordTable } from './record-index.js';
import { inlineRunBuilder, type RunBuilder } from './run-builders.js';

interface Row {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly id: number;
  readonly version: number;
  readonly bytes: number;
}

const columnsOf = (rows: readonly Row[]): UsageRecordRows => {
  const columns = new UsageRecordRows(Math.max(rows.length, 1));
  rows.forEach((row, at) => {
    columns.msisdns[at] = row.msisdn;
    columns.recordedAtMs[at] = row.recordedAtMs;
    columns.recordIds.set([row.id, 1, 2, row.id], at * 4);
    columns.versions[at] = row.version;
    columns.agreementIds.set([row.msisdn % 7, 0, 0, row.version % 3], at * 4);
    columns.recordedBytes[at] = row.bytes;
    columns.statuses[at] = row.version % 3;
    columns.fileIds[at] = row.version % 5;
    columns.lineNos[at] = row.version;
  });
  columns.length = rows.length;
  return columns;
};

const textsOf = (rows: UsageRecordRows): string[] =>
  Array.from({ length: rows.length }, (_, at) =>
    [
      ...[rows.msisdns[at], rows.recordedAtMs[at], ...rows.recordIds.slice(at * 4, at * 4 + 4)],
      ...[rows.versions[at], ...rows.agreementIds.slice(at * 4, at * 4 + 4)],
      ...[rows.recordedBytes[at], rows.statuses[at], rows.fileIds[at], rows.lineNos[at]],
    ].join(),
  );

const fallingOf = (a: Row, b: Row): number =>
  b.recordedAtMs - a.recordedAtMs || b.id - a.id || b.version - a.version;

const inRange = (rows: readonly Row[], { msisdn, startMs, endMs }: RecordRange): string[] => {
  const isIn = (row: Row): boolean =>
    row.msisdn === msisdn && row.recordedAtMs >= startMs && row.recordedAtMs < endMs;
  return textsOf(columnsOf(rows.filter(isIn).sort(fallingOf)));
};

/** What is stored, and how often all of it was read. */
class StoredRows implements RecordTable {
  readonly rows: Row[] = [];
  reads = 0;
  end = () => Promise.resolve((this.rows.at(-1)?.version ?? -1) + 1);
  count = (below: number) =>
    Promise.resolve(this.rows.filter(({ version }) => version < below).length);
  between = (from: number, to: number) => {
    this.reads++;
    const some = this.rows.filter(({ version }) => version >= from && version < to);
    return Promise.resolve(columnsOf(some));
  };
}

class IndexInTest {
  readonly directory = mkdtempSync(join(tmpdir(), 'overage-index-'));
  readonly stored = new StoredRows();
  readonly lines: string[] = [];
  index!: RecordIndex;

  async open(newBuilder: () => RunBuilder = inlineRunBuilder): Promise<RecordIndex> {
    this.index = await RecordIndex.open({
      ...{ directory: this.directory, storeId: 's', table: this.stored, newBuilder },
      ...{ pause: () => Promise.resolve(), log: (line) => this.lines.push(line) },
      ...{ chunkRows: 8, fanOut: 3 },
    });
    return this.index;
  }

  async commit(rows: readonly Row[]): Promise<void> {
    this.stored.rows.push(...rows);
    this.index.add(columnsOf(rows));
    await this.index.room();
  }

  pages(range: RecordRange, limit: number): string[] {
    const all: string[] = [];
    let before: RecordPlace | undefined;
    for (;;) {
      const page = this.index.page(range, { before, limit });
      all.push(...textsOf(page));
      if (page.length < limit) return all;
      const last = page.length - 1;
      before = {
        recordedAtMs: page.recordedAtMs[last],
        recordId: page.recordIds.slice(last * 4, last * 4 + 4),
        version: page.versions[last],
      };
    }
  }

  at(msisdn: number, recordedAtMs: number): string[] {
    const found = new UsageRecordRows();
    this.index.at(msisdn, recordedAtMs, (rows, at) => found.copyRow(rows, at));
    return textsOf(found).sort();
  }

  async dispose(): Promise<void> {
    await this.index.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const largest = Number.MAX_SAFE_INTEGER;

/** Few subscribers and times, so that many rows share them; numbers from end to end. */
const aRow = fc.record({
  msisdn: fc.constantFrom(1, 2, 48_917_846_822, 999_999_999_999_999),
  recordedAtMs: fc.oneof(fc.nat(20), fc.constantFrom(-62_135_596_800_000, 253_370_764_800_000)),
  id: fc.nat(3),
  bytes: fc.oneof(fc.nat(5), fc.constantFrom(2 ** 32, 2 ** 47, largest)),
  step: fc.constantFrom(0, 1, 1, 3), // 0: a further row of the same event
});

const commits = fc.array(fc.array(aRow, { minLength: 1, maxLength: 20 }), { maxLength: 30 });

/** Versions rise from commit to commit; no two rows of one event are the same record. */
const numbered = (all: { step: number; msisdn: number; recordedAtMs: number; id: number }[][]) => {
  let version = 0;
  return all.map((rows) => {
    version++;
    const seen = new Set<string>();
    return rows.flatMap(({ step, ...row }) => {
      if (step > 0) seen.clear();
      version += step;
      const name = `${row.msisdn}/${row.recordedAtMs}/${row.id}`;
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ ...row, version } as Row];
    });
  });
};

const ranges = [1, 48_917_846_822, 999_999_999_999_999].flatMap((msisdn) => [
  { msisdn, startMs: -Infinity, endMs: Infinity },
  { msisdn, startMs: 3, endMs: 12 },
]);

test('answers the rows of the table, however they were committed and whenever it was opened', () =>
  fc.assert(
    fc.asyncProperty(
      commits,
      fc.nat(30),
      fc.integer({ min: 1, max: 9 }),
      async (all, cut, limit) => {
        const test = new IndexInTest();
        await test.open();
        for (const [at, rows] of numbered(all).entries()) {
          await test.commit(rows);
          if (at !== cut) continue;
          await test.index.close();
          await test.open();
        }
        for (const range of ranges) {
          expect(test.pages(range, limit)).toEqual(inRange(test.stored.rows, range));
        }
        for (const { msisdn, recordedAtMs } of test.stored.rows) {
          const range = { msisdn, startMs: recordedAtMs, endMs: recordedAtMs + 1 };
          expect(test.at(msisdn, recordedAtMs)).toEqual(inRange(test.stored.rows, range).sort());
        }
        expect(test.lines).toEqual([]);
        await test.dispose();
      },
    ),
    { numRuns: 60 },
  ));

const row = (version: number, msisdn = version % 5): Row => ({
  ...{ version, msisdn, recordedAtMs: version, id: version, bytes: version },
});

const rowsOf = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, n) => row(from + n));

const everything = { msisdn: 3, startMs: -Infinity, endMs: Infinity };

const filled = async (): Promise<IndexInTest> => {
  const test = new IndexInTest();
  await test.open();
  for (let from = 0; from < 100; from += 4) await test.commit(rowsOf(from, 4));
  return test;
};

test('keeps few files, however many rows there are', async () => {
  const test = await filled();
  expect(readdirSync(test.directory).length).toBeLessThanOrEqual(2 * 3);
  await test.dispose();
});

test('reads only what is missing when it is opened again', async () => {
  const test = await filled();
  await test.index.close();
  test.stored.reads = 0;
  await test.open();
  expect(test.stored.reads).toBe(1);
  expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
  await test.dispose();
});

test('a damaged part is never answered: it is made anew, and told', async () => {
  const test = await filled();
  for (const name of readdirSync(test.directory)) {
    const path = join(test.directory, name);
    const bytes = readFileSync(path);
    bytes[12] ^= 1;
    writeFileSync(path, bytes);
  }
  expect(() => test.pages(everything, 7)).toThrow(/is damaged at byte/);
  test.index.damaged(new Error('damaged'));
  expect(test.index.isUsable).toBe(false);
  while (!test.index.isUsable) await nextTurn();
  expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
  expect(test.lines[0]).toBe('index of rows: damaged; it is made anew');
  await test.dispose();
});

test.each([0, 100, 700])(
  'a file that is cut off at %d is read from the table again',
  async (size) => {
    const test = await filled();
    await test.index.close();
    const [name] = readdirSync(test.directory);
    const path = join(test.directory, name);
    writeFileSync(path, readFileSync(path).subarray(0, size));
    await test.open();
    expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
    expect(test.lines.join()).toMatch(/read from the store again/);
    await test.dispose();
  },
);

test('an older store that was put back gets an index of its own', async () => {
  const test = await filled();
  await test.index.close();
  test.stored.rows.splice(20);
  await test.open();
  expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
  expect(test.lines.join()).toMatch(/of another history/);
  await test.dispose();
});

test('after a commit in doubt it asks the table, and is not used meanwhile', async () => {
  const test = await filled();
  test.stored.rows.push(...rowsOf(100, 3)); // durable, but nobody was told
  test.index.doubt();
  expect(test.index.isUsable).toBe(false);
  await test.commit(rowsOf(103, 3));
  while (!test.index.isUsable) await nextTurn();
  expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
  await test.dispose();
});

test('when nothing can be written it is told, reading goes on, and it is tried again', async () => {
  const test = new IndexInTest();
  let full = true;
  const failing = (): RunBuilder => {
    const { run, close } = inlineRunBuilder();
    return {
      run: (order) => (full ? Promise.reject(new Error('disk is full')) : run(order)),
      close,
    };
  };
  await test.open(failing);
  for (let from = 0; from < 40; from += 4) await test.commit(rowsOf(from, 4));
  expect(test.lines[0]).toMatch(/could not be written, reading is slow now: disk is full/);
  full = false;
  while (!test.index.isUsable) await nextTurn();
  expect(test.pages(everything, 7)).toEqual(inRange(test.stored.rows, everything));
  await test.dispose();
});

test('a look-up during which it lost rows is made anew from the table', async () => {
  const test = new IndexInTest();
  await test.open();
  const waiting = Array.from({ length: 5_000 }, (_, at): Row => {
    return { msisdn: 1, recordedAtMs: at, id: at, version: 3 * at + 2, bytes: 1 };
  });
  await test.commit(waiting);
  const asked: string[] = [];
  const database = {
    query: () => Promise.reject(new Error('not asked in this test')),
    queryColumns: (sql: string) => {
      asked.push(sql);
      return Promise.resolve(new DataRecordRows(0));
    },
  };
  const store = embeddedRecordRowStore({ own: database }, test.index);
  const wanted = { msisdns: [], recordedAtMs: [], waitingOf: [1] };
  expect(await store.find(wanted, Infinity)).toHaveLength(waiting.length);
  const found = store.find(wanted, Infinity); // after 2,048 rows it is the turn of others
  test.index.doubt();
  await found;
  expect(asked).toHaveLength(1);
  await test.dispose();
});
