import type { Kafka } from 'kafkajs';
import { Fault } from '../../../streaming/index.js';
import { PartitionFetcher } from './partition-fetcher.js';
import { RecordBuffer } from './record-chunks.js';

const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch(of: object): Promise<{ buffer: Buffer }>;
};

const batchOf = async (firstOffset: number, count: number, more: object = {}): Promise<Buffer> => {
  const records = new RecordBuffer();
  for (let at = 0; at < count; at++) records.push({ value: String(firstOffset + at) });
  const encoded = { buf: records.bytes, buffer: records.bytes };
  const { buffer } = await RecordBatch({
    ...{ firstOffset, lastOffsetDelta: Math.max(0, count - 1), ...more },
    records: count === 0 ? [] : [encoded],
  });
  buffer.writeInt32BE(count, 57); // one buffer holds them all
  return withChecksum(buffer);
};

const crc32C = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
  bytes: Buffer,
) => number;

const withChecksum = (batch: Buffer): Buffer => {
  batch.writeUInt32BE(crc32C(batch.subarray(21)), 17);
  return batch;
};

/** A mark that ends a transaction. */
const markAt = async (firstOffset: number, producerId: number, isCommit: boolean) => {
  const records = new RecordBuffer();
  records.push({ key: Buffer.of(0, 0, 0, isCommit ? 1 : 0), value: null });
  const encoded = { buf: records.bytes, buffer: records.bytes };
  const of = { firstOffset, producerId, transactional: true, records: [encoded] };
  const { buffer } = await RecordBatch(of);
  buffer.writeUInt16BE(buffer.readUInt16BE(21) | 0x20, 21);
  return withChecksum(buffer);
};

interface Answer {
  readonly records: Buffer;
  readonly aborted?: readonly { producerId: string; firstOffset: string }[];
}

type Reply = Answer | 'throttled' | 'refused' | Error;

/** A broker that gives these answers, one after the other; the last one again and again. */
const brokerWith = (...replies: readonly Reply[]) => {
  const calls = { sends: 0, connects: 0, disconnects: 0, refreshes: 0 };
  const answerOf = (reply: Reply): Promise<object> => {
    if (reply instanceof Error) return Promise.reject(reply);
    if (reply === 'throttled') return Promise.resolve({ responses: [], errorCode: 0 });
    if (reply === 'refused') return Promise.resolve({ responses: [], errorCode: 70 });
    const { records, aborted: abortedTransactions = [] } = reply;
    const data = { records, abortedTransactions, lastStableOffset: '100' };
    return Promise.resolve({ responses: [{ partitions: [data] }] });
  };
  const broker = {
    connectionPool: {
      send: () => answerOf(replies[Math.min(calls.sends++, replies.length - 1)]),
    },
    disconnect: () => Promise.resolve(void calls.disconnects++),
  };
  const cluster = {
    connect: () => Promise.resolve(void calls.connects++),
    disconnect: () => Promise.resolve(),
    addTargetTopic: () => Promise.resolve(),
    refreshMetadata: () => Promise.resolve(void calls.refreshes++),
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
    findBroker: () => Promise.resolve(broker),
  };
  const kafka = { [Symbol('private:Kafka:createCluster')]: () => cluster } as unknown as Kafka;
  return { calls, fetcher: new PartitionFetcher(kafka, { topic: 'log', partition: 0 }) };
};

const fetched = async (offset: number, ...replies: readonly Reply[]) => {
  const { messages, nextOffset } = await brokerWith(...replies).fetcher.fetch(offset);
  return { offsets: messages.map((message) => message.offset), nextOffset };
};

const transactional = { producerId: 7, transactional: true };

describe('a fetch of one partition', () => {
  test('leaves out what stands before the offset in the same batch', async () => {
    const records = Buffer.concat([await batchOf(10, 5), await batchOf(15, 2)]);
    expect(await fetched(13, { records })).toEqual({ offsets: [13, 14, 15, 16], nextOffset: 17 });
  });

  test('goes on behind markers and aborted messages, though none are left', async () => {
    const mark = await markAt(20, 7, true);
    expect(await fetched(20, { records: mark })).toEqual({ offsets: [], nextOffset: 21 });
    const records = Buffer.concat([
      await batchOf(20, 3, transactional),
      await markAt(23, 7, false),
    ]);
    const aborted = [{ producerId: '7', firstOffset: '20' }];
    expect(await fetched(20, { records, aborted })).toEqual({ offsets: [], nextOffset: 24 });
  });

  test('goes on behind a batch of which all was compacted away', async () => {
    const records = await batchOf(30, 0, { lastOffsetDelta: 4 });
    expect(await fetched(30, { records })).toEqual({ offsets: [], nextOffset: 35 });
  });

  test('stays where it is when nothing came', async () => {
    expect(await fetched(5, { records: Buffer.alloc(0) })).toEqual({ offsets: [], nextOffset: 5 });
  });

  test('asks again when the broker holds it back: that is no end of the log', async () => {
    const records = await batchOf(5, 1);
    const found = await fetched(5, 'throttled', 'throttled', { records });
    expect(found).toEqual({ offsets: [5], nextOffset: 6 });
  });

  test('is not asked again and again when the broker refuses it as a whole', async () => {
    await expect(fetched(5, 'refused')).rejects.toMatchObject({ reaction: 'Retry' });
  });

  test('gives up a connection that was closed, and asks who leads', async () => {
    const error = Object.assign(new Error('x'), { name: 'KafkaJSConnectionClosedError' });
    const { calls, fetcher } = brokerWith(error);
    await expect(fetcher.fetch(0)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(calls).toMatchObject({ disconnects: 1, refreshes: 1 });
  });

  test('says what cannot be read', async () => {
    const records = (await batchOf(5, 1)).subarray(0, 20);
    const fault: unknown = await brokerWith({ records })
      .fetcher.fetch(5)
      .catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(String(fault)).toContain('Offset 5: 20 bytes are no whole batch.');
  });

  test('connects no more once it is closed', async () => {
    const { calls, fetcher } = brokerWith(new Error('late'));
    await fetcher.fetch(0).catch(() => undefined);
    await fetcher.close();
    await expect(fetcher.fetch(0)).rejects.toMatchObject({ reaction: 'Retry' });
    expect(calls).toMatchObject({ connects: 1, sends: 1, refreshes: 1 });
  });
});
