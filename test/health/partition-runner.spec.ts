import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../src/config/index.js';
import { newUsageApplication, type UsageState } from '../../src/billing-window/index.js';
import { UsageEvents, type FoundRecords, type RecordLookups } from '../../src/ingest/index.js';
import { Fault, type CommitPoint, type Position } from '../../src/streaming/index.js';
import { usageFeeds } from '../../src/wiring/feed-clock.js';
import { PartitionRunner, type PartitionParts } from '../../src/runtime/partition-runner.js';

const settings = { feeds: {}, feedMaxOutOfOrdernessMs: 0 } as unknown as Settings;

const quiet = { debug: () => undefined, warn: () => undefined, fatal: () => undefined };
const away = new Fault('STORE_AWAY', 'Retry', 'the store is away');

/** Records of subscribers without an agreement: they wait, and none needs to be looked up. */
const eventsAt = (first: number, end: number): UsageEvents => {
  const events = new UsageEvents(end - first);
  for (let offset = first; offset < end; offset++) {
    events.pushRecord({
      ...{ msisdn: 48500000001 + offset, recordedAtMs: 1_700_000_000_000, recordedBytes: 1 },
      ...{ recordId: Uint32Array.of(1, 2, 3, offset), fileId: 0, lineNo: 0 },
    });
    events.offsets[events.length - 1] = offset;
  }
  return events;
};

interface World {
  /** What the log has: events from 0 on. */
  readonly end: number;
  readonly position: Position;
  readonly commit: CommitPoint['commit'];
  readonly read?: () => Promise<UsageEvents>;
  /** Where a replay breaks off. */
  readonly breakAt?: () => number;
}

type Parts = PartitionParts<UsageState, UsageEvents, RecordLookups, FoundRecords>;
type Runner = PartitionRunner<UsageState, UsageEvents, RecordLookups, FoundRecords>;

const stopped: Runner[] = [];
afterEach(() => Promise.all(stopped.splice(0).map((runner) => runner.stop(1000))));

