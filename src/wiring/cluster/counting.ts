import {
  newUsageApplication,
  usageApplication,
  type UsageState,
} from '../../billing-window/index.js';
import { usageGroup, usageTransactionalId } from './cluster-options.js';
import { PartitionRunner } from '../../runtime/partition-runner.js';
import { type ClusterHost } from '../../runtime/cluster-host.js';
import type { FoundRecords, RecordLookups, UsageEvents } from '../../ingest/index.js';
import { cassandraRecordRowStore } from '../../ingest/adapters/cassandra-record-row-store.js';
import { CassandraUsageWriter } from '../../ingest/adapters/cassandra-usage-writer.js';
import { AgreementMessages } from '../../ingest/adapters/kafka-agreement-messages.js';
import { UsageDecoder } from '../../ingest/adapters/kafka-usage-codec.js';
import { CassandraSnapshotStore } from '../../platform/cassandra/index.js';
import { systemClock } from '../../platform/http/clock.js';
import {
  KafkaPartitionLog,
  KafkaPartitionTransactions,
  PartitionFetcher,
  PartitionGroup,
} from '../../platform/kafka/index.js';
import { restFor } from '../../platform/pause.js';
import { RowsFirstCommitPoint } from '../../streaming/index.js';
import { usageFeeds } from '../feed-clock.js';
import type { Shared } from './shared.js';

/** The task of a partition that counts usage. */
export type UsageRunner = PartitionRunner<UsageState, UsageEvents, RecordLookups, FoundRecords>;

/** The snapshots of the partitions, by partition: their newest is told with the status. */
export type Snapshots = Map<number, CassandraSnapshotStore>;

/** Makes the runner of a partition that this process was given. */
export const newRunner =
  (shared: Shared, confirm: (partition: number) => Promise<void>, snapshots: Snapshots) =>
  (partition: number): UsageRunner => {
    const { settings, kafka, session, offsets, input, logger } = shared;
    const { partitions, shards, dataRecordTable, topicIncomingDataRecords: topic } = settings;
    const agreements = new AgreementMessages({
      ...{ topic: settings.topicAgreements, partitions, log: shared.logName },
    });
    const decoder = new UsageDecoder({ partition, partitions }, (at) => agreements.forwarded(at));
    const transactions = new KafkaPartitionTransactions(kafka, offsets, {
      transactionalId: usageTransactionalId(settings, partition),
      transactionTimeoutMs: settings.kafkaTransactionTimeoutMs,
      groupId: usageGroup(settings),
      input: { topic, partition },
      output: { topic: settings.topicDataRecordsAggregates, partitions },
      further: agreements,
    });
    const spread = { partition, shards, dataRecordTable };
    const writer = new CassandraUsageWriter(session, spread, shared.rows);
    const store = new CassandraSnapshotStore({
      ...{ session, partition, application: usageApplication.name, now: systemClock },
      stateFormat: usageApplication.stateFormat,
      committed: () => offsets.of(partition),
      pauseMs: restFor,
      log: (line) => logger.warn(line),
    });
    snapshots.set(partition, store);
    return new PartitionRunner({
      ...{ partition, logger, transactions, snapshots: store, now: systemClock },
      application: newUsageApplication(settings.duplicateFilterBytes / partitions),
      snapshotEveryEvents: settings.snapshotEveryEvents,
      log: new KafkaPartitionLog({
        fetcher: new PartitionFetcher(kafka, { topic, partition }),
        decode: (messages) => decoder.decode(messages),
        batchEvents: settings.batchEvents,
      }),
      commitPoint: new RowsFirstCommitPoint(writer, transactions),
      rows: cassandraRecordRowStore(session, { shards }),
      confirm: () => confirm(partition),
      feeds: usageFeeds(settings, (events) => input.tell(partition, events)),
    });
  };

/** Counting: a member of the group, with a task for each partition it is given. */
export const counting = (shared: Shared, runtime: () => ClusterHost<UsageRunner>): PartitionGroup =>
  new PartitionGroup(shared.kafka, {
    groupId: usageGroup(shared.settings),
    topic: shared.settings.topicIncomingDataRecords,
    sessionTimeoutMs: shared.settings.kafkaSessionTimeoutMs,
    onAssigned: (partitions) => runtime().assigned(partitions),
    onLeft: () => runtime().unassigned(),
    log: shared.logger,
  });
