import { Fault, startOfLog, type Position } from '../../src/streaming/index.js';
import { SimServer } from './network.js';
import type { VirtualTime } from './virtual-time.js';

/** Values in a partition of a topic; `value` is undefined for a control marker. */
export interface SimEntry<T> {
  readonly offset: number;
  readonly value: T | undefined;
  readonly transaction: Transaction | undefined;
}

export interface Fetched<T> {
  readonly entries: readonly SimEntry<T>[];
  /** Where to read on; beyond markers and what was aborted. */
  readonly next: number;
  /** True when all that can be read now was read. */
  readonly isAtEnd: boolean;
}

/** A partition of a topic; its readers see what is committed, up to the last stable offset. */
export class SimPartition<T> {
  readonly entries: SimEntry<T>[] = [];
  /** First offsets of transactions that have no marker here. */
  readonly #open = new Map<Transaction, number>();
  #waiting: (() => void)[] = [];

  constructor(readonly name: string) {}

  append(values: readonly T[], transaction?: Transaction): void {
    if (transaction !== undefined && !this.#open.has(transaction)) {
      this.#open.set(transaction, this.entries.length);
    }
    for (const value of values) {
      this.entries.push({ offset: this.entries.length, value, transaction });
    }
    this.#wake();
  }

  /** The control record that ends a transaction here. */
  mark(transaction: Transaction): void {
    this.entries.push({ offset: this.entries.length, value: undefined, transaction });
    this.#open.delete(transaction);
    this.#wake();
  }

  get lastStableOffset(): number {
    let least = this.entries.length;
    for (const first of this.#open.values()) least = Math.min(least, first);
    return least;
  }

  read(from: number, most: number): Fetched<T> {
    const end = this.lastStableOffset;
    const entries: SimEntry<T>[] = [];
    let next = from;
    for (; next < end && entries.length < most; next++) {
      const entry = this.entries[next];
      if (entry.value === undefined || entry.transaction?.isAborted === true) continue;
      entries.push(entry);
    }
    return { entries, next, isAtEnd: next >= end };
  }

  /** Calls back, once, when there may be more to read. */
  onChange(changed: () => void): void {
    this.#waiting.push(changed);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const changed of waiting) changed();
  }
}

/** Who a producer is to the broker. */
export interface ProducerId {
  readonly transactionalId: string;
  readonly epoch: number;
}

/** A transaction of the broker: open, then decided, then marked in each of its partitions. */
export class Transaction {
  readonly partitions = new Set<SimPartition<unknown>>();
  readonly positions = new Map<number, Position>();
  state: 'open' | 'committing' | 'aborting' | 'complete' = 'open';
  isAborted = false;

  constructor(readonly startedMs: number) {}
}

class Coordinator {
  epoch = -1;
  transaction: Transaction | undefined;
  readonly #waiting: (() => void)[] = [];

  /** Runs at once, or behind the last marker of a transaction that is decided; in turn. */
  whenDecided<T>(run: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      });
      this.#goOn();
    });
  }

  completed(): void {
    this.transaction = undefined;
    this.#goOn();
  }

  #goOn(): void {
    while (this.#waiting.length > 0) {
      if (this.transaction !== undefined && this.transaction.state !== 'open') return;
      this.#waiting.shift()?.();
    }
  }
}

/** Counted with the faults: such positions are rare, and a restore at one is rarer. */
export const positionWithinEvent = 'position within an event';

/** What the checks want to know at once. */
export interface KafkaWatch {
  committing(transaction: Transaction): void;
  moved(partition: number, before: Position, after: Position): void;
}

/**
 * One broker with transactions as Kafka has them: producer epochs, markers that come after the
 * decision, offsets of a group inside the transaction, readers that see committed records only.
 */
