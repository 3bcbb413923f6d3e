import type { Admin, Kafka } from 'kafkajs';
import { startOfLog, type Position } from '../../streaming/index.js';
import { kafkaFault } from './kafka-client.js';
import { stableOffset } from './kafkajs/stable-offset.js';

/** Whose positions: a consumer group on a topic. */
export interface GroupOffsetsOptions {
  readonly groupId: string;
  readonly topic: string;
}

/** Offset and metadata of a committed position: the cursor is the metadata, '' when it is 0. */
export const positionAsOffset = ({ offset, cursor }: Position) => ({
  offset: String(offset),
  metadata: cursor === 0 ? '' : String(cursor),
});

/** A partition without a committed offset is at the start of its log. */
const positionOfOffset = (offset: number, metadata: string | null): Position =>
  offset < 0 ? startOfLog : { offset, cursor: Number(metadata ?? 0) };

/** The committed positions of the partitions of a topic. */
export class GroupOffsets {
  constructor(
    private readonly clients: { readonly kafka: Kafka; readonly admin: Admin },
    private readonly options: GroupOffsetsOptions,
  ) {}

  /**
   * Every partition of the topic, as far as is known without waiting: for looking at. Rejects with
   * a fault of the connection (Retry).
   */
  async all(): Promise<ReadonlyMap<number, Position>> {
    const { groupId, topic } = this.options;
    try {
      const [found] = await this.clients.admin.fetchOffsets({ groupId, topics: [topic] });
      return new Map(
        found.partitions.map(({ partition, offset, metadata }) => [
          partition,
          positionOfOffset(Number(offset), metadata),
        ]),
      );
    } catch (error) {
      throw kafkaFault(error);
    }
  }

  /** What is decided of one partition, for going on from there. Rejects as `all`. */
  async of(partition: number): Promise<Position> {
    const { offset, metadata } = await stableOffset(this.clients.kafka, {
      ...this.options,
      partition,
    });
    return positionOfOffset(offset, metadata);
  }
}
