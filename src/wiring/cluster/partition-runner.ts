import type { Settings } from '../../config/index.js';
import { feedClockSettings } from '../feed-clock.js';
import { newUsageApplication, type UsageState } from '../../billing-window/index.js';
import {
  eventTypes,
  type FoundRecords,
  type RecordLookups,
  topicFeed,
  UsageEvents,
} from '../../ingest/index.js';
import { causeText } from '../task-status.js';
import { nextTurn, pauseFor, restFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { FeedStamps } from '../feed-stamps.js';
import { SilentFeeds } from '../silent-feeds.js';
import {
  PartitionTask,
  type CommitPoint,
  type Effects,
  type FeedProgress,
  type LogEvents,
  type PartitionLog,
  type Position,
  type RowStore,
  type SnapshotStore,
  type TaskState,
} from '../../streaming/index.js';

const retryAfterMs = 200;

/** What one partition runs on; made anew each time it is given to this process. */
export interface PartitionParts {
  readonly partition: number;
  readonly settings: Settings;
  readonly log: PartitionLog<UsageEvents> & {
    readOn(offset: number): number;
    close(): Promise<void>;
  };
  readonly commitPoint: CommitPoint;
  readonly transactions: { close(): Promise<void> };
  readonly rows: RowStore<RecordLookups, FoundRecords>;
  readonly snapshots: SnapshotStore;
  /** Resolves once the partition is known to be this process's still, else rejects. */
  readonly confirm: () => Promise<void>;
  /** Writes an event for this partition alone. */
  readonly tell: (events: UsageEvents) => Promise<void>;
  readonly now: () => number;
  readonly logger: Logger;
}

/** The task of one partition in this process, and what is to be seen of it. */
export class PartitionRunner {
  readonly partition: number;
  readonly #task: PartitionTask<UsageState, UsageEvents, RecordLookups, FoundRecords>;
  readonly #silent: SilentFeeds;
  readonly #stamps = new FeedStamps();
  #ended: Promise<void> = Promise.resolve();
  #hadOwner = false;
  #lastMoveMs: number;
  /** Those that failed count until the next fence. */
  #commitsInFlight = 0;
  /** The furthest offset of this replay, and of all before it. */
  #replayedTo = 0;
  #furthest = 0;
  #isReplayCounted = true;
  #cause: string | undefined;

  constructor(private readonly parts: PartitionParts) {
    this.partition = parts.partition;
    this.#lastMoveMs = parts.now();
    this.#silent = new SilentFeeds((feed) => feedClockSettings(parts.settings, feed));
    const { duplicateFilterBytes, partitions } = parts.settings;
    this.#task = new PartitionTask(newUsageApplication(duplicateFilterBytes / partitions), {
      log: watchedLog(parts.log, {
        atEnd: () => this.#commitsInFlight === 0 && this.#gotOn(),
        replayed: (offset) => this.#replayed(offset),
      }),
      rows: parts.rows,
      snapshots: parts.snapshots,
      commitPoint: {
        fence: () => this.#fence(),
        commit: (effects, position) => this.#commit(effects, position),
      },
      snapshotEveryEvents: parts.settings.snapshotEveryEvents,
      turn: nextTurn,
      pause: () => pauseFor(retryAfterMs),
      onState: (state, cause) => this.#onState(state, cause),
    });
  }

  get state(): TaskState {
    return this.#task.state;
  }

  /** Up to where everything is processed; markers that no event is behind of count as well. */
  get position(): Position {
    const { offset, cursor } = this.#task.position;
    return cursor > 0 ? { offset, cursor } : { offset: this.parts.log.readOn(offset), cursor };
  }

  get memory(): UsageState | undefined {
    return this.#task.memory;
  }

  /**
   * What it was last stopped by, until it gets on: one that fails at the same event again and again
   * runs for a moment each time.
   */
  get cause(): string | undefined {
    return this.#cause;
  }

  /**
   * When it last got on, or found that there is nothing to do (epoch ms). A replay behind one that
   * came no further than those before it counts from there on only: it comes back to one event.
   */
  get lastMoveMs(): number {
    return this.#lastMoveMs;
  }

  start(): void {
    this.#ended = this.#task.run();
  }

  /** Lets the batch in hand be committed; what is not in time is done by the next owner. */
  async stop(withinMs: number): Promise<void> {
    this.#task.stop();
    await Promise.race([this.parts.log.close().then(() => this.#ended), restFor(withinMs)]);
    await this.parts.transactions.close();
  }

  /** Tells the log of feeds that have been silent for too long, and what time it is. */
  async tellOfFeeds(): Promise<void> {
    const clock = this.memory?.clock;
    if (clock === undefined) return;
    const nowMs = this.parts.now();
    const stamped = this.#stamps.due(clock, nowMs);
    const silent = this.#silent.look(clock, nowMs);
    if (stamped !== undefined) await this.#tell({ feed: stamped });
    for (const feed of silent) await this.#tell({ feed, status: 'idle' });
  }

  /**
   * A process that was shut out asks first whether the partition is still its own: else two that
   * both believe so would shut each other out for ever.
   */
  async #fence(): Promise<Position> {
    if (this.#hadOwner) await this.parts.confirm();
    this.#hadOwner = true;
    if (this.#replayedTo > 0) {
      this.#isReplayCounted = this.#replayedTo > this.#furthest;
      this.#furthest = Math.max(this.#furthest, this.#replayedTo);
      this.#replayedTo = 0;
    }
    const position = await this.parts.commitPoint.fence();
    this.#commitsInFlight = 0;
    return position;
  }

  async #commit(effects: Effects, position: Position): Promise<void> {
    this.#commitsInFlight++;
    await this.parts.commitPoint.commit(effects, position);
    this.#commitsInFlight--;
    this.#gotOn();
  }

  #gotOn(): void {
    this.#lastMoveMs = this.parts.now();
    this.#cause = undefined;
    this.#furthest = 0;
  }

  #replayed(offset: number): void {
    this.#replayedTo = offset;
    if (this.#isReplayCounted || offset > this.#furthest) this.#lastMoveMs = this.parts.now();
  }

  #onState(state: TaskState, cause?: unknown): void {
    const { logger, partition } = this.parts;
    if (cause !== undefined) this.#cause = causeText(cause);
    const facts = { partition };
    if (cause === undefined) logger.debug(`partition ${state}`, facts);
    else if (state === 'failed') {
      logger.fatal('a partition failed; it is counted no more', facts, cause);
    } else logger.warn('a partition starts again from what is durable', facts, cause);
    if (state === 'running') {
      this.#tellTopicSettings().catch((error: unknown) => {
        logger.warn('the settings of feed topic could not be told', facts, error);
      });
    }
  }

  /** A topic feed nobody has sent to yet is idle: it must not hold back the feeds of files. */
  async #tellTopicSettings(): Promise<void> {
    const { maxOutOfOrdernessMs } = feedClockSettings(this.parts.settings, topicFeed);
    const known = this.memory?.clock.feeds[topicFeed];
    if (known?.maxOutOfOrdernessMs === maxOutOfOrdernessMs) return;
    const status = known?.status ?? 'idle';
    await this.#tell({ feed: topicFeed, status, maxOutOfOrdernessMs });
  }

  async #tell(progress: FeedProgress): Promise<void> {
    const events = new UsageEvents(1);
    const payload = JSON.stringify(progress);
    const timestampMs = this.parts.now();
    events.pushControl(eventTypes.feed, { msisdn: 0, timestampMs, payload });
    await this.parts.tell(events);
    this.#stamps.written(timestampMs);
  }
}

/** Tells of the end of the log, and of the last offset of all that is replayed. */
const watchedLog = <E extends LogEvents>(
  log: PartitionLog<E>,
  { atEnd, replayed }: { atEnd: () => void; replayed: (offset: number) => void },
): PartitionLog<E> => ({
  read: async (offset) => {
    const events = await log.read(offset);
    if (events?.length === 0) atEnd();
    return events;
  },
  async *stored(from, to) {
    for await (const events of log.stored(from, to)) {
      replayed(events.offsets[events.length - 1]);
      yield events;
    }
  },
});
