import fc from 'fast-check';
import { types } from 'cassandra-driver';
import { cassandraRecordRowStore } from '../../src/ingest/adapters/cassandra-record-row-store.js';
import { CassandraUsageWriter } from '../../src/ingest/adapters/cassandra-usage-writer.js';
import { recordStatuses, StepOutput, type DataRecordRow } from '../../src/ingest/index.js';
import { shardOf } from '../../src/platform/cassandra/index.js';
import { Fault, type Effects } from '../../src/streaming/index.js';
import { parseUuid, uuidText } from '../../src/values/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { KeyspaceInTest } from './support/keyspace-in-test.js';

jest.setTimeout(180_000);

const shards = 6;
const partition = 1;
const day = 86_400_000;
const words = (n: number): Uint32Array => Uint32Array.of(n, 7, 0x80000000, 0xffffffff - n);

let keyspace: KeyspaceInTest;
let file = 100;
let subscriber = 48_000_000_000;

beforeAll(async () => {
  if (testOnServers === test) keyspace = await KeyspaceInTest.open({ shards, partitions: 3 });
});

afterAll(() => keyspace?.close());

beforeEach(() => {
  file++;
  subscriber++;
});

const newWriter = (offset = 0, cursor = 0): CassandraUsageWriter => {
  const writer = new CassandraUsageWriter(keyspace.session, { partition, shards });
  writer.startAt({ offset, cursor });
  return writer;
};

const rowStore = () => cassandraRecordRowStore(keyspace.session, { shards });

const record = (fields: Partial<DataRecordRow> = {}): DataRecordRow => ({
  ...{ msisdn: subscriber, recordedAtMs: 20_000 * day, recordIds: words(1), recordIdAt: 0 },
  ...{ version: 5, agreementIds: words(9), agreementIdAt: 0, recordedBytes: 100, status: 0 },
  ...{ fileId: file, lineNo: 1 },
  ...fields,
});

const effectsOf = (output: StepOutput, messages: Effects['messages'] = []): Effects => ({
  rows: output.rows(),
  messages,
});

const ofRecords = (...records: readonly DataRecordRow[]): Effects => {
  const output = new StepOutput(1);
  for (const one of records) output.records.push(one);
  return effectsOf(output);
};

const bookOf = (counted: number, late = 0): Effects => {
  const output = new StepOutput(1);
  output.book(file, 'counted', counted);
  output.book(file, 'late', late);
  return effectsOf(output);
};

const stored = (columns: string, ...[table, where, ...values]: [string, string, ...unknown[]]) =>
  keyspace.rows(`SELECT ${columns} FROM ${table} WHERE ${where}`, values);

const countsOf = async (fileId: number): Promise<[version: number, counted: number][]> =>
  (await stored('version, counted', 'import_file_count', 'file_id = ?', fileId)).map((row) => [
    Number(row.version),
    Number(row.counted),
  ]);

