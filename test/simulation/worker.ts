import { usageApplication } from '../../src/billing-window/index.js';
import { PartitionTask, type TaskState } from '../../src/streaming/index.js';
import { askKafka, type Cluster, type Place } from './cluster.js';
import { SimProcess } from './network.js';
import type { Parts } from './parts.js';

const heartbeatMs = 1500;
const pauseAfterFaultMs = 200;

interface OwnTask {
  readonly stop: () => void;
  state: TaskState;
}

/** What all workers of a run have in common. */
export interface WorkerOptions {
  readonly cluster: Cluster;
  readonly parts: Parts;
  readonly snapshotEveryEvents: number;
}

/** A process of the program with the role `ingest`: one real task for each of its partitions. */
export class Worker {
  readonly process: SimProcess;
  readonly #place: Place;
  readonly #tasks = new Map<number, OwnTask>();
  #stopping = false;

  constructor(
    private readonly options: WorkerOptions,
    name: string,
  ) {
    const { cluster } = options;
    this.process = new SimProcess(cluster.time, name);
    this.#place = { cluster, process: this.process };
    this.#live().catch((error: unknown) => cluster.time.violate(`${name}: ${String(error)}`));
  }

  get name(): string {
    return this.process.name;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Partitions whose task runs. */
  get running(): number[] {
    if (this.process.isDead) return [];
    return [...this.#tasks].filter(([, { state }]) => state === 'running').map(([at]) => at);
  }

  /** SIGTERM: what is in hand is committed, then the process ends. */
  stop(): void {
    this.#stopping = true;
    this.options.cluster.time.say(`${this.name} is told to stop`);
  }

  async #live(): Promise<void> {
    const { group } = this.options.cluster;
    while (!this.#stopping) {
      try {
        const heartbeat = (): number[] => group.heartbeat(this.name);
        this.#own(await askKafka(this.#place, 'heartbeat', heartbeat));
      } catch {
        // no answer: it goes on with what it has
      }
      await this.process.sleep(heartbeatMs);
    }
    this.#own([]);
    while (this.#tasks.size > 0) await this.process.sleep(100);
    await askKafka(this.#place, 'leave', () => group.leave(this.name)).catch(() => undefined);
    this.process.kill();
  }

  #own(partitions: readonly number[]): void {
    for (const [partition, task] of this.#tasks) {
      if (!partitions.includes(partition)) task.stop();
    }
    for (const partition of partitions) {
      if (!this.#tasks.has(partition)) this.#start(partition);
    }
  }

  #start(partition: number): void {
    const { cluster, parts, snapshotEveryEvents } = this.options;
    const { time } = cluster;
    const place = { ...this.#place, partition };
    const log = parts.log(place);
    const task = new PartitionTask(usageApplication, {
      log,
      commitPoint: parts.commitPoint(parts.writer(place), parts.transactions(place)),
      rows: parts.rows(place),
      snapshots: parts.snapshots(place),
      snapshotEveryEvents,
      turn: () => Promise.resolve(),
      pause: () => this.process.sleep(pauseAfterFaultMs),
      onState: (state, cause) => {
        own.state = state;
        const why = cause instanceof Error ? `: ${cause.message}` : '';
        time.say(`${this.name} task ${partition} ${state}${why}`);
        if (state === 'failed') time.violate(`the task of partition ${partition} failed${why}`);
      },
    });
    const own: OwnTask = {
      state: 'unowned',
      stop: () => {
        task.stop();
        void log.close();
      },
    };
    this.#tasks.set(partition, own);
    void task.run().then(() => this.#tasks.delete(partition));
  }
}
