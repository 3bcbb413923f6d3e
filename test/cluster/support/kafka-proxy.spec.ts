import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, Partitioners, type Admin, type Producer } from 'kafkajs';
import { ClusterInTest, chapterOnServers, testOnServers } from './cluster-in-test.js';
import type { KafkaApi } from './kafka-frames.js';
import { byChance, KafkaProxy, onlyNth } from './kafka-proxy.js';
import { logEnds } from '../checker/log-ends.js';
import { TcpProxy } from './tcp-proxy.js';

jest.setTimeout(120_000);

const retry = { initialRetryTime: 5, multiplier: 1.5, factor: 0, maxRetryTime: 200, retries: 40 };
const topic = 'proxied';
const group = 'proxied-group';

/** A pair of servers of another run saves the start: OVERAGE_TEST_KAFKA_PORT names it. */
const givenPort = Number(process.env.OVERAGE_TEST_KAFKA_PORT ?? 0);

let cluster: ClusterInTest | undefined;
let brokerPort: number;
let proxy: KafkaProxy;
let tcp: TcpProxy;
let direct: Admin;

const clientOf = (port: number): Kafka =>
  new Kafka({
    ...{ brokers: [`127.0.0.1:${port}`], retry, requestTimeout: 2000 },
    logLevel: logLevel.NOTHING,
  });

beforeAll(async () => {
  if (givenPort === 0) {
    cluster = await ClusterInTest.make();
    await cluster.run('up');
  }
  brokerPort = cluster?.ports.kafka ?? givenPort;
  direct = clientOf(brokerPort).admin();
  await direct.connect();
  await direct.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  for (let tries = 0; tries < 100; tries++) {
    const found = await direct.fetchOffsets({ groupId: group, topics: [topic] }).catch(() => null);
    if (found !== null) break;
  }
});

afterAll(async () => {
  if (givenPort !== 0) await direct?.deleteTopics({ topics: [topic] });
  await direct?.disconnect();
  await cluster?.run('down');
  cluster?.remove();
});

beforeEach(async () => {
  proxy = await KafkaProxy.listen(brokerPort);
  tcp = await TcpProxy.listen(proxy.port);
  proxy.advertiseAs(tcp.port);
});

afterEach(async () => {
  await tcp.close();
  await proxy.close();
});

const newProducer = async (id: string): Promise<Producer> => {
  const producer = clientOf(tcp.port).producer({
    ...{ transactionalId: id, idempotent: true, maxInFlightRequests: 1 },
    ...{ retry: { ...retry, retries: 3 }, transactionTimeout: 30_000 },
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
};

const endOffset = async (): Promise<number> => (await logEnds(brokerPort, topic, [0]))[0].all;

const committedOffset = async (): Promise<number> => {
  const [found] = await direct.fetchOffsets({ groupId: group, topics: [topic] });
  return Number(found.partitions[0]?.offset ?? -1);
};

/** One message and one position in a transaction. */
const transact = async (producer: Producer, offset: number): Promise<void> => {
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ key: 'k', value: 'v' }] });
  const topics = [{ topic, partitions: [{ partition: 0, offset: String(offset) }] }];
  for (let tries = 0; ; tries++) {
    try {
      await transaction.sendOffsets({ consumerGroupId: group, topics });
      break;
    } catch (error) {
      if ((error as { type?: string }).type !== 'CONCURRENT_TRANSACTIONS' || tries > 50)
        throw error;
    }
  }
  await transaction.commit();
};

