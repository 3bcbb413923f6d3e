import { Partitioners, type Kafka, type Producer, type Transaction } from 'kafkajs';
import { Fault } from '../../streaming/index.js';
import { pauseFor, withinMs } from '../pause.js';
import { kafkaErrors } from './errors.js';
import { kafkaFault } from './kafka-client.js';
import { sendsOf, type PartitionMessages } from './kafkajs/record-chunks.js';

export type { PartitionMessages } from './kafkajs/record-chunks.js';

export interface TransactionalSenderOptions {
  readonly transactionalId: string;
  /** The broker aborts a transaction that is open for longer: a dead owner holds nobody back. */
  readonly transactionTimeoutMs: number;
}

/** What one transaction makes true. */
export interface TransactionContent {
  readonly messages: readonly PartitionMessages[];
  readonly offsets?: {
    readonly groupId: string;
    readonly topics: {
      topic: string;
      partitions: { partition: number; offset: string; metadata?: string }[];
    }[];
  };
}

const retryAfterMs = 2;

/** What a client must wait for at most: the broker has given the transaction up by then. */
const marginMs = 5000;

/**
 * Transactions under one transactional id, one after the other. Whatever goes wrong, also a lost
 * answer, the producer is of no use any more: fence again, and read what was committed.
 */
export class TransactionalSender {
  #producer: Producer | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: TransactionalSenderOptions,
  ) {}

  /**
   * A new producer under the id: earlier ones, of any process, can commit nothing from now on.
   * Resolves once no transaction of theirs is undecided (the broker answers only then).
   */
  async fence(): Promise<void> {
    await this.close();
    const { transactionalId, transactionTimeoutMs } = this.options;
    const producer = this.kafka.producer({
      transactionalId,
      transactionTimeout: transactionTimeoutMs,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    this.#producer = producer;
    await this.#bounded('fence', async () => {
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.abort();
    });
  }

  /**
   * All or nothing. Resolves when it is committed. Rejects with reaction Fenced when another
   * producer has the id, else Retry: whether it was committed is not known then.
   */
  async transact(content: TransactionContent): Promise<void> {
    const producer = this.#producer;
    if (producer === undefined) {
      const { reaction, meaning } = kafkaErrors.KAFKA_TRANSACTION_UNDONE;
      throw new Fault('KAFKA_TRANSACTION_UNDONE', reaction, `not fenced yet: ${meaning}`);
    }
    try {
      await this.#bounded('transaction', async () => {
        const transaction = await producer.transaction();
        for (const topicMessages of sendsOf(content.messages)) {
          await transaction.sendBatch({ topicMessages });
        }
        if (content.offsets !== undefined) await sendOffsets(transaction, content.offsets);
        await transaction.commit();
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Leaves an open transaction to the broker's time-out, or to the next fence. */
  close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    // nobody waits for it: a broker that is away would hold up what comes next
    producer?.disconnect().catch(() => undefined);
    return Promise.resolve();
  }

  async #bounded(what: string, work: () => Promise<void>): Promise<void> {
    const { transactionTimeoutMs, transactionalId } = this.options;
    try {
      await withinMs(transactionTimeoutMs + marginMs, work(), () => {
        const { reaction, meaning } = kafkaErrors.KAFKA_TIMED_OUT;
        const facts = { transactionalId, what };
        return new Fault('KAFKA_TIMED_OUT', reaction, meaning, { facts });
      });
    } catch (error) {
      throw kafkaFault(error);
    }
  }
}

/** Right behind the commit before, the broker may not be done with it: kafkajs does not retry. */
const sendOffsets = async (
  transaction: Transaction,
  { groupId, topics }: NonNullable<TransactionContent['offsets']>,
): Promise<void> => {
  for (;;) {
    try {
      // its types leave the metadata out, its protocol has it
      return await transaction.sendOffsets({ consumerGroupId: groupId, topics });
    } catch (error) {
      if ((error as { type?: unknown }).type !== 'CONCURRENT_TRANSACTIONS') throw error;
      await pauseFor(retryAfterMs);
    }
  }
};
