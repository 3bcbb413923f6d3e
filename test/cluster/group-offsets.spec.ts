import { Partitioners, type Admin, type Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupOffsets, newKafka } from '../../src/platform/kafka/index.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

let kafka: Kafka;
let admin: Admin;

beforeAll(async () => {
  const log = { debug: () => undefined, warn: () => undefined };
  kafka = newKafka({ bootstrapServers: [sharedServers().kafka], clientId: 'offsets' }, log);
  admin = kafka.admin();
  await admin.connect();
});

afterAll(() => admin.disconnect());

const producerOf = async (transactionalId: string) => {
  const producer = kafka.producer({
    ...{ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 20_000 },
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
};

describe(chapterOnServers('the position of a partition'), () => {
  testOnServers('is told behind the transaction that moves it, not before', async () => {
    const name = nameOfSpec('offsets');
    await admin.createTopics({ topics: [{ topic: name, numPartitions: 2 }], waitForLeaders: true });
    const offsets = new GroupOffsets({ kafka, admin }, { groupId: name, topic: name });
    expect(await offsets.of(1)).toEqual({ offset: 0, cursor: 0 });

    const producer = await producerOf(name);
    const moveTo = async (offset: string, metadata: string) => {
      const transaction = await producer.transaction();
      const topics = [{ topic: name, partitions: [{ partition: 1, offset, metadata }] }];
      for (;;) {
        const sent = transaction.sendOffsets({ consumerGroupId: name, topics });
        const type = await sent.catch((error: { type?: string }) => error.type ?? 'unknown');
        if (type === undefined) return transaction;
        // normal right behind a commit
        if (type !== 'CONCURRENT_TRANSACTIONS') throw new Error(type);
        await sleep(20);
      }
    };
    await (await moveTo('7', '')).commit();
    expect(await offsets.of(1)).toEqual({ offset: 7, cursor: 0 });

    const open = await moveTo('9', '3');
    let isTold = false;
    const asked = offsets.of(1).finally(() => (isTold = true));
    await sleep(500);
    expect(isTold).toBe(false);
    expect((await offsets.all()).get(1)).toEqual({ offset: 7, cursor: 0 });
    await open.commit();
    expect(await asked).toEqual({ offset: 9, cursor: 3 });
    expect(await offsets.of(0)).toEqual({ offset: 0, cursor: 0 });

    const undone = await moveTo('20', '');
    const behind = offsets.of(1);
    await undone.abort();
    expect(await behind).toEqual({ offset: 9, cursor: 3 });
    await producer.disconnect();
  });
});
