import { Kafka, logLevel, type Admin } from 'kafkajs';
import { newKafka, RecordWriter, TopicReader } from '../../src/platform/kafka/index.js';
import { chapterOnServers, hasServers, testOnServers } from './support/cluster-in-test.js';
import { KafkaProxy, onlyNth } from './support/kafka-proxy.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

jest.setTimeout(60_000);

const topic = nameOfSpec('record-writer');
let admin: Admin;
let proxy: KafkaProxy;

const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const silent = { debug: () => undefined, warn: () => undefined };

beforeAll(async () => {
  if (!hasServers) return;
  const brokers = [sharedServers().kafka];
  admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  proxy = await KafkaProxy.listen(Number(brokers[0].split(':')[1]));
});

afterAll(async () => {
  await proxy?.close();
  await admin?.disconnect();
});

const clientOf = (bootstrapServer: string) =>
  newKafka({ bootstrapServers: [bootstrapServer], clientId: 'writer' }, silent);

describe(chapterOnServers('writes at once, as over REST'), () => {
  testOnServers('each that is acknowledged is in the log when an answer is lost', async () => {
    const writer = new RecordWriter(clientOf(`127.0.0.1:${proxy.port}`), topic);
    await writer.write([[{ value: 'first' }]]);
    proxy.lose({ api: 'Produce', isLost: onlyNth(2), how: 'reset' });
    const writes = values.map((value) => writer.write([[{ value }]]));
    const outcomes = await Promise.allSettled(writes);
    await writer.close();
    expect(proxy.lostOf('Produce')).toBe(1);
    const acknowledged = values.filter((_, index) => outcomes[index].status === 'fulfilled');
    const reader = new TopicReader(clientOf(sharedServers().kafka), topic, 1);
    const there = (await reader.all()).map(({ value }) => value);
    await reader.close();
    expect(acknowledged.filter((value) => !there.includes(value))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(values.length / 2);
    expect(there.length).toBe(new Set(there).size);
  });
});
