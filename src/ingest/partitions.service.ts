import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import type { PartitionShape } from './partitions.dto.js';
import { PARTITIONS, type Partition, type Partitions } from './partitions.js';

const text = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

const ageSeconds = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.round((nowMs - sinceMs) / 1000));

const orNull = <T>(value: T | undefined): T | null => value ?? null;

const viewOf = (partition: Partition, nowMs: number): PartitionShape => {
  const { position, snapshot } = partition;
  return {
    partition: partition.partition,
    owner: orNull(partition.owner),
    state: partition.state,
    position: orNull(position?.offset),
    cursor: orNull(position?.cursor),
    end: orNull(partition.end),
    lag: orNull(partition.lag),
    snapshotPosition: orNull(snapshot?.offset),
    snapshotAgeSeconds: snapshot === undefined ? null : ageSeconds(snapshot.savedAtMs, nowMs),
    openPeriods: orNull(partition.openPeriods),
    watermark: text(partition.watermarkMs),
    cause: orNull(partition.cause),
    updatedAt: text(partition.updatedAtMs),
  };
};

@Injectable()
export class PartitionsService {
  constructor(
    @Inject(PARTITIONS) private readonly partitions: Partitions,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  /** Every partition, in order of their numbers. */
  async list(): Promise<PartitionShape[]> {
    const found = await this.partitions.list();
    const nowMs = this.now();
    return found.map((partition) => viewOf(partition, nowMs));
  }
}
