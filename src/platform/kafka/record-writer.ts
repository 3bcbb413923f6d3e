import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { withinMs } from '../pause.js';
import { kafkaErrors } from './errors.js';
import { kafkaFault } from './kafka-client.js';

/** Where messages of one partition were written, in their order. */
export interface WrittenRange {
  readonly partition: number;
  /** Of each message of the partition. */
  readonly offsets: readonly number[];
}

const messagesPerSend = 1000;
const mostMs = 20_000;
/** With less left nothing is begun. Timers count from the turn they are set in: they ring early. */
const leastMs = 10;

/**
 * Writes messages outside of a transaction: acknowledged by all replicas in sync, and not twice by
 * a retry. A failure may leave some of them written.
 *
 * One write after the other, and none behind a failure on the same producer: kafkajs 2.2.4 gives
 * the numbers of a request whose answer was lost to the next one of the same producer, before it
 * tries again. A broker takes that one for a repetition: acknowledged, and not written.
 */
export class RecordWriter {
  #producer: Promise<Producer> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly kafka: Pick<Kafka, 'producer'>,
    private readonly topic: string,
    private readonly timeoutMs = mostMs,
  ) {}

  /** `byPartition[p]` goes to partition p. Rejects with reaction Retry when it may not be there. */
  write(byPartition: readonly (readonly Omit<Message, 'partition'>[])[]): Promise<WrittenRange[]> {
    const endMs = performance.now() + this.timeoutMs;
    const mine = this.#last.then(() => this.#writeUntil(endMs, byPartition));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #writeUntil(
    endMs: number,
    byPartition: readonly (readonly Message[])[],
  ): Promise<WrittenRange[]> {
    const leftMs = endMs - performance.now();
    if (leftMs < leastMs) throw this.#late(); // those before it took all the time
    try {
      return await withinMs(leftMs, this.#write(byPartition), () => this.#late());
    } catch (error) {
      await this.close(); // its sequence of messages is in doubt
      throw kafkaFault(error);
    }
  }

  #late(): Fault {
    const { reaction, meaning } = kafkaErrors.KAFKA_TIMED_OUT;
    return new Fault('KAFKA_TIMED_OUT', reaction, meaning, { facts: { topic: this.topic } });
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    const connected = await producer?.catch(() => undefined);
    connected?.disconnect().catch(() => undefined);
  }

  async #write(byPartition: readonly (readonly Message[])[]): Promise<WrittenRange[]> {
    const producer = await (this.#producer ??= this.#connect());
    const offsets = byPartition.map((): number[] => []);
    const longest = byPartition.reduce((most, { length }) => Math.max(most, length), 0);
    for (let from = 0; from < longest; from += messagesPerSend) {
      const parts = byPartition.map((messages) => messages.slice(from, from + messagesPerSend));
      const messages = parts.flatMap((part, partition) =>
        part.map((message) => ({ ...message, partition })),
      );
      const written = await producer.send({ topic: this.topic, messages, acks: -1 });
      for (const { partition, baseOffset } of written) {
        const first = Number(baseOffset);
        parts[partition].forEach((_message, index) => offsets[partition].push(first + index));
      }
    }
    return offsets.map((of, partition) => ({ partition, offsets: of }));
  }

  async #connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }
}
