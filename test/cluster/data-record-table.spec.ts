import { agreementToJson } from '../../src/agreements/index.js';
import { fillDataRecord } from '../../src/commands/fill-data-record.js';
import { AgreementsGenerator, CdrFileGenerator } from '../../src/generator/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { VerifiedCluster } from './verify-run/verified-cluster.js';

jest.setTimeout(300_000);

const subscribers = 5;
const recordId = (at: number): string => `a0ffee00-0000-4000-8000-${String(at).padStart(12, '0')}`;

/** Some records of a day of February 2020, one a minute. */
const linesOfDay = (day: number, msisdn: string): string =>
  Array.from({ length: 300 }, (_, minute) => {
    const time = new Date(Date.UTC(2020, 1, day, 0, minute)).toISOString();
    return `${recordId(1000 * day + minute)};${time};${msisdn};${minute}`;
  }).join('\n') + '\n';

describe(chapterOnServers('table data_record'), () => {
  const agreements = new AgreementsGenerator().next(subscribers);
  const [agreement] = agreements;
  const msisdn = String(agreement.msisdn);
  let cluster: VerifiedCluster;

  beforeAll(async () => {
    cluster = await VerifiedCluster.make({ DATA_RECORD_TABLE: 'on' });
    await cluster.start();
    await cluster.post('/api/agreements', agreements.map(agreementToJson));
    const file = new CdrFileGenerator().nextFile({ batchSize: subscribers, months: 2 });
    cluster.drop('first.csv', Buffer.concat([...file.chunks()]).toString());
    await cluster.counted();
    cluster.drop('late.csv', `${recordId(1)};2020-01-05T12:00Z;${msisdn};11\n`);
    await cluster.counted();
    await correct(12);
    await cluster.stop();
  });
  afterAll(() => cluster?.remove());

  const correct = (recordedBytes: number): Promise<void> =>
    cluster.put(`/api/data-records/${agreement.id}`, {
      ...{ recordedAt: '2020-01-05T12:00:00Z', internalRecordId: recordId(1), recordedBytes },
    });

  type Row = Record<string, unknown>;
  const corrected = async (): Promise<Row> => {
    const cql = 'SELECT * FROM data_record WHERE agreement_id = ? AND year = 2020 AND month = 1';
    const rows = await cluster.cql(cql, [agreement.id]);
    return rows.find((row) => String(row['internal_record_id']) === recordId(1)) as Row;
  };
  const isWhole = async (): Promise<unknown> => {
    const [row] = await cluster.cql("SELECT value FROM schema_info WHERE name = 'data_record'");
    return row?.['value'];
  };
  const refill = async (): Promise<number> => {
    await cluster.cql('TRUNCATE data_record');
    return fillDataRecord(cluster.settings, () => undefined);
  };

  testOnServers('verify finds nothing where the program wrote every record', async () => {
    expect(Number((await corrected())['recorded_bytes'])).toBe(12);
    expect((await cluster.verify()).different).toEqual([]);
    expect(await isWhole()).toBe('whole');
  });

  testOnServers('verify names rows that are gone, others, and of nobody', async () => {
    const row = await corrected();
    const [other] = await cluster.cql('SELECT * FROM data_record WHERE month = 2 ALLOW FILTERING');
    const gone = 'agreement_id = ? AND year = 2020 AND month = 2 AND recorded_at = ?';
    const key = [other['agreement_id'], other['recorded_at']];
    await cluster.cql(`DELETE FROM data_record WHERE ${gone}`, key);
    await cluster.insert('data_record', { ...row, recorded_bytes: 13 });
    await cluster.insert('data_record', { ...row, month: 3 });
    const stranger = { ...row, agreement_id: recordId(7) };
    await cluster.insert('data_record', stranger);
    const { different, lines } = await cluster.verify();
    const missing = different.filter((line) => line.includes('the log gives a row that is not'));
    expect(missing.every((line) => line.includes(` 2020-2 `))).toBe(true);
    expect(missing.length).toBeGreaterThan(0);
    const rest = different.filter((line) => !missing.includes(line));
    expect(rest).toHaveLength(3);
    for (const expected of [
      expect.stringMatching(/: stored is .* 13 bytes; the log gives .* version \d+: 12 bytes$/),
      expect.stringContaining(`the log does not give the row ${agreement.id} 2020-3 `),
      expect.stringContaining(`the log does not give the row ${recordId(7)} 2020-1 `),
    ]) {
      expect(rest).toContainEqual(expected);
    }
    expect(lines.join('\n')).toContain('npm run migrate -- --data-record');
  });

  testOnServers('is written anew from usage_record, as often as one likes', async () => {
    const written = await refill();
    const [{ count }] = await cluster.cql('SELECT count(*) FROM data_record');
    expect(Number(count)).toBe(written);
    expect(await fillDataRecord(cluster.settings, () => undefined)).toBe(written);
    expect((await cluster.verify()).different).toEqual([]);
  });

  testOnServers('a row missing in usage_record is no difference of data_record', async () => {
    const rows = await cluster.cql('SELECT * FROM usage_record WHERE file_id = 1 ALLOW FILTERING');
    const key = ['shard', 'day', 'msisdn', 'recorded_at', 'record_id', 'version'];
    const [row] = rows;
    const where = key.map((name) => `${name} = ?`).join(' AND ');
    await cluster.cql(
      `DELETE FROM usage_record WHERE ${where}`,
      key.map((name) => row[name]),
    );
    const { different } = await cluster.verify();
    await cluster.insert('usage_record', row);
    expect(different).not.toEqual([]);
    expect(different.filter((line) => line.includes('data_record:'))).toEqual([]);
  });

  testOnServers('is marked once something was counted without it, until it is filled', async () => {
    await cluster.start({ dataRecordTable: false });
    cluster.drop('unseen.csv', linesOfDay(1, msisdn));
    await cluster.counted();
    await correct(14);
    await cluster.stop();
    expect(await isWhole()).toBe('rows are missing');
    await cluster.start();
    expect(await isWhole()).toBe('rows are missing');
    // beside the program, while it counts and corrects
    cluster.drop('more.csv', linesOfDay(2, msisdn));
    await Promise.all([fillDataRecord(cluster.settings, () => undefined), correct(15)]);
    expect((await cluster.verify()).different).toEqual([]);
    await cluster.counted();
    await cluster.stop();
    expect(Number((await corrected())['recorded_bytes'])).toBe(15);
    expect((await cluster.verify()).different).toEqual([]);
    expect(await isWhole()).toBe('whole');
  });
});
