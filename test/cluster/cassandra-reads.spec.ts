import { types } from 'cassandra-driver';
import { clusterCounts } from '../../src/wiring/cluster/cluster-counts.js';
import { fileRows, progressRows, refusedRows } from '../../src/import/import-rows.js';
import { UsageEvents } from '../../src/ingest/index.js';
import { shardOf } from '../../src/platform/cassandra/index.js';
import { newEventClock, type ColumnBatch } from '../../src/streaming/index.js';
import {
  CassandraAgreementStore,
  CassandraDataRecordStore,
  CassandraDeadLetterStore,
  CassandraFeedFiles,
  CassandraFileIds,
  CassandraImportFileStore,
  CassandraImportRows,
  CassandraMessageCopies,
  CassandraPartitionStatus,
} from './support/cassandra-adapters.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { KeyspaceInTest } from './support/keyspace-in-test.js';

const partitions = 3;
const shards = 6;
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = (text: string): number => Date.parse(text);
const msisdn = 48_111_222_333;

let keyspace: KeyspaceInTest;
const tables =
  'agreement agreement_by_msisdn agreement_by_version usage_record dead_letter message';
const importTables =
  'import_file import_progress import_file_count feed_last_file file_id_block partition_status';

const agreementRow = (n: number, version: number, partition: number) => ({
  id: uuid(n),
  msisdn: msisdn + partition,
  signed_at: at('2019-12-20T00:00Z'),
  service_start_at: at('2020-01-01T00:00Z'),
  billing_period_time_zone: 'Europe/Warsaw',
  max_bytes_in_billing_period: types.Long.fromNumber(2 ** 53 - 1),
  version,
  log_partition: partition,
});

const withAgreement = async (n: number, version: number, partition: number): Promise<void> => {
  const row = agreementRow(n, version, partition);
  await keyspace.insert('agreement', row);
  await keyspace.insert('agreement_by_msisdn', row);
  const bucket = Math.floor(version / 65_536);
  await keyspace.insert('agreement_by_version', { ...row, bucket });
};

const recordRow = (fields: Record<string, unknown>) => {
  const recordedAt = Number(fields.recorded_at);
  return {
    shard: shardOf(msisdn, shards),
    day: new Date(recordedAt).toISOString().slice(0, 10),
    msisdn,
    record_id: uuid(1),
    version: 10,
    agreement_id: uuid(7),
    recorded_bytes: 100,
    status: 'counted',
    file_id: 0,
    line_no: 0,
    ...fields,
  };
};

const withRecord = (fields: Record<string, unknown>): Promise<void> =>
  keyspace.insert('usage_record', recordRow(fields));

const withFile = (id: number, fields: Record<string, unknown> = {}): Promise<void> =>
  keyspace.insert('import_file', {
    bucket: Math.floor(id / 4096),
    id,
    name: `file-${id}.csv`,
    feed: 'default',
    bytes: 1000,
    inode: `1-${id}`,
    registered_at: at('2020-02-01T00:00Z'),
    ...fields,
  });

const withProgress = (id: number, fields: Record<string, unknown>): Promise<void> =>
  keyspace.insert('import_progress', {
    ...{ file_id: id, seq: 0, byte_offset: 0, line_no: 0, lines: 0, state: 0, sha256: '' },
    ...{ first_recorded_at: types.Long.fromNumber(Number.MAX_SAFE_INTEGER) },
    ...{ last_recorded_at: types.Long.fromNumber(Number.MIN_SAFE_INTEGER) },
    ...{ reason: '', at: at('2020-02-01T00:01Z') },
    ...fields,
  });

const withCounts = (id: number, partition: number, counts: readonly number[]): Promise<void> => {
  const [version, counted, late, waiting, duplicate, rejected] = counts;
  return keyspace.insert('import_file_count', {
    ...{ file_id: id, log_partition: partition, version },
    ...{ counted, late, waiting, duplicate, rejected },
  });
};

const handedOut = (next: number): Promise<void> =>
  keyspace.insert('file_id_block', { name: 'import_file', next });