describe(chapterOnServers('the writer of what a step causes'), () => {
  testOnServers.each([
    ['the largest numbers', { msisdn: 999_999_999_999_999, recordedBytes: 2 ** 53 - 1 }],
    ['a version beyond 32 bits', { version: 2 ** 40 + 1 }],
    ['a time before 1970', { recordedAtMs: -1 }],
    ['the last moment of a day', { recordedAtMs: 20_001 * day - 1 }],
    ['a late record without a file', { status: 1, fileId: 0, lineNo: 0 }],
  ])('a row is in the table as it was: %s', async (_, fields) => {
    const row = record(fields);
    await newWriter().write(ofRecords(row), { offset: row.version + 1, cursor: 0 });
    const utcDay = new Date(row.recordedAtMs).toISOString().slice(0, 10);
    const key = [shardOf(row.msisdn, shards), utcDay, types.Long.fromNumber(row.msisdn)];
    const found = await stored('*', 'usage_record', 'shard = ? AND day = ? AND msisdn = ?', ...key);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ status: recordStatuses[row.status], file_id: row.fileId });
    expect(String(found[0].agreement_id)).toBe(uuidText(words(9)));
    expect(String(found[0].record_id)).toBe(uuidText(words(1)));
    const numbers = [found[0].recorded_at, found[0].version, found[0].recorded_bytes].map(Number);
    expect(numbers).toEqual([row.recordedAtMs, row.version, row.recordedBytes]);
  });

  testOnServers('a large step over many days and shards loses no row', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) =>
      record({
        msisdn: subscriber + (n % 50) * 1_000_000,
        recordedAtMs: (20_000 + (n % 7)) * day + n,
        recordIds: words(n),
        version: n,
      }),
    );
    await newWriter().write(ofRecords(...rows), { offset: 5_000, cursor: 0 });
    const found = await rowStore().find(
      {
        msisdns: rows.map(({ msisdn }) => msisdn),
        recordedAtMs: rows.map(({ recordedAtMs }) => recordedAtMs),
        waitingOf: [],
      },
      5_000,
    );
    const versions = [...found.versions.subarray(0, found.length)].sort((a, b) => a - b);
    expect(versions).toEqual(rows.map(({ version }) => version));
  });

  testOnServers('an agreement is found by id, by MSISDN and by version', async () => {
    const output = new StepOutput(1);
    const id = words(subscriber % 1_000_000);
    output.addAgreement({
      agreement: {
        ...{ id: uuidText(id), msisdn: subscriber, signedAtMs: 1, serviceStartAtMs: 2 },
        ...{ billingPeriodTimeZone: 'Europe/Warsaw', maxBytesInBillingPeriod: 2 ** 53 - 1 },
      },
      version: 65_536 + 3,
    });
    await newWriter().write(effectsOf(output), { offset: 70_000, cursor: 0 });
    const text = uuidText(id);
    const [byId] = await stored('*', 'agreement', 'id = ?', text);
    expect(Number(byId.max_bytes_in_billing_period)).toBe(2 ** 53 - 1);
    expect(byId).toMatchObject({ billing_period_time_zone: 'Europe/Warsaw', log_partition: 1 });
    const number = types.Long.fromNumber(subscriber);
    expect(await stored('id', 'agreement_by_msisdn', 'msisdn = ?', number)).toHaveLength(1);
    const bucket = 'log_partition = 1 AND bucket = 1 AND version = 65539';
    const [byVersion] = await stored('id', 'agreement_by_version', bucket);
    expect(String(byVersion.id)).toBe(text);
  });

  testOnServers(
    'a dead letter stands under its file and line, or else under its offset',
    async () => {
      const output = new StepOutput(1);
      const raw = Uint8Array.of(0, 255, 10);
      const why = { code: 'CONFLICTING_RECORD', message: 'ż' };
      output.refuse({ ...why, offset: 8, fileId: file, lineNo: 70_000, raw });
      output.refuse({ ...why, offset: 200_000, fileId: 0, lineNo: 0, raw: new Uint8Array(0) });
      await newWriter().write(effectsOf(output), { offset: 200_001, cursor: 0 });
      const key = 'file_id = ? AND log_partition = ? AND bucket = ?';
      const [ofFile] = await stored('*', 'dead_letter', key, file, 0, 1);
      expect(ofFile).toMatchObject({ line_no: 70_000, ...why, raw: Buffer.from(raw) });
      const [other] = await stored('*', 'dead_letter', key, 0, partition, 3);
      expect(other).toMatchObject({ line_no: 0, ...why });
      expect(Number(other.offset)).toBe(200_000);
    },
  );

  testOnServers('a message is found by its key', async () => {
    const message = {
      key: `agreement ${file}`,
      timestampMs: 1_580_511_599_999,
      headers: { id: uuidText(words(3)), type: 'DATA_PLAN_EXCEEDED', revision: '2' },
      value: '{"totalRecordedBytes":5697948758}',
    };
    const effects = effectsOf(new StepOutput(1), [message]);
    await newWriter().write(effects, { offset: 1, cursor: 0 });
    const [found] = await stored('*', 'message', 'key = ?', message.key);
    expect(found).toMatchObject({ revision: 2, type: message.headers.type, value: message.value });
    expect(Number(found.timestamp)).toBe(message.timestampMs);
    expect(String(found.id)).toBe(message.headers.id);
  });

  testOnServers('a table without a place in the keyspace is a bug, told at once', async () => {
    const schema = { name: 'other', columns: [] };
    const rows = [{ schema, length: 1, column: () => [] }];
    const written = newWriter().write({ rows, messages: [] }, { offset: 1, cursor: 0 });
    await expect(written).rejects.toThrow('table other has no place in the keyspace');
  });
});

