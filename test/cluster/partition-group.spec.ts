import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { newKafka, PartitionGroup } from '../../src/platform/kafka/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { KafkaProxy } from './support/kafka-proxy.js';
import { nameOfSpec, sharedServers } from './support/servers.js';
import { TcpProxy } from './support/tcp-proxy.js';

jest.setTimeout(180_000);

const log = { debug: () => undefined, warn: () => undefined };
const clientOf = (address: string): Kafka =>
  newKafka({ bootstrapServers: [address], clientId: 'group' }, log);

const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (const endMs = Date.now() + 40_000; !(await isSo()); await sleep(50)) {
    if (Date.now() > endMs) throw new Error(`not in time: ${what}`);
  }
};

describe(chapterOnServers('the membership of a process'), () => {
  let admin: Admin;
  let proxy: KafkaProxy;
  let tcp: TcpProxy;
  beforeAll(async () => {
    const { kafka } = sharedServers();
    admin = clientOf(kafka).admin();
    await admin.connect();
    proxy = await KafkaProxy.listen(Number(kafka.split(':')[1]));
    tcp = await TcpProxy.listen(proxy.port);
    proxy.advertiseAs(tcp.port);
  });
  afterAll(async () => {
    await admin.disconnect();
    await tcp.close();
    await proxy.close();
  });

  testOnServers('is one, however often its connections break', async () => {
    const topic = nameOfSpec('membership');
    await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
    let own: ReadonlySet<number> = new Set();
    const group = new PartitionGroup(clientOf(`127.0.0.1:${tcp.port}`), {
      ...{ groupId: topic, topic, sessionTimeoutMs: 6000, log },
      onAssigned: (partitions) => (own = partitions),
      onLeft: () => (own = new Set()),
    });
    const members = async (): Promise<number> =>
      (await admin.describeGroups([topic])).groups[0].members.length;
    group.start();
    for (let round = 0; round < 10; round++) {
      await until('all partitions', () => own.size === 4);
      // short and long: while it asks for records, while it joins again
      for (let cut = 0; cut <= round % 4; cut++) {
        tcp.set({ kind: 'reset' });
        await sleep(150 + 400 * (round % 3));
        tcp.set({ kind: 'none' });
        await sleep(200 * cut);
      }
    }
    await until('all partitions', () => own.size === 4);
    // members of before are forgotten behind the timeout of their session, unless they go on
    await until('one member', async () => (await members()) === 1 && own.size === 4);
    await sleep(7000);
    expect([await members(), own.size]).toEqual([1, 4]);
    await group.stop();
    await until('nobody', async () => (await members()) === 0);
  });
});
