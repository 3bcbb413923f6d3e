import { partitionOfKey, type OutMessage } from '../../streaming/index.js';
import { UsageEvents } from '../../ingest/index.js';
import { MessagesCheck } from './messages-check.js';
import { Progress } from './progress.js';
import type { PatientFetcher } from './servers.js';

const partitions = 2;

const message = (key: string, revision: number): OutMessage => ({
  key,
  timestampMs: 1,
  headers: { type: 'T', id: `${key}-${revision}`, revision: String(revision) },
  value: `{"revision":${revision}}`,
});

/** A topic in memory; `end` is what is committed so far. */
class Topic {
  readonly #all: OutMessage[][] = Array.from({ length: partitions }, () => []);

  add(...messages: readonly OutMessage[]): this {
    for (const each of messages) this.#all[partitionOfKey(each.key, partitions)].push(each);
    return this;
  }

  fetchers(): PatientFetcher[] {
    return this.#all.map((all) => ({
      fetch: (from: number) =>
        Promise.resolve({
          messages: all.slice(from, from + 1).map(({ key, timestampMs, headers, value }, at) => ({
            ...{ key: Buffer.from(key), value: Buffer.from(value), headers },
            ...{ offset: from + at, timestampMs },
          })),
          nextOffset: Math.min(from + 1, all.length),
          stableEnd: all.length,
        }),
      ends: () => Promise.resolve({ first: 0, next: all.length }),
      stableEnd: () => Promise.resolve(all.length),
    })) as unknown as PatientFetcher[];
  }
}

interface Run {
  readonly before: readonly OutMessage[];
  /** What comes while the positions are read. */
  readonly meanwhile?: readonly OutMessage[];
  readonly given: readonly OutMessage[];
}

const differencesOf = async ({ before, meanwhile = [], given }: Run): Promise<string[]> => {
  const found: string[] = [];
  const topic = new Topic().add(...before);
  const progress = new Progress(
    () => undefined,
    () => 0,
  );
  const differs = (line: string): void => void found.push(line);
  const fetchers = topic.fetchers();
  const check = new MessagesCheck({ topic: 'm', fetchers, progress, differs });
  const batch = { events: new UsageEvents(1), rows: [], messages: given };
  await check.beforePositions();
  topic.add(...meanwhile);
  await check.behindPositions();
  check.take(batch);
  await check.scan();
  if (check.prepareNaming()) check.take(batch);
  await check.name();
  expect(check.messages).toBe(given.length);
  return found;
};

const [a1, a2, b1] = [message('a', 1), message('a', 2), message('b', 1)];

describe('messages of the topic and of the log', () => {
  it('are the same in whatever order keys come', async () => {
    expect(await differencesOf({ before: [b1, a1, a2], given: [a1, a2, b1] })).toEqual([]);
  });

  it('are named when one is missing', async () => {
    expect(await differencesOf({ before: [a1], given: [a1, b1] })).toEqual([
      expect.stringContaining('it is not in m: ["b"'),
    ]);
  });

  it('are named when the log does not give one', async () => {
    expect(await differencesOf({ before: [a1, b1], given: [a1] })).toEqual([
      expect.stringMatching(/^message m \d\/\d+: the log does not give it: \["b"/),
    ]);
  });

  it('are named when one is there twice, and when one comes too early', async () => {
    expect(await differencesOf({ before: [a1, a1], given: [a1] })).toEqual([
      expect.stringContaining('T of a has revision 1, behind revision 1'),
      expect.stringContaining('the log does not give it'),
    ]);
    expect(await differencesOf({ before: [a2, a1], given: [a1, a2] })).toEqual([
      expect.stringContaining('has revision 2, behind none'),
      expect.stringContaining('has revision 1, behind revision 2'),
    ]);
  });

  it('that come while the positions are read may be of them or of later ones', async () => {
    const meanwhile = [a2, b1];
    expect(await differencesOf({ before: [a1], meanwhile, given: [a1] })).toEqual([]);
    expect(await differencesOf({ before: [a1], meanwhile, given: [a1, a2] })).toEqual([]);
    expect(await differencesOf({ before: [], meanwhile: [a1], given: [a1, b1] })).toHaveLength(1);
  });
});
