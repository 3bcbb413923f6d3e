import type { Admin } from 'kafkajs';
import { startOfLog, type Position } from '../../streaming/index.js';
import { kafkaFault } from './kafka-client.js';

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
export const positionOfOffset = (offset: string, metadata: string | null): Position =>
  Number(offset) < 0 ? startOfLog : { offset: Number(offset), cursor: Number(metadata ?? 0) };

/** The committed positions of the partitions of a topic. */
export class GroupOffsets {
  constructor(
    private readonly admin: Admin,
    private readonly options: GroupOffsetsOptions,
  ) {}

  /** Every partition of the topic. Rejects with a fault of the connection (Retry). */
  async all(): Promise<ReadonlyMap<number, Position>> {
    const { groupId, topic } = this.options;
    try {
      const [found] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
      return new Map(
        found.partitions.map(({ partition, offset, metadata }) => [
          partition,
          positionOfOffset(offset, metadata),
        ]),
      );
    } catch (error) {
      throw kafkaFault(error);
    }
  }

  async of(partition: number): Promise<Position> {
    return (await this.all()).get(partition) ?? startOfLog;
  }
}
