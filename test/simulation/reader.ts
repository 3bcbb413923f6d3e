import type { OutMessage } from '../../src/streaming/index.js';
import { askKafka, type Cluster, type Place } from './cluster.js';
import { SimProcess } from './network.js';
import type { SimPartition } from './sim-kafka.js';

/** A system downstream: reads committed messages while everything goes wrong. */
export class Reader {
  /** What it saw, by partition: place and id. */
  readonly seen: string[][];
  readonly #place: Place;

  constructor(private readonly cluster: Cluster) {
    this.#place = { cluster, process: new SimProcess(cluster.time, 'reader') };
    this.seen = cluster.output.map(() => []);
    cluster.output.forEach((partition, index) => void this.#read(partition, this.seen[index]));
  }

  /** Something it saw that is not there any more, or stands elsewhere. */
  get gone(): string | undefined {
    for (const [index, partition] of this.cluster.output.entries()) {
      const there = partition
        .read(0, Infinity)
        .entries.map(({ offset, value }) => seenText(offset, value as OutMessage));
      const at = this.seen[index].findIndex((text, place) => text !== there[place]);
      if (at >= 0) return this.seen[index][at];
    }
    return undefined;
  }

  async #read(partition: SimPartition<OutMessage>, seen: string[]): Promise<void> {
    const { kafka } = this.cluster;
    for (let from = 0; ;) {
      try {
        const { entries, next } = await askKafka(this.#place, 'fetchOutput', () =>
          kafka.fetch(partition, { from, most: 50, waitMs: 2500 }),
        );
        for (const { offset, value } of entries) seen.push(seenText(offset, value as OutMessage));
        from = next;
      } catch {
        await this.#place.process.sleep(200);
      }
    }
  }
}

const seenText = (offset: number, { headers: { id, type } }: OutMessage): string =>
  `${offset} ${type} ${id}`;
