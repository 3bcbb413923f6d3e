import * as fc from 'fast-check';
import type { Message } from 'kafkajs';
import { chunksOf, RecordBuffer, sendsOf } from './record-chunks.js';

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
    fc.asyncProperty(messages(300), async (list) => {
      const [chunk] = chunksOf(list);
      expect(await bytesOf(4, chunk)).toBe(await bytesOf(4, list));
    }),
    { numRuns: 60 },
  );
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

it('kafkajs sends each message once, in order, to its partition', () => {
  const list = Array.from({ length: 9_000 }, (_, n) => ({ value: `${n}`.padStart(200, '0') }));
  const parts = [
    { topic: 'a', partition: 1, messages: list },
    { topic: 'a', partition: 0, messages: list.slice(0, 5) },
    { topic: 'b', partition: 0, messages: [] },
    { topic: 'c', partition: 2, messages: list.slice(0, 1) },
  ];
  const sent = new Map<string, Message[]>();
  let sends = 0;
  for (const topics of sendsOf(parts)) {
    sends++;
    for (const { topic, messages: all } of topics) {
      expect(all.some(({ partition }) => partition === undefined)).toBe(false);
      const from = { topic, partitionMetadata: [{}], messages: all, partitioner: () => -1 };
      for (const [partition, chunk] of Object.entries(groupByPartition(from))) {
        const place = `${topic}-${partition}`;
        sent.set(place, [...(sent.get(place) ?? []), ...chunk]);
      }
    }
  }
  expect(sends).toBe(4); // 9,000 messages of some 215 bytes, 512 KiB at a time
  const valuesAt = (place: string) => sent.get(place)?.map(({ value }) => value);
  expect([...sent.keys()].sort()).toEqual(['a-0', 'a-1', 'c-2']);
  for (const { topic, partition, messages: of } of parts.filter(({ messages: m }) => m.length)) {
    expect(valuesAt(`${topic}-${partition}`)).toEqual(of.map(({ value }) => value));
  }
});

it('an empty list is no send', () => {
  expect([...sendsOf([{ topic: 'a', partition: 0, messages: [] }])]).toEqual([]);
});