beforeAll(async () => {
  if (testOnServers !== test) return;
  keyspace = await KeyspaceInTest.open({ shards, partitions });
}, 120_000);

afterEach(async () => {
  for (const table of `${tables} ${importTables}`.split(' ')) {
    await keyspace.client.execute(`TRUNCATE ${table}`);
  }
}, 60_000);

afterAll(() => keyspace?.close(), 60_000);

describe(chapterOnServers('agreements in Cassandra'), () => {
  const store = () => new CassandraAgreementStore(keyspace.session, partitions);

  testOnServers('are found by id and by msisdn, with 2^53 - 1 bytes', async () => {
    await withAgreement(1, 5, 0);
    await withAgreement(2, 3, 0);
    expect(await store().find(uuid(1))).toEqual({
      id: uuid(1),
      msisdn,
      signedAtMs: at('2019-12-20T00:00Z'),
      serviceStartAtMs: at('2020-01-01T00:00Z'),
      billingPeriodTimeZone: 'Europe/Warsaw',
      maxBytesInBillingPeriod: 2 ** 53 - 1,
      version: 5,
      place: 5 * partitions,
    });
    expect(await store().find(uuid(9))).toBeUndefined();
    const ofMsisdn = await store().ofMsisdn(msisdn);
    expect(ofMsisdn.map(({ version }) => version)).toEqual([3, 5]);
    const page = await store().list({ limit: 9, msisdn, after: 3 * partitions });
    expect(page.map(({ version }) => version)).toEqual([5]);
  });

  testOnServers('are listed over all partitions in one order, page by page', async () => {
    const accepted: [number, number][] = [
      [3, 0],
      [70_000, 0],
      [200_000, 0],
      [2, 1],
      [70_001, 1],
      [131_072, 2],
    ];
    for (const [n, [version, partition]] of accepted.entries()) {
      await withAgreement(n, version, partition);
    }
    const wanted = accepted.map(([version, partition]) => version * partitions + partition);
    wanted.sort((a, b) => a - b);
    for (const limit of [1, 2, 4, 100]) {
      const seen: number[] = [];
      for (let after: number | undefined; ;) {
        const page = await store().list({ limit, after });
        seen.push(...page.map(({ place }) => place));
        if (page.length < limit) break;
        after = page.at(-1)?.place;
      }
      expect(seen).toEqual(wanted);
    }
  });
});

