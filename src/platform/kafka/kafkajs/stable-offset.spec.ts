import type { Kafka } from 'kafkajs';
import { stableOffset } from './stable-offset.js';

interface Exchange {
  readonly response: { decode(bytes: Buffer): Promise<unknown> };
}

/** A coordinator whose answers are these bytes. */
const kafkaThat = (bytes: Buffer): Kafka => {
  const send = ({ response }: Exchange): Promise<unknown> => response.decode(bytes);
  const cluster = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    refreshMetadata: () => Promise.resolve(),
    findGroupCoordinator: () => Promise.resolve({ connectionPool: { send } }),
  };
  return { [Symbol('private:Kafka:createCluster')]: () => cluster } as unknown as Kafka;
};

const place = { groupId: 'g', topic: 't', partition: 0 };

test('an answer that leaves the partition out is no position at the start of the log', async () => {
  const [tags, throttleMs, noTopics, code] = [[0], [0, 0, 0, 0], [1], [0, 0]];
  const bytes = Buffer.from([...tags, ...throttleMs, ...noTopics, ...code, ...tags]);
  await expect(stableOffset(kafkaThat(bytes), place)).rejects.toMatchObject({ reaction: 'Retry' });
});