describe(chapterOnServers('the proxy that loses answers of Kafka'), () => {
  testOnServers('without a rule all goes through it, and nothing goes round it', async () => {
    const producer = await newProducer('plain');
    const before = await endOffset();
    await transact(producer, 7);
    await producer.disconnect();
    // the message, and the mark of the commit that is written a moment behind the answer
    while ((await endOffset()) < before + 2) await sleep(20);
    expect(await endOffset()).toBe(before + 2);
    expect(await committedOffset()).toBe(7);
    for (const api of ['EndTxn', 'Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit'] as const) {
      expect([api, proxy.passed.get(api)]).toEqual([api, expect.any(Number)]);
    }
    expect(proxy.lost.size).toBe(0);
    expect(tcp.opened).toBeGreaterThan(0);
  });

  testOnServers('a lost answer of EndTxn: the transaction is committed all the same', async () => {
    const producer = await newProducer('lost-end');
    proxy.lose({ api: 'EndTxn', isLost: onlyNth(1), how: 'reset' });
    const before = await endOffset();
    await expect(transact(producer, 11)).rejects.toThrow();
    await producer.disconnect();
    expect(proxy.lostOf('EndTxn')).toBe(1);
    for (let tries = 0; tries < 100 && (await committedOffset()) !== 11; tries++);
    expect(await committedOffset()).toBe(11);
    expect(await endOffset()).toBe(before + 2);
  });

  testOnServers('a lost answer of Produce: the message is in the log', async () => {
    const producer = await newProducer('lost-produce');
    const before = await endOffset();
    proxy.lose({ api: 'Produce', isLost: onlyNth(1), how: 'reset' });
    const transaction = await producer.transaction();
    const sent = transaction.send({ topic, messages: [{ value: 'v' }] });
    await sent.catch(() => undefined);
    expect(proxy.lostOf('Produce')).toBe(1);
    expect(await endOffset()).toBe(before + 1);
    await transaction.abort().catch(() => undefined);
    await producer.disconnect();
  });

  const others: KafkaApi[] = ['AddOffsetsToTxn', 'TxnOffsetCommit', 'InitProducerId', 'Fetch'];

  testOnServers.each(others)('the answer of %s can be lost', async (api) => {
    proxy.lose({ api, isLost: onlyNth(1), how: 'reset' });
    if (api === 'Fetch') await readOne();
    else {
      const producer = await newProducer(`lost-${api}`).catch(() => undefined);
      if (producer) await transact(producer, 21).catch(() => undefined);
      await producer?.disconnect();
    }
    expect(proxy.lostOf(api)).toBe(1);
  });

  const readOne = async (): Promise<void> => {
    const consumer = clientOf(tcp.port).consumer({ groupId: 'proxied-reader', retry });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((read, failed) => {
      consumer.run({ autoCommit: false, eachMessage: async () => read() }).catch(failed);
    });
    await consumer.disconnect();
  };

  testOnServers('a silent answer leaves the connection open, others pass', async () => {
    const producer = await newProducer('silent');
    proxy.lose({ api: 'EndTxn', isLost: onlyNth(1), how: 'silence' });
    let ended = false;
    const transacted = transact(producer, 31).finally(() => (ended = true));
    transacted.catch(() => undefined);
    for (let tries = 0; tries < 200 && (await committedOffset()) !== 31; tries++);
    expect(await committedOffset()).toBe(31);
    expect([proxy.lostOf('EndTxn'), ended]).toEqual([1, false]);
    await tcp.close();
    await transacted.catch(() => undefined);
    await producer.disconnect();
  });

  testOnServers('by chance about the share that was asked for is lost', async () => {
    let draw = 0;
    const everyThird = (): number => (draw++ % 3) / 3;
    proxy.lose({ api: 'Produce', isLost: byChance(0.2, everyThird), how: 'reset' });
    const producer = clientOf(tcp.port).producer({ retry: { retries: 0 } });
    await producer.connect();
    let failed = 0;
    for (let n = 0; n < 9; n++) {
      const sent = producer.send({ topic, messages: [{ value: 'v' }] });
      await sent.catch(() => failed++);
    }
    await producer.disconnect();
    expect(proxy.lostOf('Produce')).toBe(3);
    expect(proxy.passed.get('Produce')).toBe(6);
    expect(failed).toBe(3);
  });
});
