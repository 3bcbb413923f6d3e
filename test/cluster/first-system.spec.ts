import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'cassandra-driver';
import { readTopic } from './checker/topic-reading.js';
import type { TopicMessage } from './checker/world.js';
import { settingsOf } from './faults-run/fleet.js';
import { builtMain, migrate } from './faults-run/member.js';
import { SmallCluster } from './golden-run/small-cluster.js';
import { chapterOnServers, hasServers, testOnServers } from './support/cluster-in-test.js';

jest.setTimeout(600_000);

const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const msisdn = '48917846822';
const env = { FEED_MAX_OUT_OF_ORDERNESS: 'PT0S', LOG_LEVEL: 'warn', GENERATOR: 'on' };
const cql =
  `select * from data_record where agreement_id = ${agreementId} ` +
  'and year = 2020 and month = 1';

type Row = Readonly<Record<string, unknown>>;

/** The instructions of the first system, as its users follow them, on servers that run. */
class Installation {
  private constructor(readonly cluster: SmallCluster) {}

  static async start(): Promise<Installation> {
    return new Installation(await SmallCluster.start('first_system', env));
  }

  /** `curl`. */
  async curl(path: string, init?: RequestInit): Promise<string> {
    const answer = await this.cluster.fleet.anyMember?.request(path, {
      signal: AbortSignal.timeout(60_000),
      ...init,
    });
    const text = (await answer?.text()) ?? 'no answer';
    if (!answer?.ok) throw new Error(`${path}: ${text}`);
    return text;
  }

  async graphql(query: string): Promise<unknown> {
    const body = JSON.stringify({ query });
    const headers = { 'content-type': 'application/json' };
    return JSON.parse(await this.curl('/graphql', { method: 'POST', headers, body }));
  }

  /** The console consumer, from the beginning. */
  consume(topic: 'agreements' | 'log' | 'messages'): Promise<TopicMessage[]> {
    const { kafkaPort, topics } = this.cluster.place;
    return readTopic(kafkaPort, topics[topic]);
  }

  /** `cqlsh`. */
  async cqlsh(query = cql): Promise<Row[]> {
    const { cassandraPort, keyspace } = this.cluster.place;
    const client = new Client({
      contactPoints: [`127.0.0.1:${cassandraPort}`],
      ...{ localDataCenter: 'datacenter1', keyspace },
    });
    try {
      return (await client.execute(query)).rows;
    } finally {
      await client.shutdown();
    }
  }

  /** Waits until the topic has so many messages. */
  async until(topic: 'log' | 'messages', count: number): Promise<TopicMessage[]> {
    for (let tries = 0; tries < 300; tries++) {
      const found = await this.consume(topic);
      if (found.length >= count) return found;
      await sleep(200);
    }
    throw new Error(`${topic} has not ${count} messages:\n${this.cluster.output}`);
  }

  /** Stops the program, `npm run reset -- --yes`, and starts it again. */
  async startAgainAsNew(): Promise<void> {
    const { fleet, place } = this.cluster;
    await fleet.slots[0].member?.stop();
    fleet.slots[0].isWanted = false;
    const settings = { STORE: 'cluster', DATA_DIR: fleet.folder, ...settingsOf(place), ...env };
    const { status, stdout, stderr } = spawnSync(process.execPath, [builtMain, 'reset', '--yes'], {
      env: {
        ...{ PATH: process.env.PATH, ...settings },
        MOBILECS_INCOMING_DATA_RECORDS_DIR: fleet.incoming,
      },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`reset ended with ${status}: ${stdout}${stderr}`);
    await migrate(fleet.folder, { ...settingsOf(place), ...env });
    await fleet.start(fleet.slots[0]);
  }
}

const bytesOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, row) => sum + Number(row.recorded_bytes), 0);

const types = (messages: readonly TopicMessage[]): string[] =>
  messages.map(({ value }) => (JSON.parse(value) as { type: string }).type);

