import * as fc from 'fast-check';
import type { Message } from 'kafkajs';
import { headerBytes, RecordBuffer, RecordChunks, sendsOf } from './record-chunks.js';

interface Encoded {
  readonly buffer: Buffer;
}

/** The request of kafkajs itself: what it makes of plain messages is what ours has to be. */
const produceRequest = require('kafkajs/src/protocol/requests/produce/v3/request.js') as (
  request: object,
) => { encode(): Promise<Encoded> };
const groupByPartition = require('kafkajs/src/producer/groupMessagesPerPartition.js') as (
  from: object,
) => Record<string, Message[]>;

const bytesOf = async (partition: number, messages: Message[]): Promise<string> => {
  const partitions = [{ partition, messages, firstSequence: 7 }];
  const topicData = [{ topic: 'lines', partitions }];
  const ids = { transactionalId: 'a', producerId: 5, producerEpoch: 3 };
  const request = produceRequest({ acks: -1, timeout: 1000, topicData, ...ids });
  return (await request.encode()).buffer.toString('hex');
};

type Sends = { topic: string; partition: string; messages: Message[] }[];

/** The lists that kafkajs gets, each for one partition. */
const sent = (messages: readonly Message[] | RecordChunks, partition = 4): Sends =>
  [...sendsOf([{ topic: 'lines', partition, messages }])].flatMap((topics) =>
    topics.flatMap(({ topic, messages: all }) => {
      const from = { topic, partitionMetadata: [{}], messages: all, partitioner: () => -1 };
      return Object.entries(groupByPartition(from)).map(([to, list]) => {
        return { topic, partition: to, messages: list };
      });
    }),
  );

const blob = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ),
  { nil: null },
);

/** In order of time and with as many digits, as kafkajs takes the first by its text. */
const messages = (most: number): fc.Arbitrary<Message[]> =>
  fc
    .array(
      fc.record({
        key: blob,
        value: blob,
        headers: fc.option(
          fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 20 })),
          { nil: undefined },
        ),
        timestampMs: fc.integer({ min: 10 ** 12, max: 9 * 10 ** 12 }),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((list) =>
      [...list]
        .sort((a, b) => a.timestampMs - b.timestampMs)
        .map(({ timestampMs, ...message }) => ({ ...message, timestamp: String(timestampMs) })),
    );

it('records are the same bytes as those of kafkajs', async () => {
  await fc.assert(
    fc.asyncProperty(messages(200), async (list) => {
      const [send] = sent(list);
      expect(await bytesOf(4, send.messages)).toBe(await bytesOf(4, list));
    }),
    { numRuns: 50 },
  );
});

it('so are records that are given as bytes, whose buffers are used again', async () => {
  const texts = ['a', 'bb', 'x'.repeat(200)];
  const chunks = new RecordChunks();
  const value = new Uint8Array(300);
  const key = new Uint8Array(16).fill(49);
  texts.forEach((text, n) => {
    value.set(Buffer.from(text));
    const timestampMs = 1_600_000_000_000 + n * 100_000;
    const lengths = { keyLength: n + 1, valueLength: text.length };
    const headers = n === 1 ? undefined : headerBytes({ source: 'x', b: '' });
    chunks.pushBytes({ timestampMs, key, value, ...lengths, headers });
  });
  const list = texts.map((text, n) => {
    const timestamp = String(1_600_000_000_000 + n * 100_000);
    const headers = n === 1 ? {} : { source: 'x', b: '' };
    return { key: '1'.repeat(n + 1), value: text, timestamp, headers };
  });
  expect(chunks.length).toBe(3);
  expect(await bytesOf(4, sent(chunks)[0].messages)).toBe(await bytesOf(4, list));
});

it('a time before that of the first record is kept', () => {
  const records = new RecordBuffer();
  records.push({ value: 'b', timestamp: '2000' });
  records.push({ value: 'a', timestamp: '1000' });
  records.push({ value: 'c', timestamp: '3000' });
  expect(records.timestamps).toEqual([2000, 3000]);
  // length, attributes, −1000 ms as zigzag 1999, index 1
  expect([...records.bytes].slice(8, 13)).toEqual([16, 0, 207, 15, 2]);
});

it('many messages are sent in chunks that are each as if they came alone', async () => {
  const timestamp = '1600000000000';
  const list = Array.from({ length: 9_000 }, (_, n) => {
    return { timestamp, value: `${n}`.padStart(200, '0') };
  });
  const chunks = new RecordChunks();
  for (const message of list) chunks.push(message);
  for (const sends of [sent(list), sent(chunks)]) {
    expect(sends.length).toBe(4); // some 207 bytes each, 512 KiB at a time
    let from = 0;
    for (const { messages: some } of sends) {
      const plain = list.slice(from, (from += some.length));
      expect(await bytesOf(1, some)).toBe(await bytesOf(1, plain));
    }
    expect(from).toBe(list.length);
  }
});

it('kafkajs gets each partition of each topic, and nothing for an empty list', () => {
  const some = [{ value: 'a' }];
  const parts = [
    { topic: 'a', partition: 1, messages: some },
    { topic: 'b', partition: 0, messages: [] },
    { topic: 'a', partition: 3, messages: [...some, ...some] },
    { topic: 'c', partition: 2, messages: new RecordChunks() },
  ];
  const [topics, ...more] = [...sendsOf(parts)];
  expect(more).toEqual([]);
  expect(topics.map(({ topic }) => topic)).toEqual(['a']);
  const from = { partitionMetadata: [{}], partitioner: () => -1, ...topics[0] };
  const lengths = Object.entries(groupByPartition(from)).map(([to, list]) => [to, list.length]);
  expect(lengths).toEqual([
    ['1', 1],
    ['3', 2],
  ]);
});
