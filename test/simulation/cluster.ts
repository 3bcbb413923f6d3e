import type { OutMessage } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import type { Network, SimProcess } from './network.js';
import type { SimCassandra } from './sim-cassandra.js';
import type { SimGroup } from './sim-group.js';
import type { SimKafka, SimPartition } from './sim-kafka.js';
import type { VirtualTime } from './virtual-time.js';

/** A message of topic `import-files`: the newest one of a file is in force. */
export interface JournalMessage {
  readonly key: string;
  /** JSON with at least id, name and state of the file; null once the file has left. */
  readonly value: string | null;
}

/** What everyone can read in the journal of a file. */
export interface FileStanding {
  readonly id: number;
  readonly name: string;
  readonly state: string;
}

/** Lines that were refused before the log stand in the book under this partition. */
export const beforeTheLog = -1;

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
  /** The group of the importers, with the one partition of the journal. */
  readonly importers: SimGroup;
  /** `incoming-data-records`. */
  readonly input: readonly SimPartition<Unplaced>[];
  /** `data-records-aggregates`. */
  readonly output: readonly SimPartition<OutMessage>[];
  /** `import-files`. */
  readonly journal: SimPartition<JournalMessage>;
  /** All files that were ever dropped, and the names of those that were moved away. */
  readonly folder: SimFile[];
  readonly moved: Set<string>;
  /** The first of so many file ids in a row that nobody else gets. */
  readonly reserveIds: (count: number) => number;
  readonly mostEventsOfFetch: number;
  /** The program's own importer; else a model of it that resumes within small files. */
  readonly isRealImport: boolean;
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

/** How each file stands by the journal, in the order of the messages. */
export const standingsOf = ({ journal }: Cluster): FileStanding[] =>
  journal
    .read(0, Infinity)
    .entries.map(({ value }) => value?.value)
    .filter((text) => typeof text === 'string')
    .map((text) => JSON.parse(text) as FileStanding);
