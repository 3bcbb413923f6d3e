import type { Kafka, Message } from 'kafkajs';
import {
  partitionOfKey,
  type Effects,
  type OutMessage,
  type PartitionTransactions,
  type Position,
} from '../../streaming/index.js';
import { positionAsOffset, type GroupOffsets } from './group-offsets.js';
import { TransactionalSender, type PartitionMessages } from './transactional-sender.js';

export interface PartitionTransactionsOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** The group and partition the position is kept for. */
  readonly groupId: string;
  readonly input: { readonly topic: string; readonly partition: number };
  /** Where messages go, each to the partition of its key. */
  readonly output: { readonly topic: string; readonly partitions: number };
  readonly further?: FurtherMessages;
}

/** Messages of other topics that a step causes, of the same transaction. */
export interface FurtherMessages {
  /** What follows begins behind the position. */
  startAt(position: Position): void;
  of(effects: Effects, position: Position): readonly PartitionMessages[];
}

const messageOf = ({ key, timestampMs, headers, value }: OutMessage): Message => ({
  key,
  value,
  headers: { ...headers },
  timestamp: String(timestampMs),
});

const byPartition = (
  messages: readonly OutMessage[],
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
): PartitionMessages[] => {
  const parts = new Map<number, Message[]>();
  for (const message of messages) {
    const partition = partitionOfKey(message.key, partitions);
    const part = parts.get(partition);
    if (part === undefined) parts.set(partition, [messageOf(message)]);
    else part.push(messageOf(message));
  }
  return Array.from(parts, ([partition, part]) => ({ topic, partition, messages: part }));
};

/** Messages and position of one input partition, in transactions of an id that is its alone. */
export class KafkaPartitionTransactions implements PartitionTransactions {
  readonly #sender: TransactionalSender;

  constructor(
    kafka: Kafka,
    private readonly offsets: Pick<GroupOffsets, 'of'>,
    private readonly options: PartitionTransactionsOptions,
  ) {
    const { transactionalId, transactionTimeoutMs } = options;
    this.#sender = new TransactionalSender(kafka, { transactionalId, transactionTimeoutMs });
  }

  fence(): Promise<void> {
    return this.#sender.fence();
  }

  async committed(): Promise<Position> {
    const { input, further } = this.options;
    const position = await this.offsets.of(input.partition);
    further?.startAt(position);
    return position;
  }

  commit(effects: Effects, position: Position): Promise<void> {
    const { input, output, groupId, further } = this.options;
    const { topic, partition } = input;
    const partitions = [{ partition, ...positionAsOffset(position) }];
    return this.#sender.transact({
      messages: [
        ...byPartition(effects.messages, output),
        ...(further?.of(effects, position) ?? []),
      ],
      offsets: { groupId, topics: [{ topic, partitions }] },
    });
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