describe(chapterOnServers('the book of a file'), () => {
  testOnServers(
    'is absolute as of the last event of a step, whatever is on its way at once',
    async () => {
      const writer = newWriter();
      await Promise.all([
        writer.write(bookOf(3), { offset: 10, cursor: 0 }),
        writer.write(bookOf(4), { offset: 20, cursor: 0 }),
        writer.write(bookOf(5), { offset: 30, cursor: 4 }),
      ]);
      expect(await countsOf(file)).toEqual([
        [30, 12],
        [19, 7],
        [9, 3],
      ]);
    },
  );

  testOnServers('is the same when the same events come again, cut into other steps', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
        fc.nat(11),
        async (perEvent, cuts, failedAt) => {
          file++;
          const run = async (from: number, to: number, cutAt: number): Promise<void> => {
            const writer = newWriter(from);
            let counted = 0;
            for (let event = from; event < to; event++) {
              counted += perEvent[event];
              if (!cuts[cutAt + event] && event < to - 1) continue;
              await writer.write(bookOf(counted), { offset: event + 1, cursor: 0 });
              counted = 0;
            }
          };
          const committed = Math.min(failedAt, perEvent.length);
          await run(0, committed, 0);
          await run(committed, perEvent.length, 0); // never committed
          await run(committed, perEvent.length, 12);
          const counts = await countsOf(file);
          const sums = perEvent.map((_, at) => perEvent.slice(0, at + 1).reduce((a, b) => a + b));
          for (const [version, counted] of counts) expect(counted).toBe(sums[version]);
          expect(counts[0]?.[0]).toBe(perEvent.length - 1);
        },
      ),
      { numRuns: 15 },
    );
  });

  testOnServers(
    'begins behind a step that was committed in the middle of its messages',
    async () => {
      await newWriter().write(bookOf(2), { offset: 5, cursor: 100 });
      await newWriter(5, 100).write(bookOf(3), { offset: 9, cursor: 0 });
      expect(await countsOf(file)).toEqual([
        [8, 5],
        [5, 2],
      ]);
    },
  );

  testOnServers(
    'behind one that could not be read none is written, until the start is told',
    async () => {
      let fails = true;
      const { session } = keyspace;
      const query: typeof session.query = (...args) =>
        fails && args[0].includes('import_file_count')
          ? Promise.reject(new Fault('CASSANDRA_TIMED_OUT', 'Retry', 'planted'))
          : session.query(...args);
      const failing = {
        query,
        statementId: (cql: string) => session.statementId(cql),
        sendRows: (...args: Parameters<typeof session.sendRows>) => session.sendRows(...args),
      };
      const writer = new CassandraUsageWriter(failing, { partition, shards });
      writer.startAt({ offset: 0, cursor: 0 });
      await expect(writer.write(bookOf(3), { offset: 10, cursor: 0 })).rejects.toThrow('planted');
      fails = false;
      await expect(writer.write(bookOf(4), { offset: 20, cursor: 0 })).rejects.toThrow('planted');
      expect(await countsOf(file)).toEqual([]);
      writer.startAt({ offset: 0, cursor: 0 });
      await writer.write(bookOf(7), { offset: 20, cursor: 0 });
      expect(await countsOf(file)).toEqual([[19, 7]]);
    },
  );
});

describe(chapterOnServers('UUIDs'), () => {
  testOnServers('are the same in the program and in the table', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uuid(), async (text) => {
        const row = record({ recordIds: parseUuid(text) as Uint32Array, recordedAtMs: 7 * day });
        await newWriter().write(ofRecords(row), { offset: 6, cursor: 0 });
        const where = "shard = ? AND day = '1970-01-08' AND msisdn = ? AND recorded_at = ?";
        const msisdn = types.Long.fromNumber(subscriber);
        const key = [shardOf(subscriber, shards), msisdn, row.recordedAtMs];
        const found = await stored('record_id', 'usage_record', where, ...key);
        expect(found.map(({ record_id }) => String(record_id))).toContain(text);
      }),
      { numRuns: 10 },
    );
  });
});
