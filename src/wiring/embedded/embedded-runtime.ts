import type { Settings } from '../../config/index.js';
import { feedClockSettings } from '../feed-clock.js';
import type { UsageState } from '../../billing-window/index.js';
import { eventTypes, topicFeed, UsageEvents, type UsageInput } from '../../ingest/index.js';
import { every, pauseFor } from '../../platform/pause.js';
import type { StreamRuntime } from '../../platform/stream-server.js';
import type { Clock } from '../../platform/http/clock.js';
import type { Logger, LogFacts } from '../../platform/telemetry/index.js';
import { FeedStamps } from '../feed-stamps.js';
import { SilentFeeds } from '../silent-feeds.js';
import {
  Fault,
  type FeedProgress,
  type PartitionTask,
  type TaskState,
} from '../../streaming/index.js';
import { causeText, nextText } from '../task-status.js';

/** What the runtime runs. */
export interface RuntimeParts {
  readonly settings: Settings;
  readonly task: Pick<
    PartitionTask<UsageState, UsageEvents, never, never>,
    'run' | 'stop' | 'memory'
  >;
  readonly log: { close(): void; abandon(cause?: unknown): Promise<void> };
  readonly input: UsageInput;
  /** Reads files; started once the task runs, stopped before it. */
  readonly importer: { start(): Promise<void>; stop(): Promise<void> };
  readonly store: { close(): Promise<void> };
  readonly now: Clock;
  readonly logger: Logger;
}

/** The line of the log, then the error with its stack. */
const failedText = (cause: unknown): [string, LogFacts, unknown] => [
  ['The task failed; nothing more is counted.', causeText(cause), nextText(cause)]
    .flatMap((part) => (part === undefined ? [] : [part.replace(/\.?$/, '.')]))
    .join(' '),
  cause instanceof Fault ? { code: cause.code } : {},
  cause,
];

const lookAtFeedsEveryMs = 1000;
const commitMs = 500;

/** The task of the one partition, what feeds it, and the clock that notices silent feeds. */
export class UsageRuntime implements StreamRuntime {
  #ended: Promise<void> = Promise.resolve();
  #stopLooking: () => Promise<void> = () => Promise.resolve();
  #running: (cause?: unknown) => void = () => undefined;
  #failed: (cause: unknown) => void = () => undefined;
  #stopped: Promise<void> | undefined;
  readonly #stamps = new FeedStamps();

  constructor(private readonly parts: RuntimeParts) {}

  /** To be told of every state of the task. */
  onTaskState(state: TaskState, cause?: unknown): void {
    const { logger, log } = this.parts;
    if (cause === undefined) logger.debug(`task ${state}`);
    else if (state === 'failed') logger.fatal(...failedText(cause));
    else logger.warn('the task starts again from what is durable', cause);
    if (state === 'running') this.#running();
    if (state === 'stopped') this.#failed(new Error('asked to end while it starts'));
    if (state !== 'failed') return;
    this.#failed(cause);
    // whoever waits for an append, or comes with one, is told why
    void log.abandon(cause);
  }

  /** Resolves when the task runs and files are read; rejects with what it failed with. */
  async start(): Promise<void> {
    const running = new Promise<unknown>((resolve, reject) => {
      this.#running = resolve;
      this.#failed = reject;
    });
    this.#ended = this.parts.task.run();
    await running;
    await this.#tellTopicSettings();
    const silent = new SilentFeeds((feed) => feedClockSettings(this.parts.settings, feed));
    this.#stopLooking = every(lookAtFeedsEveryMs, () => this.#lookAtFeeds(silent));
    await this.parts.importer.start();
  }

  /** Nothing that was acknowledged is lost; what is in hand is committed or undone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { importer, task, log, store } = this.parts;
    const imported = importer.stop();
    await this.#stopLooking();
    // a batch of a file may be committed; what takes longer is read again at the next start
    await Promise.race([imported, pauseFor(commitMs)]);
    task.stop();
    log.close();
    await this.#ended;
    await log.abandon();
    await Promise.race([imported, pauseFor(commitMs)]);
    await store.close();
  }

  /** A topic feed nobody has sent to yet is idle: it must not hold back the feeds of files. */
  async #tellTopicSettings(): Promise<void> {
    const { settings, task } = this.parts;
    const { maxOutOfOrdernessMs } = feedClockSettings(settings, topicFeed);
    const known = task.memory?.clock.feeds[topicFeed];
    if (known?.maxOutOfOrdernessMs === maxOutOfOrdernessMs) return;
    const status = known?.status ?? 'idle';
    await this.#tell({ feed: topicFeed, status, maxOutOfOrdernessMs });
  }

  async #lookAtFeeds(silent: SilentFeeds): Promise<void> {
    const { task, now, logger } = this.parts;
    const clock = task.memory?.clock;
    if (clock === undefined) return;
    const stamped = this.#stamps.due(clock, now());
    const silentNow = silent.look(clock, now());
    const said: FeedProgress[] = silentNow.map((feed) => ({ feed, status: 'idle' }));
    if (stamped !== undefined) said.push({ feed: stamped });
    for (const progress of said) {
      try {
        await this.#tell(progress);
      } catch (cause) {
        const { feed } = progress;
        logger.warn('how a feed is could not be said; it is tried again', { feed }, cause);
      }
    }
  }

  async #tell(progress: FeedProgress): Promise<void> {
    const events = new UsageEvents(1);
    const payload = JSON.stringify(progress);
    const timestampMs = this.parts.now();
    events.pushControl(eventTypes.feed, { msisdn: 0, timestampMs, payload });
    await this.parts.input.send(events);
    this.#stamps.written(timestampMs);
  }
}
