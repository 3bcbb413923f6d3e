import { join } from 'node:path';
import { embeddedRecordRowStore } from '../../src/ingest/adapters/embedded-record-row-store.js';
import { embeddedRecordTable } from '../../src/ingest/adapters/embedded-record-table.js';
import { RecordIndex } from '../../src/ingest/adapters/record-index/record-index.js';
import { inlineRunBuilder } from '../../src/ingest/adapters/record-index/run-builders.js';
import { UsageRecordRows } from '../../src/ingest/index.js';
import { EmbeddedDatabase } from '../../src/platform/embedded/index.js';
import { newDirectory, removeDirectory } from './embedded-setup.js';
import { recordRowsContract, type RecordRowsUnderTest } from './record-rows.contract.js';

const directory = newDirectory();
let database: EmbeddedDatabase;
let index: RecordIndex;
let end = 0;
let firstMsisdn = 48_000_000_000;

beforeAll(async () => {
  const path = join(directory, 'overage.duckdb');
  const log = (): void => undefined;
  database = await EmbeddedDatabase.open({ path, tables: [UsageRecordRows.schema], log });
  index = await RecordIndex.open({
    ...{ directory: join(directory, 'index'), storeId: database.storeId, log },
    ...{ table: embeddedRecordTable(database.own), newBuilder: inlineRunBuilder },
    ...{ pause: () => Promise.resolve(), chunkRows: 64, fanOut: 3 },
  });
});
afterAll(async () => {
  await index.close();
  await database.close();
  removeDirectory(directory);
});

/** All tests write into one store, whose versions go on: the contract's begin at 0. */
const open = (isIndexed: boolean): Promise<RecordRowsUnderTest> => {
  const from = end;
  firstMsisdn += 1000;
  const store = embeddedRecordRowStore(database, isIndexed ? index : undefined);
  return Promise.resolve({
    firstMsisdn,
    rows: {
      find: async (wanted, before) => {
        const found = await store.find(wanted, from + before);
        for (let row = 0; row < found.length; row++) found.versions[row] -= from;
        return found;
      },
    },
    write: async (rows) => {
      for (let row = 0; row < rows.length; row++) rows.versions[row] += from;
      await database.transaction([rows]);
      index.add(rows);
      await index.room();
      if (rows.length > 0) end = rows.versions[rows.length - 1] + 1;
    },
    dispose: () => Promise.resolve(),
  });
};

describe('rows a step asks for, out of the index', () => {
  recordRowsContract(() => open(true), 150);
  test('the index was asked', () => expect(index.isUsable).toBe(true));
});

describe('rows a step asks for, out of the table', () => recordRowsContract(() => open(false), 60));