describe(chapterOnServers('data records in Cassandra'), () => {
  const store = () => new CassandraDataRecordStore(keyspace.session, shards);
  const january = {
    agreementId: uuid(7),
    msisdn,
    startMs: at('2019-12-31T23:00Z'),
    endMs: at('2020-01-31T23:00Z'),
  };

  testOnServers('of a period are half-open in time, newest first, over all its days', async () => {
    const inside = ['2019-12-31T23:00Z', '2020-01-01T00:00Z', '2020-01-31T22:59:59.999Z'].map(at);
    for (const recorded_at of inside) await withRecord({ recorded_at });
    await withRecord({ recorded_at: january.startMs - 1 });
    await withRecord({ recorded_at: january.endMs });
    await withRecord({ recorded_at: inside[1], record_id: uuid(2) });
    await withRecord({ recorded_at: inside[1], record_id: uuid(3), msisdn: msisdn + 1 });
    const found = await store().page(january, { before: undefined, limit: 10 });
    expect(found.map(({ recordedAtMs, recordId }) => [recordedAtMs, recordId])).toEqual([
      [inside[2], uuid(1)],
      [inside[1], uuid(2)],
      [inside[1], uuid(1)],
      [inside[0], uuid(1)],
    ]);
  });

  testOnServers('have the newest version in force, and belong to its agreement', async () => {
    const recorded_at = at('2020-01-05T00:00Z');
    await withRecord({ recorded_at, version: 3, status: 'waiting', agreement_id: null });
    await withRecord({ recorded_at, version: 10, file_id: 4, line_no: 9 });
    await withRecord({ recorded_at, version: 200, recorded_bytes: 50, status: 'late' });
    await withRecord({ recorded_at, record_id: uuid(2), version: 4 });
    await withRecord({ recorded_at, record_id: uuid(2), version: 5, agreement_id: uuid(8) });
    await withRecord({ recorded_at, record_id: uuid(3), status: 'waiting', agreement_id: null });
    const found = await store().page(january, { before: undefined, limit: 10 });
    expect(found.map(({ recordId, version }) => [recordId, version])).toEqual([
      ...[
        [uuid(3), 10],
        [uuid(2), 5],
        [uuid(2), 4],
        [uuid(1), 200],
        [uuid(1), 10],
        [uuid(1), 3],
      ],
    ]);
    const only = found[3];
    expect(only).toMatchObject({ version: 200, recordedBytes: 50, status: 'late' });
    expect(found[5]).toMatchObject({ status: 'waiting', agreementId: undefined });
    const identity = { msisdn, recordedAtMs: recorded_at, recordId: uuid(1) };
    expect(await store().find(identity)).toEqual(only);
    expect(await store().find({ ...identity, recordId: uuid(9) })).toBeUndefined();
  });

  testOnServers('come page by page, each once, also many of one time', async () => {
    const times = ['2020-01-03T00:00Z', '2020-01-03T00:00:01Z', '2020-01-20T00:00Z'].map(at);
    for (const [n, recorded_at] of [0, 1, 1, 1, 1, 1, 1, 2, 2].map((time) => times[time]).entries())
      await withRecord({ recorded_at, record_id: uuid(n + 1), version: n });
    await withRecord({ recorded_at: times[1], record_id: uuid(4), version: 90 });
    const whole = await store().page(january, { before: undefined, limit: 100 });
    expect(whole).toHaveLength(10);
    for (let limit = 1; limit < 11; limit++) {
      const pages: (typeof whole)[number][] = [];
      for (;;) {
        const page = await store().page(january, { before: pages.at(-1), limit });
        pages.push(...page);
        if (page.length < limit) break;
      }
      expect(pages).toEqual(whole);
    }
  });

  testOnServers('know the files they came from, of several buckets', async () => {
    for (const id of [1, 4096, 9000]) await withFile(id, { feed: 'roaming' });
    const found = await store().files([9000, 1, 4096, 5, 1]);
    expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual([1, 4096, 9000]);
    expect(found).toContainEqual({ id: 4096, name: 'file-4096.csv', feed: 'roaming' });
    expect(await store().files([])).toEqual([]);
  });
});

describe(chapterOnServers('what steps left in Cassandra'), () => {
  testOnServers(
    'refused events without a file are read over buckets, of one partition',
    async () => {
      const letter = (offset: number, log_partition = 1, fileId = 0) => {
        const bucket = Math.floor(offset / 65_536);
        const text = { code: `C${offset}`, message: 'm', raw: Buffer.from('r') };
        const key = { file_id: fileId, log_partition, bucket, line_no: 0, offset };
        return keyspace.insert('dead_letter', { ...key, ...text });
      };
      for (const offset of [9, 10, 65_535, 65_536, 200_000, 200_001]) await letter(offset);
      await letter(20, 2);
      await letter(21, 1, 5);
      const store = new CassandraDeadLetterStore(keyspace.session);
      const found = await store.between(1, 10, 200_001);
      expect(found.map(({ offset }) => offset)).toEqual([10, 65_535, 65_536, 200_000]);
      expect(found[0]).toEqual({ offset: 10, code: 'C10', message: 'm' });
      expect(await store.between(2, 20, 21)).toHaveLength(1);
      expect(await store.between(1, 10, 10)).toEqual([]);
    },
  );

  testOnServers('copies of messages are read by key, in order of period and revision', async () => {
    const copy = (timestamp: number, revision: number, key = uuid(7)) => {
      const value = `{"total":${revision}00000000000000001}`;
      const about = { id: uuid(revision), type: 'BILLING_PERIOD_ADJUSTED', value };
      return keyspace.insert('message', { key, timestamp, revision, ...about });
    };
    await copy(2000, 1);
    await copy(1000, 10);
    await copy(1000, 9);
    await copy(500, 1, uuid(8));
    const found = await new CassandraMessageCopies(keyspace.session).ofPeriod(uuid(7), {
      ...{ endMs: 1001, limit: 2 },
    });
    expect(found.map(({ headers }) => headers.revision)).toEqual(['9', '10']);
    expect(found[0]).toEqual({
      offset: undefined,
      cursor: undefined,
      key: uuid(7),
      timestampMs: 1000,
      headers: { id: uuid(9), type: 'BILLING_PERIOD_ADJUSTED', revision: '9' },
      value: '{"total":900000000000000001}',
    });
  });
});