export class SimKafka {
  readonly server: SimServer;
  readonly coordinators = new Map<string, Coordinator>();
  /** Committed positions of the group, by partition of the input. */
  readonly positions = new Map<number, Position>();
  /** The longest time between the decision about a transaction and a marker of it. */
  slowestMarkerMs = 20;
  /** By partition, how many positions are decided and have not been moved to. */
  readonly #toMove = new Map<number, number>();
  #lastMoveMs = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly options: { readonly transactionTimeoutMs: number; readonly watch: KafkaWatch },
  ) {
    this.server = new SimServer(time, 'kafka');
    this.#sweep();
  }

  get openTransactions(): string[] {
    return [...this.coordinators]
      .filter(([, { transaction }]) => transaction !== undefined)
      .map(([transactionalId]) => transactionalId);
  }

  /** InitProducerId: aborts what an older epoch has open; waits for what is decided. */
  initProducerId(transactionalId: string): Promise<ProducerId> {
    const coordinator = this.#coordinator(transactionalId);
    return coordinator.whenDecided(() => {
      coordinator.epoch++;
      if (coordinator.transaction !== undefined) {
        this.#decide(coordinator, 'aborting');
        return this.initProducerId(transactionalId);
      }
      this.time.say(`kafka ${transactionalId} epoch ${coordinator.epoch}`);
      return { transactionalId, epoch: coordinator.epoch };
    });
  }

  produce<T>(
    producer: ProducerId,
    partition: SimPartition<T>,
    values: readonly T[],
  ): Promise<void> {
    return this.#joined(producer, (transaction) => {
      transaction.partitions.add(partition);
      partition.append(values, transaction);
      this.time.say(`kafka ${producer.transactionalId} +${values.length} to ${partition.name}`);
    });
  }

  /** TxnOffsetCommit. */
  sendPosition(producer: ProducerId, partition: number, position: Position): Promise<void> {
    return this.#joined(producer, ({ positions }) => positions.set(partition, position));
  }

  /** EndTxn: the answer comes with the decision; markers come later. */
  endTransaction(producer: ProducerId, isCommit: boolean): Promise<void> {
    const coordinator = this.#coordinator(producer.transactionalId);
    return coordinator.whenDecided(() => {
      this.#check(coordinator, producer);
      if (coordinator.transaction === undefined) return;
      this.#decide(coordinator, isCommit ? 'committing' : 'aborting');
      this.time.say(`kafka ${producer.transactionalId} ${isCommit ? 'commits' : 'aborts'}`);
    });
  }

  /** As it is known at the moment; a transaction that is complete may not have moved it yet. */
  position(partition: number): Position {
    return this.positions.get(partition) ?? startOfLog;
  }

  /** Waits for what is decided about it (OffsetFetch from version 7 on). */
  async stablePosition(partition: number): Promise<Position> {
    while ((this.#toMove.get(partition) ?? 0) > 0) {
      await new Promise<void>((resolve) => this.time.after(1, resolve));
    }
    return this.position(partition);
  }

  /** Waits for something to read as long as the broker lets a reader wait. */
  async fetch<T>(
    partition: SimPartition<T>,
    { from, most, waitMs }: { from: number; most: number; waitMs: number },
  ): Promise<Fetched<T>> {
    const untilMs = this.time.nowMs + waitMs;
    for (;;) {
      const fetched = partition.read(from, most);
      if (fetched.entries.length > 0 || this.time.nowMs >= untilMs) return fetched;
      await new Promise<void>((resolve) => {
        partition.onChange(resolve);
        this.time.after(untilMs - this.time.nowMs, resolve);
      });
    }
  }

  #coordinator(transactionalId: string): Coordinator {
    let coordinator = this.coordinators.get(transactionalId);
    if (coordinator === undefined) {
      this.coordinators.set(transactionalId, (coordinator = new Coordinator()));
    }
    return coordinator;
  }

  #check(coordinator: Coordinator, { transactionalId, epoch }: ProducerId): void {
    if (coordinator.epoch === epoch) return;
    const message = `${transactionalId} has a newer epoch than ${epoch}`;
    throw new Fault('SIM_FENCED', 'Fenced', message);
  }

  /** Does something in the open transaction of a producer, begun when there is none. */
  #joined(producer: ProducerId, run: (transaction: Transaction) => unknown): Promise<void> {
    const coordinator = this.#coordinator(producer.transactionalId);
    return coordinator.whenDecided(() => {
      this.#check(coordinator, producer);
      run((coordinator.transaction ??= new Transaction(this.time.nowMs)));
    });
  }

  #decide(coordinator: Coordinator, decision: 'committing' | 'aborting'): void {
    const transaction = coordinator.transaction as Transaction;
    transaction.state = decision;
    transaction.isAborted = decision === 'aborting';
    if (decision === 'committing') this.options.watch.committing(transaction);
    let missing = transaction.partitions.size + 1;
    const marked = (): void => {
      if (--missing > 0) return;
      transaction.state = 'complete';
      coordinator.completed();
    };
    for (const partition of transaction.partitions) {
      this.#later(() => {
        partition.mark(transaction);
        marked();
      });
    }
    this.#later(() => {
      if (decision === 'committing') this.#moveLater(transaction.positions);
      marked();
    });
  }

  /** A marker; one that is due while the broker is away comes after its start. */
  #later(mark: () => void): void {
    this.time.after(this.time.below(this.slowestMarkerMs) + 1, () => {
      if (this.server.isUp) mark();
      else this.#later(mark);
    });
  }

  /** A broker up to 3.9 moves positions a moment behind their marker; one after the other. */
  #moveLater(positions: ReadonlyMap<number, Position>): void {
    const { nowMs } = this.time;
    const count = (by: number): void => {
      for (const partition of positions.keys()) {
        this.#toMove.set(partition, (this.#toMove.get(partition) ?? 0) + by);
      }
    };
    const soonMs = nowMs + this.time.below(this.slowestMarkerMs) + 1;
    this.#lastMoveMs = Math.max(this.#lastMoveMs + 1, soonMs);
    count(1);
    this.time.after(this.#lastMoveMs - nowMs, () => {
      this.#move(positions);
      count(-1);
    });
  }

  #move(positions: ReadonlyMap<number, Position>): void {
    for (const [partition, position] of positions) {
      this.options.watch.moved(partition, this.position(partition), position);
      this.positions.set(partition, position);
      const { offset, cursor } = position;
      this.time.say(`kafka position of ${partition}: ${offset}/${cursor}`);
      if (cursor > 0) this.time.fire(positionWithinEvent, `${offset}/${cursor}`);
    }
  }

  /** Aborts what was open for too long; its producer is shut out then. */
  #sweep(): void {
    const { transactionTimeoutMs } = this.options;
    this.time.after(transactionTimeoutMs / 4, () => {
      for (const [transactionalId, coordinator] of this.coordinators) {
        const { transaction } = coordinator;
        if (transaction?.state !== 'open' || !this.server.isUp) continue;
        if (this.time.nowMs - transaction.startedMs < transactionTimeoutMs) continue;
        this.time.fire('transaction timed out', transactionalId);
        coordinator.epoch++;
        this.#decide(coordinator, 'aborting');
      }
      this.#sweep();
    });
  }
}
