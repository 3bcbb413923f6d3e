import { agreementToJson } from '../../src/agreements/index.js';
import { AgreementsGenerator, CdrFileGenerator } from '../../src/generator/index.js';
import { verify } from '../../src/commands/verify.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { VerifiedCluster } from './verify-run/verified-cluster.js';

jest.setTimeout(300_000);

const subscribers = 12;
const months = 2;
const strangersMsisdn = '48111222333';
const stranger = {
  id: 'c0ffee00-0000-4000-8000-000000000001',
  msisdn: strangersMsisdn,
  signedAt: '2019-12-01T00:00:00Z',
  serviceStartAt: '2020-01-01T00:00:00Z',
  billingPeriodTimeZone: 'Europe/Warsaw',
  maxBytesInBillingPeriod: 1000,
};

const fileId = (at: number): string => `a0ffee00-0000-4000-8000-${String(at).padStart(12, '0')}`;

/** Some lines of the generator's first subscriber, each file with times of its own. */
const linesOfDay = (day: number, msisdn: string): string =>
  Array.from({ length: 400 }, (_, minute) => {
    const time = new Date(Date.UTC(2020, 2, day, 0, minute)).toISOString();
    return `${fileId(1000 * day + minute)};${time};${msisdn};${minute}`;
  }).join('\n') + '\n';

/** Every way a line can end: counted, late, waiting, duplicate, rejected before and in the log. */
const fill = async (cluster: VerifiedCluster): Promise<void> => {
  const agreements = new AgreementsGenerator().next(subscribers);
  await cluster.post('/api/agreements', agreements.map(agreementToJson));
  const file = new CdrFileGenerator().nextFile({ batchSize: subscribers, months });
  const lines = Buffer.concat([...file.chunks()])
    .toString()
    .trimEnd()
    .split('\n');
  const conflicts = lines.slice(0, 3).map((line) => line.replace(/\d+$/, '7'));
  const waiting = [1, 2, 3].map((day) => {
    return `${fileId(day)};2020-02-0${day}T12:00Z;${strangersMsisdn};500`;
  });
  const more = [...lines.slice(0, 5), ...conflicts, ...waiting, 'no;line', ';;;'];
  cluster.drop('first.csv', `${[...lines, ...more].join('\n')}\n`);
  await cluster.counted();
  const [, , msisdn] = lines[0].split(';');
  cluster.drop('late.csv', `${fileId(9)};2020-01-05T12:00Z;${msisdn};11\n`);
  await cluster.counted();
  await cluster.post('/api/agreements', [stranger]);
  await cluster.send(cluster.settings.topicIncomingDataRecords, [{ key: '48', value: '{' }]);
  await cluster.counted();
};