describe(chapterOnServers('import files in Cassandra'), () => {
  const store = () => new CassandraImportFileStore(keyspace.session);

  testOnServers('have as book the sum of the newest counts of each partition', async () => {
    await withFile(5);
    await withProgress(5, { seq: 8193, line_no: 8192, lines: 8192, state: 1 });
    await withProgress(5, { seq: 10_002, line_no: 10_000, lines: 9999, state: 2, sha256: 'ab' });
    await withCounts(5, -1, [40, 0, 0, 0, 0, 2]);
    await withCounts(5, -1, [9000, 0, 0, 0, 0, 3]);
    await withCounts(5, 0, [7, 10, 0, 5, 0, 0]);
    await withCounts(5, 0, [100, 4000, 6, 0, 20, 0]);
    await withCounts(5, 2, [65, 5000, 0, 0, 0, 1]);
    expect(await store().byId(5)).toMatchObject({
      ...{ id: 5, name: 'file-5.csv', state: 'done', sha256: 'ab', reason: '', seq: 10_002 },
      ...{ counted: 9000, late: 6, waiting: 0, duplicate: 20, rejected: 4 },
      mark: { lineNo: 10_000, lines: 9999, firstRecordedAtMs: Number.MAX_SAFE_INTEGER },
      registeredAtMs: at('2020-02-01T00:00Z'),
    });
    expect(await store().byId(6)).toBeUndefined();
  });

  testOnServers('are listed newest first, page by page, over ids nobody used', async () => {
    const ids = [1, 2, 4095, 4096, 20_000, 20_001];
    for (const id of ids) await withFile(id);
    expect(await store().list({ before: Number.MAX_SAFE_INTEGER, limit: 10 })).toEqual([]);
    await handedOut(20_064);
    for (const limit of [1, 4, 10]) {
      const seen: number[] = [];
      for (let before = Number.MAX_SAFE_INTEGER; ;) {
        const page = await store().list({ before, limit });
        seen.push(...page.map(({ id }) => id));
        if (page.length < limit) break;
        before = page.at(-1)!.id;
      }
      expect(seen).toEqual([...ids].reverse());
    }
    const [newest] = await store().list({ before: 20_002, limit: 1 });
    expect(newest).toMatchObject({ state: 'queued', counted: 0, mark: { lines: 0 } });
  });

  testOnServers('show their rejected lines in order, over buckets, page by page', async () => {
    const lines = [1, 2, 65_535, 65_536, 131_072];
    for (const line of lines) {
      const key = { file_id: 3, log_partition: 0, bucket: Math.floor(line / 65_536) };
      const text = { code: 'CDR_LINE_EMPTY', message: 'm', raw: Buffer.from(`l${line}`) };
      await keyspace.insert('dead_letter', { ...key, line_no: line, offset: line % 2, ...text });
    }
    await withProgress(3, { line_no: 131_072, lines: 131_072, state: 2 });
    const read = async (limit: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let after = -1; ;) {
        const page = await store().rejects(3, { after, limit });
        seen.push(...page.map(({ lineNo }) => lineNo));
        if (page.length < limit) return seen;
        after = page.at(-1)!.lineNo;
      }
    };
    for (const limit of [1, 2, 100]) expect(await read(limit)).toEqual(lines);
    const [first] = await store().rejects(3, { after: -1, limit: 1 });
    expect(Buffer.from(first.raw).toString()).toBe('l1');
  });

  testOnServers('are told as the newest of their feed, with their state', async () => {
    const last = { one: 0, feed: 'default', file_id: 5, name: 'file-5.csv' };
    await keyspace.insert('feed_last_file', last);
    await keyspace.insert('feed_last_file', { ...last, feed: 'roaming', file_id: 6 });
    await withProgress(5, { state: 3, reason: 'FILE_GONE' });
    const files = await new CassandraFeedFiles(keyspace.session).last();
    expect(files.get('default')).toEqual({ name: 'file-5.csv', state: 'failed' });
    expect(files.get('roaming')?.state).toBe('queued');
  });
});

