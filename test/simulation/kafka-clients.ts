import type { UsageEvents } from '../../src/ingest/index.js';
import {
  KafkaPartitionLog,
  type KafkaPartitionLogOptions,
} from '../../src/platform/kafka/partition-log.js';
import {
  Fault,
  partitionOfKey,
  type OutMessage,
  type Effects,
  type PartitionTransactions,
  type Position,
} from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import { usageEventsOf } from '../support/usage-log.js';
import { askKafka, type Place } from './cluster.js';
import type { ProducerId, SimEntry, SimPartition } from './sim-kafka.js';

const longestWaitMs = 500;

type Options = KafkaPartitionLogOptions<UsageEvents>;
type Message = Parameters<Options['decode']>[0][number];

/** An entry of the log in the place of a message of the client. */
interface SimMessage {
  readonly offset: number;
  readonly entry: SimEntry<Unplaced>;
}

const decode: Options['decode'] = (messages) =>
  usageEventsOf(
    messages.map((message) => {
      const { offset, value } = (message as unknown as SimMessage).entry;
      return { ...(value as Unplaced), offset };
    }),
  );

const fetcherOf = (place: Place, partition: SimPartition<Unplaced>): Options['fetcher'] => {
  const { kafka, time, mostEventsOfFetch } = place.cluster;
  return {
    fetch: async (from) => {
      const most = time.between(1, mostEventsOfFetch);
      const { entries, next } = await askKafka(place, 'fetch', () =>
        kafka.fetch(partition, { from, most, waitMs: longestWaitMs }),
      );
      const messages = entries.map((entry): SimMessage => {
        return { offset: entry.offset, entry };
      });
      return {
        messages: messages as unknown as Message[],
        nextOffset: next,
        stableEnd: partition.lastStableOffset,
      };
    },
    close: () => Promise.resolve(),
  };
};

/** The log of one input partition: the program's own, on a fetcher of the simulated broker. */
export class SimPartitionLog extends KafkaPartitionLog<UsageEvents> {
  constructor(place: Place, partition: SimPartition<Unplaced>) {
    const batchEvents = place.cluster.time.between(1, place.cluster.mostEventsOfFetch);
    super({ fetcher: fetcherOf(place, partition), decode, batchEvents });
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

  /** The client is given up; whatever it has open is left to the broker. */
  drop(): void {
    this.#id = undefined;
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
    return askKafka(this.place, 'offsetFetch', () => kafka.stablePosition(this.partition));
  }

  async commit({ messages }: Effects, position: Position): Promise<void> {
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
