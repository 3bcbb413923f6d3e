import { comparePositions, type OutMessage, type Position } from '../../src/streaming/index.js';
import type { Cluster } from './cluster.js';
import type { KafkaWatch, Transaction } from './sim-kafka.js';
import type { VirtualTime } from './virtual-time.js';

/** Safety while the run goes on: what must hold at each commit. */
export class Watch implements KafkaWatch {
  cluster: Cluster | undefined;
  readonly #committed = new Set<string>();

  constructor(private readonly time: VirtualTime) {}

  /** A message that becomes true is there once, and the row it tells of was acknowledged. */
  committing(transaction: Transaction): void {
    const output = this.cluster?.output ?? [];
    for (const partition of output) {
      if (!transaction.partitions.has(partition)) continue;
      for (const entry of partition.entries) {
        if (entry.transaction !== transaction || entry.value === undefined) continue;
        this.#message(entry.value);
      }
    }
  }

  moved(partition: number, before: Position, after: Position): void {
    if (comparePositions(after, before) > 0) return;
    const [from, to] = [before, after].map(({ offset, cursor }) => `${offset}/${cursor}`);
    this.time.violate(`the position of partition ${partition} goes from ${from} to ${to}`);
  }

  #message({ key, headers: { id, type } }: OutMessage): void {
    if (this.#committed.has(id)) this.time.violate(`${type} of ${key} is there twice (${id})`);
    this.#committed.add(id);
    if (this.cluster?.cassandra.messageIds.has(id) === true) return;
    this.time.violate(`${type} of ${key} is committed before its rows`);
  }
}