describe(chapterOnServers('ids of import files'), () => {
  const ids = () => new CassandraFileIds(keyspace.session);

  testOnServers('are never given twice, by however many importers at once', async () => {
    const importers = [ids(), ids(), ids()];
    const asked = Array.from({ length: 60 }, (_, n) => ({ of: n % 3, count: (n % 7) + 1 }));
    const given = await Promise.all(
      asked.map(async ({ of, count }) => {
        const first = await importers[of].reserve(count);
        return Array.from({ length: count }, (_, n) => first + n);
      }),
    );
    const all = given.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(Math.min(...all)).toBe(1);
    const [{ next }] = await keyspace.rows('SELECT next FROM file_id_block');
    expect(Math.max(...all)).toBeLessThan(Number(next));
    expect(await ids().reserve(1000)).toBe(next);
    expect(await ids().reserve(1)).toBe(Number(next) + 1024);
  });

  testOnServers('end at 31 bits', async () => {
    await handedOut(2 ** 31 - 65);
    const last = ids();
    expect(await last.reserve(64)).toBe(2 ** 31 - 65);
    await expect(last.reserve(1)).rejects.toMatchObject({ code: 'IMPORT_FILE_IDS_USED_UP' });
  });
});

const mark = (lineNo: number) => ({
  ...{ byteOffset: lineNo * 10, lineNo, lines: lineNo },
  ...{ firstRecordedAtMs: at('2020-01-02T00:00Z'), lastRecordedAtMs: at('2020-01-03T00:00Z') },
});

/** An append of the importer: lines up to one, some of them refused. */
const appendOf = (fileId: number, lineNo: number, refusedLines: readonly number[]) => {
  const refused = refusedLines.map((line) => {
    return { lineNo: line, code: 'CDR_LINE_EMPTY', raw: Buffer.alloc(4000, `${line}`) };
  });
  const batch = { events: new UsageEvents(1), refused, bytes: 0, mark: mark(lineNo) };
  const at0 = { seq: lineNo + 1, mark: batch.mark, state: 'importing' as const, atMs: 1e12 };
  return [progressRows([{ fileId, ...at0 }]), ...refusedRows(fileId, batch)];
};

const registration = (id: number, feed = 'default'): ColumnBatch[] => [
  fileRows([{ id, name: `f${id}`, feed, bytes: 2 ** 40, inode: '1-2', registeredAtMs: 1e12 + id }]),
  progressRows([{ fileId: id, seq: 0, mark: mark(0), state: 'queued', atMs: 1e12 }]),
];

