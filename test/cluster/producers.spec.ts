import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertRight } from './checker/check.js';
import { slotOf } from './checker/slots.js';
import { newClient } from './checker/topic-reading.js';
import { SmallCluster } from './golden-run/small-cluster.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';

jest.setTimeout(600_000);

const cache = process.env.CLUSTER_CACHE_DIR ?? join(process.cwd(), 'node_modules/.cache/cluster');

/** Runs Java's console producer to its end on these lines. */
const produce = async (
  port: number,
  topic: string,
  { lines, properties = [] }: { lines: readonly string[]; properties?: readonly string[] },
): Promise<void> => {
  const jars = readdirSync(cache).find((name) => /^kafka-\d/.test(name));
  const main = jars?.startsWith('kafka-3') ? 'kafka' : 'org.apache.kafka';
  const { JAVA_HOME: home } = process.env;
  const java = home ? join(home, 'bin/java') : 'java';
  const child = spawn(java, [
    ...['-Xmx128m', '-cp', join(cache, jars ?? '', '*'), `${main}.tools.ConsoleProducer`],
    ...['--bootstrap-server', `127.0.0.1:${port}`, '--topic', topic],
    ...properties.flatMap((property) => ['--property', property]),
  ]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  if (code !== 0 || /ERROR/.test(said)) throw new Error(`the producer ended with ${code}: ${said}`);
};

const keyed = ['parse.key=true', 'key.separator=|'];

let cluster: SmallCluster | undefined;

afterEach(async () => {
  await cluster?.remove();
  cluster = undefined;
});

const agreementOf = (msisdn: string, id: string): object => ({
  ...{ id, msisdn, signedAt: '2019-11-20T00:00+01:00[Europe/Warsaw]' },
  ...{ serviceStartAt: '2019-12-01T00:00+01:00[Europe/Warsaw]' },
  ...{ billingPeriodTimeZone: 'Europe/Warsaw', maxBytesInBillingPeriod: 1000 },
});

const recordOf = (msisdn: string, at: number): object => ({
  ...{ externalId: `cccccccc-0000-4000-8000-${String(at).padStart(12, '0')}` },
  ...{ recordedAt: new Date(Date.UTC(2020, 0, 5 + (at % 20))).toISOString(), msisdn },
  recordedBytes: 100 + at,
});

const msisdns = Array.from({ length: 8 }, (_, at) => String(48_700_000_000 + at * 7919));
const ids = msisdns.map((_, at) => `dddddddd-0000-4000-8000-${String(at).padStart(12, '0')}`);

/** Waits until the log holds so many messages and all of them are counted. */
const counted = async (running: SmallCluster, messages: number): Promise<void> => {
  const admin = newClient(running.place.kafkaPort).admin();
  await admin.connect();
  for (let tries = 0; tries < 300; tries++) {
    const ends = await admin.fetchTopicOffsets(running.place.topics.log);
    const written = ends.reduce((sum, { high }) => sum + Number(high), 0);
    if (written >= messages) break;
    await sleep(100);
  }
  await admin.disconnect();
  await running.done();
};

describe(chapterOnServers('records and agreements of other producers'), () => {
  testOnServers('keyed ones of the Java console producer are counted, each once', async () => {
    cluster = await SmallCluster.start('keyed', { LOG_LEVEL: 'warn' });
    const { kafkaPort, topics } = cluster.place;
    const agreements = msisdns.map((msisdn, at) => [msisdn, agreementOf(msisdn, ids[at])]);
    const records = msisdns.flatMap((msisdn, at) =>
      Array.from({ length: 10 }, (_, n) => [msisdn, recordOf(msisdn, at * 10 + n)]),
    );
    const line = ([key, value]: readonly unknown[]): string => `${key}|${JSON.stringify(value)}`;
    await produce(kafkaPort, topics.agreements, { lines: agreements.map(line), properties: keyed });
    await counted(cluster, agreements.length);
    // As if they were lines of a file of ours: that is not looked at.
    const zeros = '00000000-0000-0000-0000-000000000000';
    const claiming = records.map(([msisdn, record], at) => {
      return [msisdn, { ...(record as object), internalId: zeros, fileId: 1, lineNo: at + 1 }];
    });
    await produce(kafkaPort, topics.log, { lines: claiming.map(line), properties: keyed });
    // Once more, as they are: all of them are duplicates.
    await produce(kafkaPort, topics.log, { lines: records.map(line), properties: keyed });
    await counted(cluster, agreements.length + 2 * records.length);
    const world = await cluster.stopAndRead();
    assertRight(world);
    expect(world.agreements.map(({ id }) => id).sort()).toEqual(ids);
    expect(world.rows).toHaveLength(records.length);
    expect(world.rows.every(({ status }) => status === 'counted')).toBe(true);
    expect(world.messages.map(({ headers }) => headers.type)).toEqual(
      msisdns.map(() => 'DATA_PLAN_EXCEEDED'),
    );
  });

  testOnServers(
    'an unkeyed one in another partition is refused with a code, not counted',
    async () => {
      cluster = await SmallCluster.start('unkeyed', { LOG_LEVEL: 'warn' });
      const { kafkaPort, topics, partitions } = cluster.place;
      await cluster.postAgreements(msisdns.map((msisdn, at) => agreementOf(msisdn, ids[at])));
      const records = msisdns.map((msisdn, at) => JSON.stringify(recordOf(msisdn, at)));
      // Without a key the producer puts all of them into one partition after the other.
      await produce(kafkaPort, topics.log, { lines: records });
      const lines = msisdns.map((msisdn, at) => `${msisdn}|${records[at]}`);
      await produce(kafkaPort, topics.log, { lines, properties: keyed });
      await counted(cluster, 3 * msisdns.length);
      const world = await cluster.stopAndRead();
      assertRight(world);
      const wrong = world.log.filter(({ headers, value, partition }) => {
        const { msisdn } = JSON.parse(value) as { msisdn: string };
        return headers.type === undefined && slotOf(msisdn, partitions) !== partition;
      });
      expect(wrong.length).toBeGreaterThan(0);
      expect(
        world.deadLetters
          .map(({ logPartition, offset, code }) => [logPartition, offset, code])
          .sort(),
      ).toEqual(wrong.map((one) => [one.partition, one.offset, 'EVENT_IN_WRONG_PARTITION']).sort());
      // Each has been counted once, from the partition it belongs to.
      expect(world.rows).toHaveLength(msisdns.length);
    },
  );

  testOnServers('what is no record or agreement is refused with its text', async () => {
    cluster = await SmallCluster.start('unreadable', { LOG_LEVEL: 'warn' });
    const { kafkaPort, topics } = cluster.place;
    const lines = ['no json', '{}', '[]', '{"externalId":"x"}'];
    await produce(kafkaPort, topics.log, { lines });
    await produce(kafkaPort, topics.agreements, { lines: ['no json', '{"id":5}'] });
    await counted(cluster, lines.length + 2);
    const world = await cluster.stopAndRead();
    expect(world.deadLetters).toHaveLength(6);
    for (const { code } of world.deadLetters) expect(code).toMatch(/^[A-Z_]+$/);
    expect([world.rows, world.messages]).toEqual([[], []]);
  });
});
