import { usageApplication, type UsageState } from '../../billing-window/index.js';
import { CassandraSnapshotStore } from '../../platform/cassandra/index.js';
import { systemClock } from '../../platform/http/clock.js';
import { restFor } from '../../platform/pause.js';
import type { Position } from '../../streaming/index.js';
import { Replay, type ReplayedBatch } from '../replay.js';
import { fingerprintOf, snapshotFingerprint } from '../state-fingerprint.js';
import type { Progress } from './progress.js';
import type { Servers } from './servers.js';

/** What is given everything that a replay gives, batch by batch. */
export interface Taker {
  take(batch: ReplayedBatch, partition: number): void;
}

/** A place on the way where the state is looked at. */
interface Stop {
  readonly position: Position;
  look(state: UsageState): void;
}

export interface PartitionReplayParts {
  readonly servers: Servers;
  readonly progress: Progress;
  readonly partition: number;
  /** The committed position. */
  readonly until: Position;
  readonly takers: readonly Taker[];
}

type PartitionPlace = Omit<PartitionReplayParts, 'takers'>;

/** Replays one partition from its first event to the position. */
export const replayPartition = async (
  { servers, progress, partition, until, takers }: PartitionReplayParts,
  stops: readonly Stop[] = [],
): Promise<Replay> => {
  const ports = servers.replayPorts(partition);
  const replay = new Replay(ports);
  const runTo = async (position: Position): Promise<void> => {
    for await (const batch of replay.run(position)) {
      for (const taker of takers) taker.take(batch, partition);
      const { offset } = replay.position;
      progress.at(() => `partition ${partition}: replayed up to ${offset} of ${until.offset}`);
    }
  };
  try {
    for (const { position, look } of stops) {
      await runTo(position);
      look(replay.state);
    }
    await runTo(until);
  } finally {
    await ports.close();
  }
  return replay;
};

/**
 * Where the newest snapshot was saved that a restore would take, to be compared with the state
 * there. It is read before the replay: the program may remove it meanwhile.
 */
export const snapshotStop = async (
  { servers, partition, until }: PartitionPlace,
  differs: (line: string) => void,
): Promise<Stop | undefined> => {
  const store = new CassandraSnapshotStore({
    ...{ session: servers.session, application: usageApplication.name, partition },
    stateFormat: usageApplication.stateFormat,
    pauseMs: restFor,
    now: systemClock,
    log: differs,
  });
  const snapshot = await store.newestAtOrBelow(until);
  if (snapshot === undefined) return undefined;
  const { position } = snapshot;
  const saved = await snapshotFingerprint(snapshot);
  return {
    position,
    look: (state) => {
      if (fingerprintOf(state) === saved) return;
      differs(`state: the snapshot at ${position.offset} is not what the log gives`);
    },
  };
};
