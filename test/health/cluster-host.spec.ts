import { setTimeout as sleep } from 'node:timers/promises';
import {
  ClusterHost,
  type ClusterHostParts,
  type HostedPartition,
  type Service,
} from '../../src/runtime/cluster-host.js';
import { StoreWatch } from '../../src/wiring/cluster/store-watch.js';

const minuteMs = 60_000;

const runtimeWith = (countsHere: boolean, services: readonly Service[] = []) => {
  const time = { nowMs: 0 };
  const quiet = { log: () => undefined, warn: () => undefined, debug: () => undefined };
  const parts: Partial<Record<keyof ClusterHostParts<HostedPartition>, unknown>> = {
    ...{ services, connections: [], logger: quiet, now: () => time.nowMs },
    ...{ countsHere, unhealthyAfterMs: minuteMs },
    report: () => Promise.resolve(),
    newRunner: (partition: number) => ({
      ...{ partition, state: 'running', lastMoveMs: 1e9 },
      start: () => undefined,
      stop: () => Promise.resolve(),
      lookAtFeeds: () => Promise.resolve(),
    }),
  };
  return { time, runtime: new ClusterHost(parts as unknown as ClusterHostParts<HostedPartition>) };
};

const service = (more: object = {}): Service & { lastMoveMs?: number } => ({
  start: () => undefined,
  stop: () => Promise.resolve(),
  ...more,
});

describe('the health of a process', () => {
  test('is that of what it runs besides partitions, whatever its roles are', () => {
    const importer = service({ lastMoveMs: 0 });
    const { time, runtime } = runtimeWith(false, [service(), importer]);
    time.nowMs = minuteMs;
    expect(runtime.health().state).toBe('running');
    time.nowMs = minuteMs + 1;
    expect(runtime.health().state).toBe('failed');
    importer.lastMoveMs = 2;
    expect(runtime.health().state).toBe('running');
  });

  test('is not ready, and is to be kept, while its store does not answer', () => {
    const { time, runtime } = runtimeWith(false, [service({ lastAnswerMs: 0 })]);
    time.nowMs = minuteMs + 1;
    expect(runtime.health().state).toBe('unowned');
  });

  test('is lost when it cannot join its group for too long, however often it tries', async () => {
    const { time, runtime } = runtimeWith(true);
    await runtime.start();
    for (time.nowMs = 0; time.nowMs <= minuteMs; time.nowMs += 1000) {
      runtime.unassigned();
      expect(runtime.health().state).toBe('unowned');
    }
    runtime.unassigned();
    expect(runtime.health().state).toBe('failed');
    runtime.assigned(new Set([2]));
    expect(runtime.health().state).toBe('running');
    await runtime.stop();
  });
});

describe('a watch of the store', () => {
  test('gets on with each answer, and with nothing else', async () => {
    let answer: () => Promise<unknown> = () => Promise.resolve();
    let asked = 0;
    const time = { nowMs: 0 };
    const ask = () => {
      asked++;
      return answer();
    };
    const watch = new StoreWatch(ask, () => time.nowMs, 1);
    const askedAgain = async (): Promise<void> => {
      for (const before = asked; asked < before + 3;) await sleep(1);
    };
    watch.start();
    for (const [atMs, isThere, movedMs] of [
      [10, true, 10],
      [20, false, 10],
      [30, true, 30],
    ] as const) {
      answer = () => (isThere ? Promise.resolve() : Promise.reject(new Error('away')));
      await askedAgain(); // what was asked before is answered
      time.nowMs = atMs;
      await askedAgain();
      expect(watch.lastAnswerMs).toBe(movedMs);
    }
    await watch.stop();
  });
});