describe(chapterOnServers('the instructions of the first system'), () => {
  let installation: Installation;

  beforeAll(async () => {
    if (hasServers) installation = await Installation.start();
  });
  afterAll(() => installation?.cluster.remove());

  testOnServers('generated agreements are seen on topic agreements, once each', async () => {
    expect(await installation.curl('/api/agreements/generate')).toContain(agreementId);
    const posted = {
      ...{ id: 'dddddddd-0000-4000-8000-000000000001', msisdn: '48700000001' },
      ...{ signedAt: '2031-01-01T00:00+01:00[Europe/Warsaw]' },
      ...{ serviceStartAt: '2020-01-01T00:00+01:00[Europe/Warsaw]' },
      ...{ billingPeriodTimeZone: 'Europe/Warsaw', maxBytesInBillingPeriod: 5 },
    };
    await installation.cluster.postAgreements([posted]);
    await installation.cluster.postAgreements([posted]); // its answer was lost, say
    const agreements = await installation.consume('agreements');
    const seen = new Map(
      agreements.map(({ key, timestampMs, value }) => [key, [timestampMs, value]]),
    );
    expect(agreements).toHaveLength(2);
    const [signedAtMs, value] = seen.get(msisdn) as [number, string];
    const generated = JSON.parse(value) as { signedAt: string };
    expect(generated).toEqual({
      ...{
        id: agreementId,
        msisdn,
        signedAt: expect.stringContaining('[Europe/Warsaw]') as string,
      },
      serviceStartAt: '2020-01-01T00:00+01:00[Europe/Warsaw]',
      ...{ billingPeriodTimeZone: 'Europe/Warsaw', maxBytesInBillingPeriod: 5368709120 },
    });
    expect(Date.parse(generated.signedAt.replace(/\[.*/, ''))).toBe(signedAtMs);
    expect(seen.get(posted.msisdn)).toEqual([
      Date.parse('2031-01-01T00:00+01:00'),
      JSON.stringify(posted),
    ]);
  });

  testOnServers('generated records are read, and the messages are sent', async () => {
    await installation.curl('/api/incoming-data-records/generate');
    const messages = await installation.until('messages', 2);
    expect(types(messages)).toEqual(['DATA_PLAN_EXCEEDED', 'BILLING_PERIOD_CLOSED']);
    for (const message of messages) {
      expect(message).toMatchObject({ key: agreementId, timestampMs: 1580511599999 });
    }
    expect(JSON.parse(messages[1].value)).toMatchObject({
      ...{ agreementId, year: 2020, month: 1, totalRecordedBytes: 13559994361 },
      latestRecordedAt: 'Thu Jan 30 23:00:00 UTC 2020',
      latestInternalRecordId: 'b58a3008-23a9-384c-b4e6-2cc837d1ef07',
    });
    const records = (await installation.consume('log')).filter(({ headers }) => !headers.type);
    expect(records.length).toBeGreaterThan(28);
    expect(records[0]).toMatchObject({ key: msisdn, timestampMs: 1577919600000 });
    expect(JSON.parse(records[0].value)).toMatchObject({ msisdn, recordedBytes: 825012938 });
  });

  testOnServers('the month is in cqlsh and REST, newest first, with its total', async () => {
    const rows = await installation.cqlsh();
    expect(rows.length).toBe(30);
    expect(bytesOf(rows)).toBe(13559994361);
    const times = rows.map((row) => (row.recorded_at as Date).toISOString());
    expect(times).toEqual([...times].sort().reverse());
    for (const month of ['1', '01']) {
      const path = `/api/data-records/${agreementId}/2020/${month}`;
      const found = JSON.parse(await installation.curl(path)) as {
        key: { internalRecordId: string };
        recordedBytes: number;
      }[];
      expect(found.map(({ key, recordedBytes }) => [key.internalRecordId, recordedBytes])).toEqual(
        rows.map((row) => [String(row.internal_record_id), Number(row.recorded_bytes)]),
      );
    }
    const total = await installation.curl(
      `/api/data-records/${agreementId}/2020/1/total-data-used`,
    );
    expect(total.trim().split('\n')).toEqual(['13559994361 B', '13242182 KB', '12932 MB', '13 GB']);
  });

  testOnServers('a record that is changed by PUT or GraphQL is changed in cqlsh', async () => {
    const [row] = await installation.cqlsh();
    const change = {
      recordedAt: (row.recorded_at as Date).toISOString(),
      internalRecordId: String(row.internal_record_id),
      recordedBytes: 7,
    };
    const bytes = async () => Number((await installation.cqlsh())[0].recorded_bytes);
    await installation.curl(`/api/data-records/${agreementId}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
    expect(await bytes()).toBe(7);
    const upsert = await installation.graphql(
      `mutation { upsertDataRecord(agreementId: "${agreementId}", upsertRequest: {` +
        `recordedAt: "${change.recordedAt}", internalRecordId: "${change.internalRecordId}", ` +
        'recordedBytes: 8 }) { recordedBytes key { year month } } }',
    );
    expect(upsert).toEqual({
      data: { upsertDataRecord: { recordedBytes: 8, key: { year: 2020, month: 1 } } },
    });
    expect(await bytes()).toBe(8);
    expect(await installation.cqlsh()).toHaveLength(30);
    const of = `agreementId: "${agreementId}", year: 2020, month: 1`;
    const found = (await installation.graphql(
      `{ findDataRecords(${of}) { recordedBytes } getTotalDataUsage(${of}) }`,
    )) as { data: { findDataRecords: unknown[]; getTotalDataUsage: string } };
    expect(found.data.findDataRecords).toHaveLength(30);
    expect(found.data.getTotalDataUsage).toContain(' B');
  });

  testOnServers('records made directly are in cqlsh too', async () => {
    const before = (await installation.cqlsh('select * from data_record')).length;
    await installation.curl('/api/data-records/generate?batch-size=2');
    const rows = await installation.cqlsh('select * from data_record');
    expect(rows.length).toBeGreaterThan(before);
  });

  testOnServers('reset and start again: as new, with the same outcome', async () => {
    await installation.startAgainAsNew();
    expect(await installation.cqlsh('select * from data_record')).toEqual([]);
    await installation.curl('/api/agreements/generate');
    expect((await installation.consume('agreements')).map(({ key }) => key)).toEqual([msisdn]);
    await installation.curl('/api/incoming-data-records/generate');
    expect(types(await installation.until('messages', 2))).toEqual([
      'DATA_PLAN_EXCEEDED',
      'BILLING_PERIOD_CLOSED',
    ]);
    expect(bytesOf(await installation.cqlsh())).toBe(13559994361);
  });
});
