import type { Provider } from '@nestjs/common';
import { AGREEMENT_LOG, AGREEMENT_STORE } from '../../agreements/index.js';
import { CassandraAgreementStore } from '../../agreements/adapters/cassandra-agreement-store.js';
import { MESSAGE_LOG } from '../../billing-window/index.js';
import { CassandraMessageCopies } from '../../billing-window/adapters/cassandra-message-copies.js';
import { KafkaMessageLog } from '../../billing-window/adapters/kafka-message-log.js';
import { ownerAsker } from './ask-owner.js';
import { checkCluster } from './cluster-check.js';
import { clusterCounts } from './cluster-counts.js';
import { DataRecordMark } from './data-record-mark.js';
import { ClusterHost, type Service } from '../../runtime/cluster-host.js';
import { ownerName, PartitionReports } from './partition-reports.js';
import { OwnAddress } from './own-address.js';
import { OwnersTotals } from './owners-totals.js';
import { StoreWatch } from './store-watch.js';
import type { Settings } from '../../config/index.js';
import { COUNTS } from '../../counts.controller.js';
import {
  DIRECT_RECORDS,
  KEPT_TOTALS,
  KeptTotalsController,
  RUNNING_TOTALS,
  type KeptTotals,
} from '../../data-records/index.js';
import { CassandraDataRecordStore } from '../../data-records/adapters/cassandra-record-store.js';
import { LoggedDirectRecords } from '../../data-records/adapters/logged-direct-records.js';
import { DATA_RECORD_STORE } from '../../data-records/data-record-store.js';
import { CORRECTION_MAX_FUTURE_SKEW_MS } from '../../data-records/data-records.service.js';
import { FolderCdrDrop } from '../../generator/adapters/folder-cdr-drop.js';
import { CDR_DROP } from '../../generator/index.js';
import { IMPORT_FILE_STORE } from '../../import/index.js';
import { CassandraFeedFiles } from '../../import/adapters/cassandra-feed-files.js';
import { CassandraFileIds } from '../../import/adapters/cassandra-file-ids.js';
import { CassandraImportFileStore } from '../../import/adapters/cassandra-import-file-store.js';
import { CassandraImportRows } from '../../import/adapters/cassandra-import-rows.js';
import { KafkaImporter } from '../../import/adapters/kafka-importer.js';
import { PARTITION_STATUS, PARTITIONS, USAGE_INPUT } from '../../ingest/index.js';
import { usageRecords } from '../../ingest/adapters/kafka-usage-records.js';
import { LoggedAgreements } from '../../ingest/adapters/logged-agreements.js';
import { FEED_FILES } from '../../ingest/feed-files.js';
import { MAX_FUTURE_SKEW_MS } from '../../ingest/incoming-data-records.service.js';
import { CLOCK, systemClock } from '../../platform/http/clock.js';
import { TASK_HEALTH } from '../../platform/http/health.controller.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { claimedImporter } from '../claimed-importer.js';
import { importerSettings } from '../importer-settings.js';
import { keptTotals } from '../running-totals.js';
import type { StoreMode } from '../store-mode.js';
import { WARNINGS } from '../../warnings.controller.js';
import { counting, newRunner, type Snapshots, type UsageRunner } from './counting.js';
import { Forwarding } from './forwarding.js';
import { closedBehind, openShared, type Shared } from './shared.js';

const newImporter = (shared: Shared): ReturnType<typeof claimedImporter> => {
  const { settings, logger, kafka, session } = shared;
  const ids = new CassandraFileIds(session);
  const ports = importerSettings(settings, logger);
  const { leftAlone } = ports;
  const importer = new KafkaImporter({
    kafka,
    rows: new CassandraImportRows(session),
    encode: (events) => usageRecords(events, settings.partitions),
    reserveIds: (count) => ids.reserve(count),
    ports,
    options: {
      clusterName: settings.clusterName,
      directory: settings.incomingDataRecordsDir,
      topics: { log: settings.topicIncomingDataRecords, journal: settings.topicImportFiles },
      transactionTimeoutMs: settings.kafkaTransactionTimeoutMs,
      sessionTimeoutMs: settings.kafkaSessionTimeoutMs,
    },
  });
  const directory = settings.incomingDataRecordsDir;
  const store = `cluster ${settings.clusterName}, keyspace ${settings.cassandraKeyspace}`;
  return claimedImporter(importer, { directory, store, isShared: true, logger, leftAlone });
};

