import {
  RowsFirstCommitPoint,
  type CommitPoint,
  type EffectsWriter,
  type PartitionTransactions,
  type RowStore,
  type SnapshotStore,
} from '../../src/streaming/index.js';
import type { FoundRecords, RecordLookups } from '../../src/ingest/index.js';
import { newRowStore, newWriter, SimSnapshots } from './cassandra-clients.js';
import type { Place } from './cluster.js';
import { SimPartitionLog, SimTransactions } from './kafka-clients.js';
import type { BookRow, SimCassandra } from './sim-cassandra.js';
import { RealImport } from './real-importer.js';
import { SimImport } from './sim-importer.js';

/** A process and the partition it works on. */
export interface PartitionPlace extends Place {
  readonly partition: number;
}

/** What a worker is put together from; a planted bug replaces one of them. */
export interface Parts {
  readonly log: (place: PartitionPlace) => SimPartitionLog;
  readonly transactions: (place: PartitionPlace) => PartitionTransactions;
  readonly writer: (place: PartitionPlace) => EffectsWriter;
  readonly commitPoint: (writer: EffectsWriter, transactions: PartitionTransactions) => CommitPoint;
  readonly rows: (place: PartitionPlace) => RowStore<RecordLookups, FoundRecords>;
  readonly snapshots: (place: PartitionPlace) => SnapshotStore;
  readonly importing: (place: Place) => { run(): Promise<void> };
  /** How readers add up the books. */
  readonly books: (cassandra: SimCassandra) => BookRow[];
}

/** As it should be: the program's own parts wherever they do not talk to a real server. */
export const soundParts: Parts = {
  log: (place) => new SimPartitionLog(place, place.cluster.input[place.partition]),
  transactions: (place) => new SimTransactions(place, place.partition),
  writer: (place) => newWriter(place, place.partition),
  commitPoint: (writer, transactions) => new RowsFirstCommitPoint(writer, transactions),
  rows: newRowStore,
  snapshots: (place) => new SimSnapshots(place, place.partition),
  importing: (place) => (place.cluster.isRealImport ? new RealImport(place) : new SimImport(place)),
  books: (cassandra) => cassandra.lastBooks(),
};
