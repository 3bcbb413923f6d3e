import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageRecordRows, type RecordPages } from '../../ingest/index.js';
import { EmbeddedDatabase } from '../../platform/embedded/index.js';
import { parseUuid } from '../../values/index.js';
import type { DataRecordRow } from '../data-record-store.js';
import { EmbeddedDataRecordStore } from './embedded-data-record-store.js';
import { falling } from './row-order.js';
import { batchOf } from '../../../test/support/batch-of.js';

const uuid = (n: number): string => `${n}0000000-0000-4000-8000-00000000000${n}`;
const wordsOf = (id: string): Uint32Array => parseUuid(id) as Uint32Array;
const range = { msisdn: 48, startMs: 0, endMs: 10 };

const rows = [0, 1, 1, 1, 2, 2, 9, 10].flatMap((recordedAtMs, n) =>
  [n, n + 100].map((version) => ({ recordedAtMs, recordId: uuid((n * 5) % 9), version })),
);

let directory: string;
let database: EmbeddedDatabase;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'overage-rows-'));
  const path = join(directory, 'overage.duckdb');
  database = await EmbeddedDatabase.open({
    path,
    tables: [UsageRecordRows.schema],
    log: () => undefined,
  });
  const values = [...rows]
    .sort((a, b) => a.version - b.version)
    .map(({ recordedAtMs, recordId, version }) => [
      ...[48, recordedAtMs, wordsOf(recordId), version, wordsOf(uuid(7)), 5, 0, 0, 0],
    ]);
  await database.transaction([batchOf(UsageRecordRows.schema, values)]);
});

afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});

const behind: RecordPages = {
  isUsable: false,
  page: () => {
    throw new Error('not to be asked');
  },
  damaged: () => undefined,
};

const allPages = async (store: EmbeddedDataRecordStore, limit: number) => {
  const found: DataRecordRow[] = [];
  for (;;) {
    const page = await store.page(range, { before: found.at(-1), limit });
    found.push(...page);
    if (page.length < limit) return found;
  }
};

const expected = rows.filter(({ recordedAtMs }) => recordedAtMs < 10).sort(falling);

test('while the index is behind, pages come from the table, in order, each row once', async () => {
  const store = new EmbeddedDataRecordStore(database, behind);
  for (let limit = 1; limit < 17; limit++) {
    const found = await allPages(store, limit);
    expect(found).toMatchObject(expected);
    expect(found).toHaveLength(expected.length);
  }
});

test('a part of the index that cannot be read is told, and the table answers', async () => {
  const told: unknown[] = [];
  const fault = new Error('damaged');
  const broken = {
    isUsable: true,
    page: () => {
      throw fault;
    },
    damaged: (error: unknown) => void told.push(error),
  };
  const store = new EmbeddedDataRecordStore(database, broken);
  expect(await store.page(range, { before: undefined, limit: 100 })).toMatchObject(expected);
  expect(told).toEqual([fault]);
});

test('finds the newest version of a record, and nothing that is not there', async () => {
  const store = new EmbeddedDataRecordStore(database, behind);
  const identity = { msisdn: 48, recordedAtMs: 9, recordId: uuid(3) };
  expect(await store.find(identity)).toMatchObject({ version: 106 });
  expect(await store.find({ ...identity, recordId: uuid(8) })).toBeUndefined();
});