const lines = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe(chapterOnServers('rows of the import'), () => {
  const counts = async (fileId: number): Promise<number[][]> => {
    const cql =
      'SELECT version, rejected, log_partition FROM import_file_count WHERE file_id = ? ' +
      'ORDER BY log_partition ASC';
    const found = await keyspace.rows(cql, [fileId]);
    return found
      .map((row) => [Number(row.version), Number(row.rejected), Number(row.log_partition)])
      .sort(([a], [b]) => a - b);
  };

  testOnServers('are read back as they were written, large batches too', async () => {
    const rows = new CassandraImportRows(keyspace.session);
    await handedOut(65);
    await rows.write([...registration(1), ...registration(2, 'roaming')]);
    await rows.write(appendOf(1, 100, lines(1, 60)));
    const store = new CassandraImportFileStore(keyspace.session);
    const [two, one] = await store.list({ before: 100, limit: 10 });
    expect(two).toMatchObject({ id: 2, feed: 'roaming', state: 'queued', rejected: 0 });
    expect(one).toMatchObject({
      ...{ id: 1, name: 'f1', bytes: 2 ** 40, inode: '1-2', registeredAtMs: 1e12 + 1 },
      ...{ state: 'importing', atMs: 1e12, seq: 101, mark: mark(100), rejected: 60 },
    });
    const rejected = await store.rejects(1, { after: 50, limit: 100 });
    expect(rejected.map(({ lineNo }) => lineNo)).toEqual(lines(51, 60));
    expect(rejected[0].raw.length).toBe(4000);
    const files = await new CassandraFeedFiles(keyspace.session).last();
    expect([...files.keys()].sort()).toEqual(['default', 'roaming']);
  });

  testOnServers('count as often as they like, the lines once', async () => {
    const first = new CassandraImportRows(keyspace.session);
    const appends = [
      appendOf(1, 10, [2, 9]),
      appendOf(1, 20, []),
      appendOf(1, 30, [25]),
      [...appendOf(1, 40, [40]), ...appendOf(2, 5, [1, 2, 3])],
    ];
    // overlapping, as the importer sends them
    await Promise.all(appends.map((rows) => first.write(rows)));
    const wanted = [
      [9, 2, -1],
      [25, 3, -1],
      [40, 4, -1],
    ];
    expect(await counts(1)).toEqual(wanted);
    // another importer goes on from line 10, and cuts at other lines
    const second = new CassandraImportRows(keyspace.session);
    await second.write([...appendOf(1, 22, []), ...appendOf(1, 35, [25])]);
    await second.write(appendOf(1, 50, [40, 41]));
    expect(await counts(1)).toEqual([...wanted, [41, 5, -1]]);
    // and the first one again, from line 30
    await first.write(appendOf(1, 60, [40, 41, 55]));
    expect((await counts(1)).at(-1)).toEqual([55, 6, -1]);
    expect(await counts(2)).toEqual([[3, 3, -1]]);
  });

  testOnServers('leave the newest file of a feed, in whatever order they are written', async () => {
    const rows = new CassandraImportRows(keyspace.session);
    await rows.write(registration(9));
    await rows.write(registration(4));
    const files = await new CassandraFeedFiles(keyspace.session).last();
    expect(files.get('default')?.name).toBe('f9');
  });
});

