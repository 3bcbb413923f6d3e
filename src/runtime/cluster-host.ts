import type { Clock } from '../platform/http/clock.js';
import type { TaskHealth } from '../platform/http/health.controller.js';
import { every, restFor } from '../platform/pause.js';
import type { StreamRuntime } from '../platform/stream-server.js';
import type { Logger } from '../platform/telemetry/index.js';
import type { TaskState } from '../streaming/index.js';

/** Something that is started with the process and stopped before it ends. */
export interface Service {
  start(): Promise<void> | void;
  stop(): Promise<void>;
  /** When it last got on, or had nothing to do (epoch ms), of one that has to. */
  readonly lastMoveMs?: number;
  /** When it last could answer (epoch ms): no restart helps one that cannot. */
  readonly lastAnswerMs?: number;
}

/** The task of a partition, as the host sees it: see `PartitionRunner`. */
export interface HostedPartition {
  readonly partition: number;
  readonly state: TaskState;
  readonly cause: string | undefined;
  readonly lastMoveMs: number;
  start(): void;
  stop(withinMs: number): Promise<void>;
  lookAtFeeds(): Promise<void>;
}

/** What a process of the cluster runs; what its roles leave out is empty. */
export interface ClusterHostParts<R extends HostedPartition> {
  /** Whether this process is to be in the group that counts. */
  readonly countsHere: boolean;
  /** What has not got on for so long is not well. */
  readonly unhealthyAfterMs: number;
  /** Members of groups, the importer: stopped before the partitions. */
  readonly services: readonly Service[];
  readonly newRunner: (partition: number) => R;
  /** Says to the other processes how a partition is. */
  readonly report: (runner: R) => Promise<void>;
  /** Connections, closed last and in order. */
  readonly connections: readonly { close(): Promise<void> }[];
  readonly now: Clock;
  readonly logger: Logger;
}

const reportEveryMs = 500;
const landingMs = 1500;
/** For the batch in hand and a snapshot: without one the next owner replays all since the last. */
const lastSnapshotMs = 5000;

/** The partitions of this process: those its group gives it, no others. */
export class ClusterHost<R extends HostedPartition> implements StreamRuntime {
  readonly #runners = new Map<number, R>();
  #stopReports: () => Promise<void> = () => Promise.resolve();
  #stopping: Promise<void> | undefined;
  /** Since when it is in no group (epoch ms); undefined while it is. */
  #outsideSinceMs: number | undefined;

  constructor(private readonly parts: ClusterHostParts<R>) {}

  /** Resolves when everything is on its way; partitions come when the group gives them. */
  async start(): Promise<void> {
    this.#stopReports = every(reportEveryMs, () => this.#lookAfter());
    if (this.parts.countsHere) this.#outsideSinceMs = this.parts.now();
    for (const service of this.parts.services) await service.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** To be told which partitions this process has from now on. */
  assigned(partitions: ReadonlySet<number>): void {
    if (this.#stopping !== undefined) return;
    this.#outsideSinceMs = undefined;
    for (const [partition, runner] of this.#runners) {
      if (!partitions.has(partition)) this.#release(runner);
    }
    for (const partition of partitions) if (!this.#runners.has(partition)) this.#take(partition);
  }

  /** To be told that the group is left: nothing is owned until it is joined again. */
  unassigned(): void {
    this.#outsideSinceMs ??= this.parts.now();
    for (const runner of this.#runners.values()) this.#release(runner);
  }

  /** failed: only a restart may help. running: well, also when there is nothing to do here. */
  health(): TaskHealth {
    const runners = [...this.#runners.values()];
    const failed = runners.find(({ state }) => state === 'failed');
    if (failed) {
      return { state: 'failed', cause: `partition ${failed.partition}: ${failed.cause ?? ''}` };
    }
    const oldestMs = this.parts.now() - this.parts.unhealthyAfterMs;
    const movers = [...runners, ...this.parts.services];
    if (
      (this.#outsideSinceMs ?? Infinity) < oldestMs ||
      movers.some(({ lastMoveMs = Infinity }) => lastMoveMs < oldestMs)
    ) {
      return { state: 'failed', cause: 'it has not got on for UNHEALTHY_AFTER' };
    }
    const { services } = this.parts;
    const isMute = services.some(({ lastAnswerMs = Infinity }) => lastAnswerMs < oldestMs);
    if (isMute || this.#outsideSinceMs !== undefined) return { state: 'unowned' };
    return { state: runners.find(({ state }) => state !== 'running')?.state ?? 'running' };
  }

  /** The partitions that this process has now. */
  get runners(): readonly R[] {
    return [...this.#runners.values()];
  }

  #take(partition: number): void {
    const runner = this.parts.newRunner(partition);
    this.#runners.set(partition, runner);
    this.parts.logger.log('partition taken', { partition });
    runner.start();
  }

  #release(runner: R): void {
    const { partition } = runner;
    this.#runners.delete(partition);
    this.parts.logger.log('partition given up', { partition });
    runner.stop(lastSnapshotMs).catch((error: unknown) => {
      this.parts.logger.warn('a partition did not end cleanly', { partition }, error);
    });
  }

  async #stop(): Promise<void> {
    const runners = [...this.#runners.values()];
    // then others may have the partitions
    await Promise.all(runners.map((runner) => runner.stop(lastSnapshotMs)));
    await this.#stopReports();
    const stopped = Promise.all(this.parts.services.map((service) => service.stop()));
    await Promise.race([stopped, restFor(landingMs)]);
    for (const connection of this.parts.connections) {
      await Promise.race([connection.close(), restFor(landingMs)]);
    }
  }

  async #lookAfter(): Promise<void> {
    const { logger } = this.parts;
    const work = Array.from(this.#runners.values(), async (runner) => {
      const { partition } = runner;
      try {
        await runner.lookAtFeeds();
        await this.parts.report(runner);
      } catch (error) {
        logger.debug('the status of a partition could not be told', { partition }, error);
      }
    });
    await Promise.all(work);
  }
}