/** A runner on a log in memory; time goes by a second with each fence. */
const runnerIn = (world: World) => {
  const time = { nowMs: 1000, fences: 0, movesMs: [] as number[] };
  let isClosed = false;
  const told: UsageEvents[] = [];
  const parts: Partial<Record<keyof Parts, unknown>> = {
    ...{ partition: 0, logger: quiet, now: () => time.nowMs },
    ...{ application: newUsageApplication(2 ** 20), snapshotEveryEvents: 1_000_000 },
    log: {
      read: async (offset: number) => {
        await sleep(1);
        if (isClosed) return undefined;
        if (world.read) return world.read();
        return offset < world.end ? eventsAt(offset, world.end) : new UsageEvents(1);
      },
      async *stored(from: number, to: number) {
        for (let at = from; at < to; at++) {
          if (at === world.breakAt?.()) throw away;
          yield await Promise.resolve(eventsAt(at, at + 1));
        }
      },
      readOn: (offset: number) => offset,
      close: () => Promise.resolve(void (isClosed = true)),
    },
    commitPoint: {
      fence: () => {
        time.movesMs.push(runner.lastMoveMs);
        time.fences++;
        time.nowMs += 1000;
        return Promise.resolve(world.position);
      },
      commit: world.commit,
    },
    transactions: { close: () => Promise.resolve() },
    rows: { find: () => Promise.reject(away) },
    snapshots: { newestAtOrBelow: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    confirm: () => Promise.resolve(),
    feeds: usageFeeds(settings, (events) => Promise.resolve(void told.push(events))),
  };
  const runner: Runner = new PartitionRunner(parts as unknown as Parts);
  stopped.push(runner);
  runner.start();
  return { runner, time, told };
};

const until = async (isSo: () => boolean): Promise<void> => {
  for (const endMs = Date.now() + 10_000; !isSo(); await sleep(5)) {
    if (Date.now() > endMs) throw new Error('it never came to be');
  }
};

const noEvents = { end: 0, position: { offset: 0, cursor: 0 } };

describe('what time it is', () => {
  const saidBy = (told: UsageEvents[]) =>
    told.map((events) => [events.payloads[0], events.timestampsMs[0]]);

  test('is told when a record is newer than what was told, once', async () => {
    const commit = (): Promise<void> => Promise.resolve();
    const { runner, time, told } = runnerIn({ ...noEvents, end: 3, commit });
    await until(() => runner.position.offset === 3 && told.length === 1); // settings of the feed
    const nowMs = (time.nowMs = 1_700_000_000_500);
    await runner.lookAtFeeds();
    time.nowMs += 60_000;
    await runner.lookAtFeeds();
    expect(saidBy(told.slice(1))).toEqual([['{"feed":"topic"}', nowMs]]);
  });

  test('is not told while nothing waits for it', async () => {
    const { runner, time, told } = runnerIn({ ...noEvents, commit: () => Promise.resolve() });
    await until(() => runner.state === 'running' && told.length === 1);
    time.nowMs = 1_800_000_000_000;
    await runner.lookAtFeeds();
    expect(told).toHaveLength(1);
  });
});

describe('whether a partition gets on', () => {
  test('is told by commits, and by an end of the log with none on its way', async () => {
    const { runner, time } = runnerIn({ ...noEvents, end: 3, commit: () => Promise.resolve() });
    await until(() => runner.position.offset === 3);
    time.nowMs = 50_000;
    await until(() => runner.lastMoveMs === 50_000);
    expect(runner.cause).toBeUndefined();
  });

  test('is not told by what is replayed again and again', async () => {
    const { runner, time } = runnerIn({
      ...{ end: 8, position: { offset: 5, cursor: 0 } },
      commit: () => Promise.reject(away),
    });
    await until(() => time.fences === 5);
    expect(runner.lastMoveMs).toBe(3000); // the first replay came further than none before it
    expect(runner.cause).toBe('STORE_AWAY: the store is away');
  });

  test('is told by a replay only when the one before came further, or it does itself', async () => {
    const breaks = [3, 3, 3, 6, 9];
    const { runner, time } = runnerIn({
      ...{ end: 9, position: { offset: 9, cursor: 0 } },
      commit: () => Promise.resolve(),
      breakAt: () => breaks[time.fences - 1],
    });
    await until(() => runner.position.offset === 9);
    expect(time.movesMs).toEqual([1000, 2000, 3000, 3000, 5000]);
  });

  test('is not told by running, when the next event cannot be read', async () => {
    const read = () => Promise.reject(away);
    const commit = () => Promise.resolve();
    const { runner, time } = runnerIn({ ...noEvents, commit, read });
    const causes: (string | undefined)[] = [];
    for (let fence = 2; fence < 5; fence++) {
      await until(() => time.fences === fence);
      causes.push(runner.cause);
    }
    expect(runner.lastMoveMs).toBe(1000);
    expect(new Set(causes)).toEqual(new Set(['STORE_AWAY: the store is away']));
  });

  test('is not told by an empty end behind a commit that has failed', async () => {
    let fails = 0;
    const { runner, time } = runnerIn({
      ...{ end: 1, position: { offset: 0, cursor: 0 } },
      commit: () => Promise.reject(away).finally(() => void (fails += 1)),
    });
    await until(() => time.fences === 4);
    expect(fails).toBeGreaterThan(1);
    expect(runner.lastMoveMs).toBe(1000);
    expect(runner.cause).toBe('STORE_AWAY: the store is away');
  });

  test('is not told by an empty end while a commit hangs', async () => {
    const { runner, time } = runnerIn({
      ...{ end: 1, position: { offset: 0, cursor: 0 } },
      commit: () => new Promise(() => undefined),
    });
    await until(() => runner.position.offset === 1);
    const movedMs = runner.lastMoveMs;
    time.nowMs = 50_000;
    await sleep(30);
    expect(runner.lastMoveMs).toBe(movedMs);
  });
});
