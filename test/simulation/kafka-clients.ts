import type { UsageEvents } from '../../src/ingest/index.js';
import {
  Fault,
  partitionOfKey,
  type OutMessage,
  type PartitionLog,
  type PartitionTransactions,
  type Position,
} from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import { usageEventsOf } from '../support/usage-log.js';
import { askKafka, type Place } from './cluster.js';
import type { Fetched, ProducerId, SimEntry, SimPartition } from './sim-kafka.js';

const longestWaitMs = 1500;

const eventsOf = (entries: readonly SimEntry<Unplaced>[]): UsageEvents =>
  usageEventsOf(entries.map(({ offset, value }) => ({ ...(value as Unplaced), offset })));

/** The log of one input partition, as a task of a process reads it. */
export class SimPartitionLog implements PartitionLog<UsageEvents> {
  #isClosed = false;
  /** Where to look for the first event from an offset on: behind markers that were met. */
  #from = { offset: 0, next: 0 };
  #close: () => void = () => undefined;
  readonly #closed = new Promise<undefined>((resolve) => {
    this.#close = () => resolve(undefined);
  });

  constructor(
    private readonly place: Place,
    private readonly partition: SimPartition<Unplaced>,
  ) {}

  close(): void {
    this.#isClosed = true;
    this.#close();
  }

  /** No events when none came for a while, as the contract wants it. */
  async read(offset: number): Promise<UsageEvents | undefined> {
    if (offset !== this.#from.offset) this.#from = { offset, next: offset };
    if (this.#isClosed) return undefined;
    const fetching = this.#fetch(this.#from.next, longestWaitMs);
    const fetched = await Promise.race([fetching, this.#closed]);
    if (fetched === undefined) return undefined;
    this.#from = { offset, next: fetched.entries.length > 0 ? offset : fetched.next };
    return eventsOf(fetched.entries);
  }

  async *stored(from: number, to: number): AsyncIterable<UsageEvents> {
    for (let at = from; at < to;) {
      const { entries, next, isAtEnd } = await this.#fetch(at, 0);
      const wanted = entries.filter(({ offset }) => offset < to);
      if (wanted.length > 0) yield eventsOf(wanted);
      if (isAtEnd) return;
      at = next;
    }
  }

  #fetch(from: number, waitMs: number): Promise<Fetched<Unplaced>> {
    const { kafka, time, mostEventsOfFetch } = this.place.cluster;
    const most = time.between(1, mostEventsOfFetch);
    return askKafka(this.place, 'fetch', () => kafka.fetch(this.partition, { from, most, waitMs }));
  }
}

/** A transactional producer; unusable behind any error, as that of a real client. */
export class SimProducer {
  #id: ProducerId | undefined;

  constructor(
    private readonly place: Place,
    private readonly transactionalId: string,
  ) {}

  async fence(): Promise<void> {
    const { kafka } = this.place.cluster;
    this.#id = undefined;
    this.#id = await askKafka(this.place, 'initProducerId', () =>
      kafka.initProducerId(this.transactionalId),
    );
  }

  async produce<T>(partition: SimPartition<T>, values: readonly T[]): Promise<void> {
    const { kafka } = this.place.cluster;
    await this.#using((id) =>
      askKafka(this.place, 'produce', () => kafka.produce(id, partition, values)),
    );
  }

  async sendPosition(partition: number, position: Position): Promise<void> {
    const { kafka } = this.place.cluster;
    await this.#using((id) =>
      askKafka(this.place, 'sendPosition', () => kafka.sendPosition(id, partition, position)),
    );
  }

  async commit(): Promise<void> {
    const { kafka } = this.place.cluster;
    await this.#using((id) => askKafka(this.place, 'endTxn', () => kafka.endTransaction(id, true)));
  }

  async #using(call: (id: ProducerId) => Promise<void>): Promise<void> {
    const id = this.#id;
    if (id === undefined) throw new Fault('SIM_PRODUCER_GONE', 'Retry', 'the producer is unusable');
    try {
      await call(id);
    } catch (error) {
      if (this.#id === id) this.#id = undefined;
      throw error;
    }
  }
}

/** The transactions of one input partition. */
export class SimTransactions implements PartitionTransactions {
  protected readonly producer: SimProducer;

  constructor(
    protected readonly place: Place,
    protected readonly partition: number,
    transactionalId = `usage-${partition}`,
  ) {
    this.producer = new SimProducer(place, transactionalId);
  }

  fence(): Promise<void> {
    return this.producer.fence();
  }

  committed(): Promise<Position> {
    const { kafka } = this.place.cluster;
    return askKafka(this.place, 'offsetFetch', () => kafka.position(this.partition));
  }

  async commit(messages: readonly OutMessage[], position: Position): Promise<void> {
    await this.send(messages, position);
    await this.end();
  }

  /** All of a transaction but its end. */
  protected async send(messages: readonly OutMessage[], position: Position): Promise<void> {
    const { output } = this.place.cluster;
    for (const [index, partition] of output.entries()) {
      const its = messages.filter(({ key }) => partitionOfKey(key, output.length) === index);
      if (its.length > 0) await this.producer.produce(partition, its);
    }
    await this.producer.sendPosition(this.partition, position);
  }

  protected end(): Promise<void> {
    return this.producer.commit();
  }
}
