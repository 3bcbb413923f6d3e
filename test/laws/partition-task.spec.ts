import {
  Fault,
  PartitionTask,
  startOfLog,
  type Effects,
  type LogEvents,
  type StreamApplication,
  type TaskState,
} from '../../src/streaming/index.js';

const eventsAt = (...offsets: number[]): LogEvents => ({
  length: offsets.length,
  offsets: Float64Array.from(offsets),
  types: new Uint8Array(offsets.length),
  keys: new Float64Array(offsets.length),
  timestampsMs: new Float64Array(offsets.length),
});

const nothing: Effects = { rows: [], messages: [] };

/** Does nothing with its events. */
const idle: StreamApplication<object, LogEvents, never, never> = {
  name: 'idle',
  stateFormat: 1,
  newState: () => ({}),
  lookups: () => undefined,
  withUncommitted: (found) => found,
  *step(_, { events }) {
    yield;
    const offset = events.offsets[events.length - 1] + 1;
    return { effects: nothing, next: events.length, position: { offset, cursor: 0 } };
  },
  save: () => [],
  load: () => Promise.resolve({}),
};

test('a commit that fails is done again though no further event ever comes', async () => {
  const states: TaskState[] = [];
  const failures = [new Fault('LOST_BY_TEST', 'Retry', 'answer lost by the test')];
  let committed = startOfLog;
  let silent = 0;
  const task = new PartitionTask(idle, {
    log: {
      // one event, and then only silence
      read: (offset) => {
        if (offset === 0) return Promise.resolve(eventsAt(0));
        if (++silent === 50) task.stop();
        return Promise.resolve(eventsAt());
      },
      stored: async function* () {
        yield* [];
      },
    },
    commitPoint: {
      fence: () => Promise.resolve(committed),
      commit: async (_, position) => {
        const failure = failures.pop();
        await Promise.resolve();
        if (failure !== undefined) throw failure;
        committed = position;
        task.stop();
      },
    },
    rows: { find: () => Promise.reject(new Error('nothing is looked up in this test')) },
    snapshots: {
      newestAtOrBelow: () => Promise.resolve(undefined),
      save: () => Promise.resolve(),
    },
    snapshotEveryEvents: 1000,
    turn: () => Promise.resolve(),
    pause: () => Promise.resolve(),
    onState: (state) => states.push(state),
  });
  await task.run();
  expect(committed).toEqual({ offset: 1, cursor: 0 });
  expect(states.filter((state) => state === 'running')).toHaveLength(2);
});

test('a task told to stop while it restores has not found its log too short', async () => {
  const states: TaskState[] = [];
  const task = new PartitionTask(idle, {
    log: {
      read: () => Promise.resolve(undefined),
      // the log is closed with the task: what is stored ends before the position
      stored: async function* () {
        yield await Promise.resolve(eventsAt(0));
        task.stop();
      },
    },
    commitPoint: {
      fence: () => Promise.resolve({ offset: 5, cursor: 0 }),
      commit: () => Promise.reject(new Error('nothing is committed in this test')),
    },
    rows: { find: () => Promise.reject(new Error('nothing is looked up in this test')) },
    snapshots: {
      newestAtOrBelow: () => Promise.resolve(undefined),
      save: () => Promise.resolve(),
    },
    snapshotEveryEvents: 1000,
    turn: () => Promise.resolve(),
    pause: () => Promise.resolve(),
    onState: (state) => states.push(state),
  });
  await task.run();
  expect(states.at(-1)).toBe('stopped');
});
