import fc from 'fast-check';
import { pauseFor } from '../../platform/pause.js';
import { MessagesService } from '../messages.service.js';
import type { TopicMessage, MessageTopic } from '../message-topic.js';
import { KafkaMessageLog } from './kafka-message-log.js';

/** A topic in memory; a marker takes an offset behind each message, as transactions do. */
class TopicInMemory implements MessageTopic {
  readonly #partitions: TopicMessage[][];
  reads = 0;

  constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, () => []);
  }

  add(partition: number, value: string): void {
    const all = this.#partitions[partition];
    const message = { key: 'k', timestampMs: 0, headers: {}, value };
    all.push({ partition, offset: all.length * 2, ...message });
  }

  read(fromByPartition: ReadonlyMap<number, number>, limit: number): Promise<TopicMessage[]> {
    this.reads++;
    const found = [...fromByPartition].flatMap(([partition, from]) => {
      const all = this.#partitions[partition];
      if (from > all.length * 2) throw new Error('read behind the end of a partition');
      return all.filter(({ offset }) => offset >= from);
    });
    return Promise.resolve(found.slice(0, limit));
  }

  ends(): Promise<ReadonlyMap<number, number>> {
    return Promise.resolve(new Map(this.#partitions.map((all, at) => [at, all.length * 2])));
  }
}

const noCopies = { ofPeriod: () => Promise.resolve([]) };

const opened = (partitions = 2): { topic: TopicInMemory; log: KafkaMessageLog } => {
  const topic = new TopicInMemory(partitions);
  return { topic, log: new KafkaMessageLog(topic, noCopies, partitions) };
};

const never = new AbortController().signal;

const values = (messages: readonly { value: string }[]): string[] =>
  messages.map(({ value }) => value);

describe('a cursor of the topic', () => {
  it('hands out every message once, whatever the pages', async () => {
    const partitions = 3;
    const writes = fc.array(fc.nat(partitions - 1), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(writes, fc.array(fc.integer({ min: 1, max: 5 })), async (into, limits) => {
        const { topic, log } = opened(partitions);
        const seen: string[] = [];
        let cursor = '-1';
        const page = async (limit: number): Promise<number> => {
          const found = await log.behind(cursor, limit);
          seen.push(...values(found));
          cursor = found.at(-1)?.cursor ?? cursor;
          expect(log.cursor(cursor)).toBe(cursor);
          return found.length;
        };
        for (const [at, partition] of into.entries()) {
          topic.add(partition, `${partition}/${at}`);
          if (limits[at] !== undefined) await page(limits[at]);
        }
        while ((await page(4)) > 0);
        expect([...seen].sort()).toEqual(into.map((partition, at) => `${partition}/${at}`).sort());
      }),
    );
  });

  it('goes on behind the newest messages, also where none of them was shown', async () => {
    const { topic, log } = opened();
    for (let at = 0; at < 9; at++) topic.add(0, `a${at}`);
    topic.add(1, 'b');
    const newest = await log.latest(2);
    expect(newest).toHaveLength(2);
    expect(values(newest)).toContain('a8');
    expect(await log.behind(newest.at(-1)!.cursor!, 10)).toEqual([]);
    topic.add(1, 'c');
    expect(values(await log.behind(newest.at(-1)!.cursor!, 10))).toEqual(['c']);
  });

  it('is put into its plain form, or refused', () => {
    const { log } = opened();
    expect(log.cursor('1:5,0:017')).toBe('0:17,1:5');
    for (const text of ['', '0', '5', '-2', '2:1', '0:1,0:2', '0:9007199254740992', '0:1;1:1']) {
      expect(log.cursor(text)).toBeUndefined();
    }
  });

  it('behind the end of a partition is known as such, and is refused', async () => {
    const { topic, log } = opened();
    topic.add(1, 'b');
    expect(await log.isBeyondEnd('0:500')).toBe(true);
    expect(await log.isBeyondEnd('1:2')).toBe(true); // the end itself
    expect(await log.isBeyondEnd('1:1')).toBe(false); // a marker
    expect(await log.isBeyondEnd('-1')).toBe(false);
    const asked = new MessagesService(log).read({ after: '0:0', limit: 1, waitMs: 60_000 }, never);
    await expect(asked).rejects.toMatchObject({ code: 'CURSOR_BEYOND_END', status: 400 });
  });
});

describe('waiting for a message of the topic', () => {
  it('is told of one that comes, wherever it comes', async () => {
    const { topic, log } = opened();
    topic.add(0, 'old');
    const service = new MessagesService(log);
    const request = { after: '0:0', limit: 5, waitMs: 10_000 };
    const [one, two] = [service.read(request, never), service.read(request, never)];
    await pauseFor(120);
    topic.add(1, 'new');
    expect(values(await one)).toEqual(['new']);
    expect(values(await two)).toEqual(['new']);
    const { reads } = topic;
    await pauseFor(150);
    expect(topic.reads).toBe(reads);
  });

  it('ends with nothing when the time is over or the caller has gone', async () => {
    const { log } = opened();
    const service = new MessagesService(log);
    expect(await service.read({ after: '-1', limit: 5, waitMs: 80 }, never)).toEqual([]);
    const gone = AbortSignal.timeout(50);
    expect(await service.read({ after: '-1', limit: 5, waitMs: 60_000 }, gone)).toEqual([]);
  });
});