describe(chapterOnServers('verify on a cluster'), () => {
  let cluster: VerifiedCluster;
  beforeAll(async () => {
    cluster = await VerifiedCluster.make();
    await cluster.start();
    await fill(cluster);
    await cluster.stop();
  });
  afterAll(() => cluster?.remove());

  type Row = Record<string, unknown>;

  /** Damages something, looks, and makes it good again. */
  const finds = async (
    damage: () => Promise<unknown>,
    repair: () => Promise<unknown>,
  ): Promise<readonly string[]> => {
    await damage();
    const verified = await cluster.verify();
    await repair();
    expect(verified.differences).toBe(verified.different.length);
    for (const line of verified.lines) expect(line).not.toMatch(/\b48\d{9}\b/);
    return verified.different;
  };

  /** The values of a primary key as a condition. */
  const where = (row: Row, key: readonly string[]): { cql: string; values: unknown[] } => ({
    cql: key.map((name) => `"${name}" = ?`).join(' AND '),
    values: key.map((name) => row[name]),
  });

  const findsWithout = (table: string, row: Row, key: readonly string[]) => {
    const { cql, values } = where(row, key);
    return finds(
      () => cluster.cql(`DELETE FROM ${table} WHERE ${cql}`, values),
      () => cluster.insert(table, row),
    );
  };

  const findsAdded = (table: string, row: Row, key: readonly string[]) => {
    const { cql, values } = where(row, key);
    return finds(
      () => cluster.insert(table, row),
      () => cluster.cql(`DELETE FROM ${table} WHERE ${cql}`, values),
    );
  };

  const findsChanged = (table: string, row: Row, change: Row) =>
    finds(
      () => cluster.insert(table, { ...row, ...change }),
      () => cluster.insert(table, row),
    );

  const recordKey = ['shard', 'day', 'msisdn', 'recorded_at', 'record_id', 'version'];
  const snapshotKey = ['application', 'log_partition', 'offset', 'cursor', 'snapshot_id'];
  const someRecord = async (): Promise<Row> => {
    const rows = await cluster.cql('SELECT * FROM usage_record WHERE file_id = 1 ALLOW FILTERING');
    return rows[10];
  };
  const first = async (table: string): Promise<Row> =>
    (await cluster.cql(`SELECT * FROM ${table} LIMIT 1`))[0];

  testOnServers('finds nothing where the program left everything as it has to be', async () => {
    const { differences, lines } = await cluster.verify();
    expect(lines.filter((line) => line.startsWith('DIFFERENT'))).toEqual([]);
    expect(differences).toBe(0);
    expect(lines[0]).toMatch(/^Compared is what is committed now: partition 0 at \d+, 1 at \d+\./);
    expect(lines.filter((line) => /^partition \d: \d+ events, \d+ rows/.test(line))).toHaveLength(
      2,
    );
    const last =
      /^\d+ events, 727 rows, \d+ totals, \d+ messages, 2 books of files: all as the log/;
    expect(lines.at(-1)).toMatch(last);
  });

  testOnServers('names a row that is gone, and the total it is missing in', async () => {
    const row = await someRecord();
    const different = await findsWithout('usage_record', row, recordKey);
    expect(different).toEqual([
      expect.stringMatching(/^partition \d: total of \S+ 2020-\d: rows \d+, log \d+$/),
      expect.stringContaining('the log gives a row that is not stored: ********'),
    ]);
    expect(different[1]).toContain(
      `record ${String(row.record_id)} version ${String(row.version)}`,
    );
  });

  testOnServers('names a row of other bytes, and what the log gives', async () => {
    const row = await someRecord();
    const different = await findsChanged('usage_record', row, { recorded_bytes: 1 });
    expect(different).toHaveLength(2);
    expect(different[1]).toMatch(/usage_record: stored is .*: 1 bytes.*; the log gives .* bytes/);
  });

  testOnServers.each([
    ['behind the end of the log', 1_000_000_000],
    ['of an event that wrote another row', 0],
  ])('names a row with a version %s', async (_where, version) => {
    const row = { ...(await someRecord()), version };
    const different = await findsAdded('usage_record', row, recordKey);
    const text = `a row has a version the log does not know: ********`;
    expect(different).toContainEqual(expect.stringContaining(text));
    expect(different).toContainEqual(expect.stringContaining(`version ${version}: `));
  });

  testOnServers('names a row in a shard that is not its own', async () => {
    const row = await someRecord();
    const shard = (Number(row.shard) + 1) % 4;
    const different = await findsAdded('usage_record', { ...row, shard }, recordKey);
    expect(different).toContainEqual(expect.stringContaining(`(shard ${shard}, 2020-`));
  });

  testOnServers.each([
    ['agreement', ['id']],
    ['agreement_by_msisdn', ['msisdn', 'id']],
    ['agreement_by_version', ['log_partition', 'bucket', 'version']],
    ['waiting_record', ['shard', 'msisdn', 'recorded_at', 'record_id', 'version']],
  ])('names a row of table %s that is gone', async (table, key) => {
    const different = await findsWithout(table, await first(table), key);
    const text = `${table}: the log gives a row that is not stored: `;
    expect(different).toEqual([expect.stringContaining(text)]);
  });

  testOnServers('names an agreement with another plan', async () => {
    const row = await first('agreement_by_msisdn');
    const change = { max_bytes_in_billing_period: 1 };
    const different = await findsChanged('agreement_by_msisdn', row, change);
    const text = /^agreement_by_msisdn: stored is .* 1 bytes; the log gives .* bytes$/;
    expect(different).toEqual([expect.stringMatching(text)]);
  });

  testOnServers('names a book that is another', async () => {
    const rows = await cluster.cql('SELECT * FROM import_file_count WHERE file_id = 1');
    const row = rows.find(({ log_partition: partition }) => Number(partition) === 0) as Row;
    const counted = Number(row.counted) + 1;
    const different = await findsChanged('import_file_count', row, { counted });
    expect(different).toEqual([
      expect.stringMatching(/^book of file 1, partition 0: stored \d+\/.*, log \d+\//),
      expect.stringMatching(/^book of file 1: \d+ lines, \d+ booked$/),
    ]);
  });

  testOnServers('names a file whose lines are not all booked', async () => {
    const rows = await cluster.cql('SELECT * FROM import_file_count WHERE file_id = 1');
    const row = rows.find(({ log_partition: partition }) => Number(partition) === -1) as Row;
    const key = ['file_id', 'log_partition', 'version'];
    const different = await findsWithout('import_file_count', row, key);
    expect(different).toEqual([
      expect.stringMatching(/^book of file 1: 0 refused before the log, 2 are stored$/),
      expect.stringMatching(/^book of file 1: \d+ lines, \d+ booked$/),
    ]);
  });

  testOnServers('tells of dead letters that are gone and that nobody wrote', async () => {
    const cql = 'SELECT * FROM dead_letter WHERE file_id = 0 ALLOW FILTERING';
    const [row] = await cluster.cql(cql);
    const key = ['file_id', 'log_partition', 'bucket', 'line_no', 'offset'];
    const gone = await findsWithout('dead_letter', row, key);
    expect(gone).toEqual(['dead_letter: 1 refused with RECORD_INVALID are not stored']);
    const added = await findsAdded('dead_letter', { ...row, file_id: 1, line_no: 7 }, key);
    expect(added).toEqual([expect.stringContaining('dead_letter: the log does not refuse file 1')]);
  });

  testOnServers('tells of a snapshot that is not the state of its position', async () => {
    const heads = await cluster.cql('SELECT * FROM snapshot');
    const newestOf = (partition: number): Row =>
      heads.find(({ log_partition: found }) => Number(found) === partition) as Row;
    const [own, other] = [newestOf(0), newestOf(1)];
    const { cql, values } = where(own, snapshotKey);
    const remove = `DELETE FROM snapshot WHERE ${cql}`;
    // whole, and of the other partition
    const { snapshot_id: id, chunks, bytes, sha256 } = other;
    const foreign = { ...own, snapshot_id: id, chunks, bytes, sha256 };
    const different = await finds(
      async () => {
        await cluster.cql(remove, values);
        await cluster.insert('snapshot', foreign);
      },
      async () => {
        await cluster.cql(remove, where(foreign, snapshotKey).values);
        await cluster.insert('snapshot', own);
      },
    );
    const text = /^partition 0: state: the snapshot at \d+ is not what the log gives$/;
    expect(different).toEqual([expect.stringMatching(text)]);
  });

  testOnServers('leaves out what a process that died has written, and tells of it', async () => {
    const row = await someRecord();
    const { topicIncomingDataRecords: topic } = cluster.settings;
    const event = { key: String(row.msisdn), value: '{}' };
    const [{ partition, offset: version }] = await cluster.send(topic, [event]);
    await cluster.insert('usage_record', { ...row, version });
    const { lines, different } = await cluster.verify();
    const { cql, values } = where({ ...row, version }, recordKey);
    await cluster.cql(`DELETE FROM usage_record WHERE ${cql}`, values);
    expect(different).toEqual([]);
    const text = `partition ${partition}: 1 rows are not committed yet and left out`;
    expect(lines).toContainEqual(expect.stringContaining(text));
  });

  testOnServers('works while the program counts', async () => {
    await cluster.start();
    for (let day = 1; day <= 3; day++) {
      cluster.drop(`more-${day}.csv`, linesOfDay(day, strangersMsisdn));
      expect((await cluster.verify()).different).toEqual([]);
    }
    await cluster.counted();
    await cluster.stop();
    const { different, lines: printed } = await cluster.verify();
    expect(different).toEqual([]);
    expect(printed.at(-1)).toContain(', 5 books of files: ');
  });

  testOnServers('names messages that the log does not give', async () => {
    const { topicDataRecordsAggregates: topic } = cluster.settings;
    const [row] = await cluster.cql('SELECT * FROM message WHERE revision = 1 ALLOW FILTERING');
    const message = {
      key: String(row.key),
      timestamp: String(Number(row.timestamp)),
      headers: { id: String(row.id), type: String(row.type), revision: String(row.revision) },
      value: String(row.value),
    };
    const stranger = { key: 'nobody', value: '{"total":1}' };
    const sent = await cluster.send(topic, [message, stranger]);
    const { different } = await cluster.verify();
    expect(different).toContainEqual(expect.stringContaining(' has revision 1, behind revision '));
    for (const { partition, offset } of sent) {
      const text = `message ${topic} ${partition}/${offset}: the log does not give it: `;
      expect(different).toContainEqual(expect.stringContaining(text));
    }
    expect(different).toHaveLength(3);
  });

  testOnServers('says what to do where nothing is there', async () => {
    const elsewhere = { ...cluster.settings, cassandraKeyspace: 'not_there' };
    const verified = verify(elsewhere, createLogger({ level: 'fatal', format: 'json' }), () => 0);
    await expect(verified).rejects.toMatchObject({ code: 'CLUSTER_NOT_READY' });
  });
});
