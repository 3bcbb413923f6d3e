import type { Consumer, Kafka } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { pauseFor } from '../pause.js';
import { kafkaErrors } from './errors.js';
import { stickyAssigner } from './sticky-assigner.js';

export interface PartitionGroupOptions {
  readonly groupId: string;
  readonly topic: string;
  /** A member that is silent for longer loses its partitions. */
  readonly sessionTimeoutMs: number;
  /** Told of every change: the partitions this process has from now on. */
  readonly onAssigned: (partitions: ReadonlySet<number>) => void;
  /** Told when the membership has ended, whyever, and of each try to join again that failed. */
  readonly onLeft: () => void;
  readonly log: { warn(message: string, facts?: Record<string, unknown>): void };
}

const fetchWaitMs = 250;
const joinAgainAfterMs = 1000;
/** What kafkajs does by default. */
const joinTries = 5;

type Waiter = { readonly partition: number; settle(isOwn: boolean): void };

/**
 * Membership in a consumer group: which partitions this process is to work on. Nothing is read
 * through it, and nothing is safe by it: what keeps an owner that lost a partition from committing
 * is the fence of its transactions. A member that works on nothing stands by.
 */
export class PartitionGroup {
  #consumer: Consumer | undefined;
  #own: ReadonlySet<number> = new Set();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #waiters: Waiter[] = [];
  #left: () => void = () => undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: PartitionGroupOptions,
  ) {}

  /** Joins, and joins again whenever the membership ends. */
  start(): void {
    this.#running = this.#run();
  }

  /** Leaves the group, so that others get the partitions at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#settleAll(() => false);
    await this.#consumer?.disconnect().catch(() => undefined);
    this.#left();
    await this.#running;
  }

  /**
   * Resolves once the coordinator has confirmed, from now on, that the partition is still this
   * process's. Rejects with PARTITION_LOST when it is not. An owner that was shut out asks first:
   * else it would shut out the one that came after it.
   */
  confirm(partition: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (isOwn: boolean): void => (isOwn ? resolve() : reject(lost(partition)));
      if (this.#stopping) settle(false);
      else this.#waiters.push({ partition, settle });
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#beMember();
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        if (!this.#stopping) this.options.log.warn('not in the group yet; tried again', { cause });
      }
      await this.#consumer?.disconnect().catch(() => undefined);
      this.#own = new Set();
      this.#settleAll(() => false);
      this.options.onLeft();
      if (!this.#stopping) await pauseFor(joinAgainAfterMs);
    }
  }

  async #beMember(): Promise<void> {
    const { groupId, topic, sessionTimeoutMs } = this.options;
    const consumer = this.kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.max(100, Math.floor(sessionTimeoutMs / 10)),
      maxWaitTimeInMs: fetchWaitMs,
      partitionAssigners: [stickyAssigner(() => [...this.#own])],
      allowAutoTopicCreation: false,
      // Left to itself, one that failed joins again, at times behind our back: it then holds
      // partitions that nobody works on. Joining again is ours.
      retry: { retries: joinTries, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#consumer = consumer;
    const left = new Promise<void>((resolve) => (this.#left = resolve));
    const { GROUP_JOIN, HEARTBEAT, CRASH, STOP } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      consumer.pause([{ topic }]);
      this.#assign(new Set(payload.memberAssignment[topic] ?? []));
    });
    consumer.on(HEARTBEAT, () => this.#settleAll((partition) => this.#own.has(partition)));
    consumer.on(CRASH, this.#left);
    consumer.on(STOP, this.#left);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
    await left;
  }

  #assign(partitions: ReadonlySet<number>): void {
    this.#own = partitions;
    this.#settleAll((partition) => (partitions.has(partition) ? undefined : false));
    this.options.onAssigned(partitions);
  }

  /** `answer` says what a waiter is told; undefined lets it wait on. */
  #settleAll(answer: (partition: number) => boolean | undefined): void {
    this.#waiters = this.#waiters.filter(({ partition, settle }) => {
      const isOwn = answer(partition);
      if (isOwn !== undefined) settle(isOwn);
      return isOwn === undefined;
    });
  }
}

const lost = (partition: number): Fault => {
  const { reaction, meaning } = kafkaErrors.PARTITION_LOST;
  return new Fault('PARTITION_LOST', reaction, meaning, { facts: { partition } });
};
