import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { LogEvents } from '../../streaming/index.js';
import type { Fetched } from './kafkajs/partition-fetcher.js';
import { KafkaPartitionLog } from './partition-log.js';
import type { FetchedMessage } from './kafkajs/record-batches.js';

type Offsets = LogEvents & { readonly all: number[] };

const decode = (messages: readonly FetchedMessage[]): Offsets => {
  const all = messages.map(({ offset }) => offset);
  return {
    all,
    length: all.length,
    offsets: Float64Array.from(all),
    types: new Uint8Array(all.length),
    keys: new Float64Array(all.length),
    timestampsMs: new Float64Array(all.length),
  };
};

/** A partition with messages at some offsets; fetches answer with at most two, then with none. */
const logOf = (offsets: readonly number[], end: number, batchEvents = 10) => {
  const fetches: number[] = [];
  const fetch = (from: number): Promise<Fetched> => {
    fetches.push(from);
    const found = offsets.filter((offset) => offset >= from).slice(0, 2);
    const isLast = found.length < 2 || found[1] === offsets.at(-1);
    const nextOffset = isLast ? Math.max(from, end) : found[found.length - 1] + 1;
    const messages = found.map((offset) => ({ offset }) as FetchedMessage);
    return Promise.resolve({ messages, nextOffset, stableEnd: end });
  };
  const fetcher = { fetch, close: () => Promise.resolve() };
  return { log: new KafkaPartitionLog({ fetcher, decode, batchEvents }), fetches };
};

const readAll = async (log: KafkaPartitionLog<Offsets>, from: number): Promise<number[]> => {
  const found: number[] = [];
  for (let at = from; ;) {
    const events = await log.read(at);
    if (events === undefined || events.length === 0) return found;
    found.push(...events.all);
    at = events.all[events.length - 1] + 1;
  }
};

const storedAll = async (log: KafkaPartitionLog<Offsets>, range: [number, number]) => {
  const found: number[] = [];
  for await (const events of log.stored(...range)) found.push(...events.all);
  return found;
};

describe('a partition of a topic as a log', () => {
  const offsets = [0, 1, 4, 5, 9, 12];

  test('is read from any offset, over the gaps of markers', async () => {
    expect(await readAll(logOf(offsets, 14).log, 0)).toEqual(offsets);
    expect(await readAll(logOf(offsets, 14).log, 5)).toEqual([5, 9, 12]);
    expect(await readAll(logOf(offsets, 14, 1).log, 2)).toEqual([4, 5, 9, 12]);
  });

  test('hands the same out again when it is asked for an earlier offset', async () => {
    const { log } = logOf(offsets, 14);
    expect(await readAll(log, 0)).toEqual(offsets);
    expect(await readAll(log, 4)).toEqual([4, 5, 9, 12]);
  });

  test('does not hand out what lies between when it is asked for a later offset', async () => {
    const { log } = logOf(offsets, 14);
    await log.read(0);
    expect(await readAll(log, 9)).toEqual([9, 12]);
  });

  test('does not hand out what it had fetched when another owner has done that', async () => {
    const { log } = logOf(offsets, 14, 1);
    await log.read(0);
    expect(await readAll(log, 2)).toEqual([4, 5, 9, 12]);
  });

  test('replays a range and goes on behind it', async () => {
    const { log } = logOf(offsets, 14);
    expect(await storedAll(log, [1, 5])).toEqual([1, 4]);
    expect(await readAll(log, 5)).toEqual([5, 9, 12]);
  });

  test('ends a replay where the log ends', async () => {
    const { log } = logOf(offsets, 14);
    expect(await storedAll(log, [9, 100])).toEqual([9, 12]);
  });

  test('fetches the next batch while one is processed, and nothing twice', async () => {
    const { log, fetches } = logOf(offsets, 14);
    await log.read(0);
    expect(fetches).toEqual([0, 2]);
    await log.read(2);
    expect(fetches).toEqual([0, 2, 6]);
  });

  test('keeps nothing of what was handed out', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const fetches: WeakRef<Fetched>[] = [];
    const fetch = (from: number): Promise<Fetched> => {
      const messages = [{ offset: from } as FetchedMessage];
      const fetched = { messages, nextOffset: from + 1, stableEnd: from + 1 };
      fetches.push(new WeakRef(fetched));
      return Promise.resolve(fetched);
    };
    const fetcher = { fetch, close: () => Promise.resolve() };
    const log = new KafkaPartitionLog({ fetcher, decode, batchEvents: 10 });
    for (let offset = 0; offset < 50; offset++) await log.read(offset);
    await setImmediate();
    collect();
    const kept = fetches.filter((fetched) => fetched.deref() !== undefined);
    expect(fetches.length).toBeGreaterThan(50);
    expect(kept.length).toBeLessThan(5); // the last one, and what is fetched ahead
    await log.close();
  });

  test('answers undefined once it is closed, also to who waits', async () => {
    const fetcher = {
      fetch: () => new Promise<Fetched>(() => undefined),
      close: () => Promise.resolve(),
    };
    const log = new KafkaPartitionLog({ fetcher, decode, batchEvents: 1 });
    const waiting = log.read(0);
    await log.close();
    expect(await waiting).toBeUndefined();
    expect(await log.read(0)).toBeUndefined();
  });
});
