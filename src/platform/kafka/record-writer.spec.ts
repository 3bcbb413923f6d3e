import type { Kafka, Message } from 'kafkajs';
import { RecordWriter } from './record-writer.js';

interface Send {
  readonly producer: number;
  readonly values: readonly unknown[];
  /** Answers the request. */
  acknowledge(this: void): void;
  fail(this: void, error: Error): void;
}

/** Producers that wait to be told how each of their requests ends. */
const producers = () => {
  const sends: Send[] = [];
  let made = 0;
  let offset = 0;
  const producer = () => {
    const number = ++made;
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: ({ messages }: { messages: readonly Message[] }) =>
        new Promise((resolve, reject) => {
          const acknowledge = (): void => resolve([{ partition: 0, baseOffset: String(offset++) }]);
          const values = messages.map(({ value }) => value);
          sends.push({ producer: number, values, acknowledge, fail: reject });
        }),
    };
  };
  return { sends, kafka: { producer } as unknown as Pick<Kafka, 'producer'> };
};

const some = (value: string) => [[{ value }]];
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('a write is not sent before the one in front of it is acknowledged', async () => {
  const { sends, kafka } = producers();
  const writer = new RecordWriter(kafka, 't');
  const writes = [writer.write(some('a')), writer.write(some('b'))];
  await settled();
  expect(sends.map(({ values }) => values)).toEqual([['a']]);
  sends[0].acknowledge();
  await settled();
  expect(sends.map(({ values }) => values)).toEqual([['a'], ['b']]);
  sends[1].acknowledge();
  expect(await Promise.all(writes)).toEqual([
    [{ partition: 0, offsets: [0] }],
    [{ partition: 0, offsets: [1] }],
  ]);
});

test('behind a failure another producer writes', async () => {
  const { sends, kafka } = producers();
  const writer = new RecordWriter(kafka, 't');
  const first = writer.write(some('a'));
  const second = writer.write(some('b'));
  await settled();
  sends[0].fail(new Error('the answer was lost'));
  await expect(first).rejects.toMatchObject({ reaction: 'Retry' });
  await settled();
  expect(sends.map(({ producer }) => producer)).toEqual([1, 2]);
  sends[1].acknowledge();
  await second;
});

test('behind one that takes too long too; who waited as long is not sent at all', async () => {
  const { sends, kafka } = producers();
  const writer = new RecordWriter(kafka, 't', 50);
  const late = [writer.write(some('a')), writer.write(some('b'))];
  for (const write of late) {
    await expect(write).rejects.toMatchObject({ code: 'KAFKA_TIMED_OUT', reaction: 'Retry' });
  }
  const next = writer.write(some('c'));
  await settled();
  expect(sends.map(({ producer, values }) => [producer, values])).toEqual([
    [1, ['a']],
    [2, ['c']],
  ]);
  sends[1].acknowledge();
  await next;
});
