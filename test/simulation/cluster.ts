import type { OutMessage } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import type { ReadingMark } from '../../src/import/domain/line-batches.js';
import type { Network, SimProcess } from './network.js';
import type { SimCassandra } from './sim-cassandra.js';
import type { SimGroup } from './sim-group.js';
import type { SimKafka, SimPartition } from './sim-kafka.js';
import type { VirtualTime } from './virtual-time.js';

/** What the importer has written down about a file; the last entry of a file is in force. */
export interface JournalEntry {
  readonly fileId: number;
  readonly name: string;
  readonly mark: ReadingMark;
  /** Lines refused before the log so far. */
  readonly refused: number;
  readonly isDone: boolean;
}

/** A file in the incoming folder; it is there whole or not at all. */
export interface SimFile {
  readonly name: string;
  readonly feed: string;
  readonly bytes: Buffer;
}

/** Everything a simulated process can reach. */
export interface Cluster {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly kafka: SimKafka;
  readonly cassandra: SimCassandra;
  readonly group: SimGroup;
  /** `incoming-data-records`. */
  readonly input: readonly SimPartition<Unplaced>[];
  /** `data-records-aggregates`. */
  readonly output: readonly SimPartition<OutMessage>[];
  /** `import-files`. */
  readonly journal: SimPartition<JournalEntry>;
  /** The incoming folder. */
  readonly folder: SimFile[];
  readonly mostEventsOfFetch: number;
}

/** A process and what it reaches. */
export interface Place {
  readonly cluster: Cluster;
  readonly process: SimProcess;
}

export const kafkaTimeoutMs = 3000;
export const cassandraTimeoutMs = 2000;
export const sessionTimeoutMs = 6000;
export const transactionTimeoutMs = 10_000;

/** A call of a process to the broker. */
export const askKafka = <T>(
  { cluster: { network, kafka }, process }: Place,
  name: string,
  handle: () => T | Promise<T>,
): Promise<T> =>
  network.call(process, kafka.server, {
    name: `kafka.${name}`,
    timeoutMs: kafkaTimeoutMs,
    handle,
  });