describe(chapterOnServers('the status of partitions'), () => {
  const offsets = {
    ends: () =>
      Promise.resolve(
        new Map([
          [0, 100],
          [1, 50],
          [2, 0],
        ]),
      ),
    committed: () => Promise.resolve(new Map([[0, { offset: 90, cursor: 3 }]])),
  };
  const status = (parts: object = {}) =>
    new CassandraPartitionStatus({
      ...{ session: keyspace.session, application: 'usage', partitions, offsets },
      ...parts,
    });
  const clock = { ...newEventClock(), watermarkMs: at('2020-02-01T00:00Z') };
  const told = {
    owner: 'host/1',
    state: 'running' as const,
    atMs: at('2020-03-01T00:00Z'),
    memory: { clock, openPeriods: { count: 4, earliestEndMs: 5000 }, agreements: 7 },
  };

  testOnServers('is what the owner told, beside what the log says', async () => {
    const position = { offset: 50, cursor: 0 };
    const snapshot = { offset: 40, savedAtMs: at('2020-02-29T00:00Z') };
    await status().report({ ...told, partition: 1, position, snapshot });
    const [zero, one, two] = await status().list();
    expect(zero).toMatchObject({ owner: undefined, state: 'unowned', lag: 10, end: 100 });
    expect(zero.position).toEqual({ offset: 90, cursor: 3 });
    expect(one).toEqual({
      ...{ partition: 1, owner: 'host/1', state: 'running', position, end: 50, lag: 0, snapshot },
      ...{ openPeriods: 4, watermarkMs: clock.watermarkMs, cause: undefined },
      updatedAtMs: told.atMs,
    });
    expect(two).toMatchObject({ position: undefined, lag: 0, updatedAtMs: undefined });
  });

  testOnServers('keeps what is left out, and forgets a cause that has passed', async () => {
    await status().report({ ...told, partition: 0 });
    await status().report({
      ...told,
      memory: undefined,
      partition: 0,
      state: 'fencing',
      cause: 'FENCED: x',
    });
    expect((await status().list())[0]).toMatchObject({
      ...{ state: 'fencing', cause: 'FENCED: x', openPeriods: 4, position: { offset: 90 } },
    });
    await status().report({ ...told, partition: 0 });
    expect((await status().list())[0]).toMatchObject({ state: 'running', cause: undefined });
  });

  testOnServers('has clocks once every partition has told one', async () => {
    await status().report({ ...told, partition: 0 });
    await status().report({ ...told, partition: 1 });
    await status().report({ ...told, memory: undefined, partition: 2, state: 'fencing' });
    expect(await status().clocks()).toBeUndefined();
    const openPeriods = { count: 0, earliestEndMs: undefined };
    await status().report({ ...told, partition: 2, memory: { ...told.memory, openPeriods } });
    const clocks = await status().clocks();
    expect(clocks?.map((one) => one.openPeriods())).toEqual([
      { count: 4, earliestEndMs: 5000 },
      { count: 4, earliestEndMs: 5000 },
      openPeriods,
    ]);
    expect(clocks?.[0].clock).toEqual(JSON.parse(JSON.stringify(clock)));
    expect(await status().agreements()).toBe(21);
  });

  testOnServers('is told without the log while that is away', async () => {
    await status().report({ ...told, partition: 0, position: { offset: 5, cursor: 0 } });
    const away = () => Promise.reject(new Error('away'));
    const [zero] = await status({ offsets: { ends: away, committed: away } }).list();
    expect(zero).toMatchObject({ position: { offset: 5 }, end: undefined, lag: undefined });
  });

  testOnServers('forgets an owner that is silent, not how far it came', async () => {
    await status().report({ ...told, partition: 1, position: { offset: 50, cursor: 0 } });
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect((await status().list())[1]).toMatchObject({
      ...{ owner: undefined, state: 'unowned', position: { offset: 50 }, openPeriods: 4 },
    });
  });
});

describe(chapterOnServers('counts of the first page'), () => {
  const message = (partition: number, offset: number) => ({
    ...{ partition, offset, key: 'k', timestampMs: 0, headers: {}, value: '{}' },
  });
  const messages = {
    ends: () =>
      Promise.resolve(
        new Map([
          [0, 4],
          [1, 2],
        ]),
      ),
    read: (from: ReadonlyMap<number, number>) =>
      Promise.resolve(
        [message(0, 0), message(0, 2), message(1, 0)].filter(
          ({ partition, offset }) => offset >= (from.get(partition) ?? Infinity),
        ),
      ),
  };
  const status = { agreements: () => Promise.resolve(12) };

  testOnServers('are of files by their books, and messages without markers', async () => {
    const counts = clusterCounts({ session: keyspace.session, status, messages });
    await withRecord({ recorded_at: 1000 });
    await withRecord({ recorded_at: 1000, version: 11 });
    await withRecord({ recorded_at: 2000 });
    const ofTopic = { agreements: 12, messages: 3, lastMessageOffset: null };
    expect(await counts()).toEqual({ ...ofTopic, files: 0, records: 2 });
    await handedOut(5000);
    for (const id of [1, 2, 4100]) await withFile(id);
    for (const id of [1, 2]) await withProgress(id, { lines: 10, state: 2 });
    await withCounts(1, 0, [5, 6, 0, 0, 0, 0]);
    await withCounts(1, 1, [9, 0, 1, 1, 1, 1]);
    await withCounts(2, 0, [5, 3, 0, 0, 0, 0]);
    expect(await counts()).toEqual({ ...ofTopic, files: 3, records: 11 });
    await withCounts(2, 0, [6, 9, 0, 1, 0, 0]);
    expect(await counts()).toEqual({ ...ofTopic, files: 3, records: 18 });
  });
});