const port = (provide: symbol, useValue: unknown): Provider => ({ provide, useValue });

/** Totals of this process for others, and of all processes for those who ask this one. */
const totalPorts = (shared: Shared, kept: KeptTotals): Provider[] => {
  const { settings, session, status } = shared;
  const { partitions } = settings;
  const asker = ownerAsker();
  shared.connections.unshift(asker);
  const totals = new OwnersTotals({
    ...{ kept, partitions, ask: asker.ask, now: systemClock },
    agreements: new CassandraAgreementStore(session, partitions),
    owners: () => status.owners(),
  });
  return [port(KEPT_TOTALS, kept), port(RUNNING_TOTALS, totals)];
};

/** The ports of the contexts, each with its adapter of the cluster. */
const clusterPorts = ({ settings, session, input, status, messages }: Shared): Provider[] => {
  const copies = new CassandraMessageCopies(session);
  return [
    port(CLOCK, systemClock),
    port(USAGE_INPUT, input),
    port(AGREEMENT_STORE, new CassandraAgreementStore(session, settings.partitions)),
    port(AGREEMENT_LOG, new LoggedAgreements(input)),
    port(DATA_RECORD_STORE, new CassandraDataRecordStore(session, settings.shards)),
    port(DIRECT_RECORDS, new LoggedDirectRecords(input)),
    port(MESSAGE_LOG, new KafkaMessageLog(messages, copies, settings.partitions)),
    port(CDR_DROP, new FolderCdrDrop(settings.incomingDataRecordsDir)),
    port(FEED_FILES, new CassandraFeedFiles(session)),
    port(IMPORT_FILE_STORE, new CassandraImportFileStore(session)),
    port(COUNTS, clusterCounts({ session, status, messages })),
    port(MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
    port(CORRECTION_MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
    port(PARTITION_STATUS, status),
    port(PARTITIONS, status),
  ];
};

/** Once more rows are counted without table data_record, it stays marked until it is filled. */
const tellOfDataRecords = async ({ session, settings, logger }: Shared): Promise<void> => {
  const isWhole = await new DataRecordMark(session).started(settings.dataRecordTable);
  if (isWhole || !settings.dataRecordTable) return;
  logger.warn(
    'Table data_record has no rows of what was counted while DATA_RECORD_TABLE was off: ' +
      '`npm run migrate -- --data-record` writes them, beside the running program.',
  );
};

/** Every port → its adapter on Kafka and Cassandra. Rejects with the faults of both. */
export const wireCluster = async (settings: Settings, logger: Logger): Promise<StoreMode> => {
  await checkCluster(settings, logger);
  const shared = await openShared(settings, logger);
  const { roles } = settings;
  if (roles.includes('ingest')) {
    await tellOfDataRecords(shared).catch((error: unknown) =>
      closedBehind(shared.connections, error),
    );
  }
  const snapshots: Snapshots = new Map();
  const address = new OwnAddress(settings);
  const group = counting(shared, () => runtime);
  const services: Service[] = [];
  const importer = roles.includes('import') ? newImporter(shared) : undefined;
  if (importer) services.push(importer);
  if (roles.includes('ingest')) services.push(group, new Forwarding(shared));
  if (roles.includes('api')) services.push(new StoreWatch(() => shared.status.told(), systemClock));
  const reports = new PartitionReports({
    address: () => address.value,
    snapshotOf: (partition) => snapshots.get(partition)?.newest,
    now: systemClock,
  });
  const runtime: ClusterHost<UsageRunner> = new ClusterHost({
    ...{ services, connections: shared.connections, now: systemClock, logger },
    countsHere: roles.includes('ingest'),
    unhealthyAfterMs: settings.unhealthyAfterMs,
    newRunner: newRunner(shared, (partition) => group.confirm(partition), snapshots),
    report: (runner) => shared.status.report(reports.of(runner)),
  });
  // its servers say themselves what they miss
  const warnings = port(WARNINGS, () => importer?.warnings ?? []);
  const health = port(TASK_HEALTH, () => runtime.health());
  const totals = totalPorts(
    shared,
    keptTotals(ownerName, () => runtime.runners.map(({ memory }) => memory)),
  );
  return {
    runtime,
    providers: [...clusterPorts(shared), health, warnings, ...totals],
    controllers: roles.includes('ingest') ? [KeptTotalsController] : [],
    hosts: [address.hostName],
    onListening: (listenedOn) => address.listening(listenedOn),
  };
};
