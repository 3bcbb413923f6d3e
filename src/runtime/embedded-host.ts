import { every, pauseFor } from '../platform/pause.js';
import type { StreamRuntime } from '../platform/stream-server.js';
import type { Clock } from '../platform/http/clock.js';
import type { Logger } from '../platform/telemetry/index.js';
import { Fault, type EventClock, type TaskState } from '../streaming/index.js';
import { failedLine } from './fault-text.js';
import { FeedKeeper, type FeedPorts } from './feed-keeper.js';

/** Something that brings events into the log: started once the task runs, stopped before it. */
export interface Door {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the host runs. */
export interface EmbeddedHostParts {
  readonly task: {
    run(): Promise<void>;
    stop(): void;
    readonly memory: { readonly clock: EventClock } | undefined;
  };
  readonly log: { close(): void; abandon(cause?: unknown): Promise<void> };
  readonly feeds: Omit<FeedPorts, 'onFailed'>;
  readonly door: Door;
  readonly store: { close(): Promise<void> };
  readonly now: Clock;
  readonly logger: Logger;
}

const lookAtFeedsEveryMs = 1000;
const commitMs = 500;

const endedEarly = (): Error => new Error('asked to end while it starts');

/** The task of the one partition, what feeds it, and the clock that notices silent feeds. */
export class EmbeddedHost implements StreamRuntime {
  readonly #feeds: FeedKeeper;
  #ended: Promise<void> = Promise.resolve();
  #stopLooking: () => Promise<void> = () => Promise.resolve();
  #running: (cause?: unknown) => void = () => undefined;
  #failed: (cause: unknown) => void = () => undefined;
  #opened: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(private readonly parts: EmbeddedHostParts) {
    const { feeds, task, now, logger } = parts;
    const onFailed = (feed: string, cause: unknown): void =>
      logger.warn('how a feed is could not be said; it is tried again', { feed }, cause);
    this.#feeds = new FeedKeeper({ ...feeds, onFailed }, () => task.memory?.clock, now);
  }

  /** To be told of every state of the task. */
  onTaskState(state: TaskState, cause?: unknown): void {
    const { logger, log } = this.parts;
    if (cause === undefined) logger.debug(`task ${state}`);
    else if (state === 'failed') {
      const facts = cause instanceof Fault ? { code: cause.code } : {};
      logger.fatal(failedLine('The task failed; nothing more is counted', cause), facts, cause);
    } else logger.warn('the task starts again from what is durable', cause);
    if (state === 'running') this.#running();
    if (state === 'stopped') this.#failed(endedEarly());
    if (state !== 'failed') return;
    this.#failed(cause);
    // whoever waits for an append, or comes with one, is told why
    void log.abandon(cause);
  }

  /** Resolves when the task runs and the door is open; rejects with what the task failed with. */
  async start(): Promise<void> {
    const running = new Promise<unknown>((resolve, reject) => {
      this.#running = resolve;
      this.#failed = reject;
    });
    this.#ended = this.parts.task.run();
    await running;
    await this.#feeds.reportPushedFeed();
    if (this.#stopped !== undefined) throw endedEarly();
    this.#stopLooking = every(lookAtFeedsEveryMs, () => this.#feeds.look());
    this.#opened = this.parts.door.start();
    await this.#opened;
  }

  /** Nothing that was acknowledged is lost; what is in hand is committed or undone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { door, task, log, store } = this.parts;
    await this.#opened.catch(() => undefined); // told by start
    const closed = door.stop();
    await this.#stopLooking();
    // a batch of a file may be committed; what takes longer is read again at the next start
    await Promise.race([closed, pauseFor(commitMs)]);
    task.stop();
    log.close();
    await this.#ended;
    await log.abandon();
    await Promise.race([closed, pauseFor(commitMs)]);
    await store.close();
  }
}
