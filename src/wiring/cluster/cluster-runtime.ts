import { hostname } from 'node:os';
import type { PartitionRunner } from './partition-runner.js';
import type { UsageState, WindowTable } from '../../billing-window/index.js';
import type { Settings } from '../../config/index.js';
import type { OpenPeriods } from '../../ingest/index.js';
import type { PartitionReport } from '../../ingest/adapters/cassandra-partition-status.js';
import { openPeriodsOf } from '../task-status.js';
import type { TaskHealth } from '../../platform/http/health.controller.js';
import type { Clock } from '../../platform/http/clock.js';
import { every, restFor } from '../../platform/pause.js';
import type { StreamRuntime } from '../../platform/stream-server.js';
import type { Logger } from '../../platform/telemetry/index.js';

/** Something that is started with the process and stopped before it ends. */
export interface Service {
  start(): Promise<void> | void;
  stop(): Promise<void>;
  /** When it last got on, or had nothing to do (epoch ms), of one that has to. */
  readonly lastMoveMs?: number;
  /** When it last could answer (epoch ms): no restart helps one that cannot. */
  readonly lastAnswerMs?: number;
}

/** What a process of the cluster runs; what its roles leave out is empty. */
export interface ClusterRuntimeParts {
  readonly settings: Settings;
  /** Members of groups, the importer: stopped before the partitions. */
  readonly services: readonly Service[];
  readonly newRunner: (partition: number) => PartitionRunner;
  readonly report: (report: PartitionReport) => Promise<void>;
  /** host:port under which other processes reach this one; undefined until it listens. */
  readonly address: () => string | undefined;
  readonly snapshotOf: (partition: number) => PartitionReport['snapshot'];
  /** Connections, closed last and in order. */
  readonly connections: readonly { close(): Promise<void> }[];
  readonly now: Clock;
  readonly logger: Logger;
}

const reportEveryMs = 500;
const landingMs = 1500;
/** For the batch in hand and a snapshot: without one the next owner replays all since the last. */
const lastSnapshotMs = 5000;
const manyWindows = 20_000;
const countManyEveryMs = 10_000;

/** What tells this process from others that run on the same host or another. */
export const ownerName = `${hostname()}:${process.pid}`;

/** The partitions of this process: those its group gives it, no others. */
export class ClusterRuntime implements StreamRuntime {
  readonly #runners = new Map<number, PartitionRunner>();
  readonly #counted = new Map<number, { readonly open: OpenPeriods; readonly untilMs: number }>();
  #stopReports: () => Promise<void> = () => Promise.resolve();
  #stopping: Promise<void> | undefined;
  /** Since when it is in no group (epoch ms); undefined while it is. */
  #outsideSinceMs: number | undefined;

  constructor(private readonly parts: ClusterRuntimeParts) {}

  /** Resolves when everything is on its way; partitions come when the group gives them. */
  async start(): Promise<void> {
    this.#stopReports = every(reportEveryMs, () => this.#lookAfter());
    if (this.#countsHere) this.#outsideSinceMs = this.parts.now();
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
    const oldestMs = this.parts.now() - this.parts.settings.unhealthyAfterMs;
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

  /** The memory of each task of this process; undefined while it does not run. */
  memories(): (UsageState | undefined)[] {
    return Array.from(this.#runners.values(), ({ memory }) => memory);
  }

  get #countsHere(): boolean {
    return this.parts.settings.roles.includes('ingest');
  }

  #take(partition: number): void {
    const runner = this.parts.newRunner(partition);
    this.#runners.set(partition, runner);
    this.parts.logger.log('partition taken', { partition });
    runner.start();
  }

  #release(runner: PartitionRunner): void {
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
        await runner.tellOfFeeds();
        await this.parts.report(this.#reportOf(runner));
      } catch (error) {
        logger.debug('the status of a partition could not be told', { partition }, error);
      }
    });
    await Promise.all(work);
  }

  /** To count them takes a walk over all: many are counted less often. */
  #openPeriods(partition: number, windows: WindowTable): OpenPeriods {
    const nowMs = this.parts.now();
    const counted = this.#counted.get(partition);
    if (counted !== undefined && windows.count > manyWindows && nowMs < counted.untilMs) {
      return counted.open;
    }
    const open = openPeriodsOf(windows);
    this.#counted.set(partition, { open, untilMs: nowMs + countManyEveryMs });
    return open;
  }

  #reportOf(runner: PartitionRunner): PartitionReport {
    const { partition, state, memory, cause, position } = runner;
    return {
      partition,
      owner: ownerName,
      address: this.parts.address(),
      state,
      ...(memory && {
        position,
        memory: {
          clock: memory.clock,
          openPeriods: this.#openPeriods(partition, memory.windows),
          agreements: memory.agreements.agreementCount,
        },
      }),
      snapshot: this.parts.snapshotOf(partition),
      cause,
      atMs: this.parts.now(),
    };
  }
}
