import { nextTurn, pauseFor, restFor } from '../platform/pause.js';
import type { Logger } from '../platform/telemetry/index.js';
import {
  PartitionTask,
  type CommitPoint,
  type Effects,
  type EventClock,
  type LogEvents,
  type PartitionLog,
  type Position,
  type RowStore,
  type SnapshotStore,
  type StreamApplication,
  type TaskState,
} from '../streaming/index.js';
import { causeText, failedLine } from './fault-text.js';
import { FeedKeeper, type FeedPorts } from './feed-keeper.js';

const retryAfterMs = 200;

/** What one partition runs on; made anew each time it is given to this process. */
export interface PartitionParts<S, E extends LogEvents, L, F> {
  readonly partition: number;
  readonly application: StreamApplication<S, E, L, F>;
  readonly snapshotEveryEvents: number;
  readonly log: PartitionLog<E> & {
    readOn(offset: number): number;
    close(): Promise<void>;
  };
  readonly commitPoint: CommitPoint;
  readonly transactions: { close(): Promise<void> };
  readonly rows: RowStore<L, F>;
  readonly snapshots: SnapshotStore;
  /** Resolves once the partition is known to be this process's still, else rejects. */
  readonly confirm: () => Promise<void>;
  /** Its reports are written for this partition alone. */
  readonly feeds: Omit<FeedPorts, 'onFailed'>;
  readonly now: () => number;
  readonly logger: Logger;
}

/** The task of one partition in this process, and what is to be seen of it. */
export class PartitionRunner<S extends { readonly clock: EventClock }, E extends LogEvents, L, F> {
  readonly partition: number;
  readonly #task: PartitionTask<S, E, L, F>;
  readonly #feeds: FeedKeeper;
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

  constructor(private readonly parts: PartitionParts<S, E, L, F>) {
    const { partition, now, logger } = parts;
    this.partition = partition;
    this.#lastMoveMs = now();
    const onFailed = (feed: string, cause: unknown): void =>
      logger.debug(
        'how a feed is could not be said; it is tried again',
        { partition, feed },
        cause,
      );
    this.#feeds = new FeedKeeper({ ...parts.feeds, onFailed }, () => this.memory?.clock, now);
    this.#task = new PartitionTask(parts.application, {
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
      snapshotEveryEvents: parts.snapshotEveryEvents,
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

  get memory(): S | undefined {
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

  /** Reports silent feeds, and what time it is, to the log. Never rejects. */
  lookAtFeeds(): Promise<void> {
    return this.#feeds.look();
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
      const line = failedLine('A partition failed; it is counted no more', cause);
      logger.fatal(line, facts, cause);
    } else logger.warn('a partition starts again from what is durable', facts, cause);
    if (state === 'running') void this.#feeds.reportPushedFeed();
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
