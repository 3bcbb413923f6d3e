import type { Provider } from '@nestjs/common';
import { AGREEMENT_LOG, AGREEMENT_STORE } from '../../agreements/index.js';
import { CassandraAgreementStore } from '../../agreements/adapters/cassandra-agreement-store.js';
import { MESSAGE_LOG, usageApplication } from '../../billing-window/index.js';
import { CassandraMessageCopies } from '../../billing-window/adapters/cassandra-message-copies.js';
import { KafkaMessageLog } from '../../billing-window/adapters/kafka-message-log.js';
import { ownerAsker } from './ask-owner.js';
import { checkCluster } from './cluster-check.js';
import { clusterCounts } from './cluster-counts.js';
import {
  agreementsGroup,
  cassandraOptions,
  kafkaOptions,
  usageGroup,
  usageTransactionalId,
} from './cluster-options.js';
import { DataRecordMark } from './data-record-mark.js';
import { PartitionRunner } from './partition-runner.js';
import { ClusterRuntime, ownerName, type Service } from './cluster-runtime.js';
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
import { CassandraDeadLetterStore } from '../../ingest/adapters/cassandra-dead-letter-store.js';
import { CassandraPartitionStatus } from '../../ingest/adapters/cassandra-partition-status.js';
import { cassandraRecordRowStore } from '../../ingest/adapters/cassandra-record-row-store.js';
import { CassandraUsageWriter } from '../../ingest/adapters/cassandra-usage-writer.js';
import { AgreementMessages } from '../../ingest/adapters/kafka-agreement-messages.js';
import { AgreementForwarder } from '../../ingest/adapters/kafka-agreement-forwarder.js';
import { UsageDecoder } from '../../ingest/adapters/kafka-usage-codec.js';
import { KafkaUsageInput } from '../../ingest/adapters/kafka-usage-input.js';
import { usageRecords } from '../../ingest/adapters/kafka-usage-records.js';
import { LoggedAgreements } from '../../ingest/adapters/logged-agreements.js';
import { FEED_FILES } from '../../ingest/feed-files.js';
import { MAX_FUTURE_SKEW_MS } from '../../ingest/incoming-data-records.service.js';
import {
  BatchedWriter,
  CassandraSession,
  CassandraSnapshotStore,
} from '../../platform/cassandra/index.js';
import { CLOCK, systemClock } from '../../platform/http/clock.js';
import { TASK_HEALTH } from '../../platform/http/health.controller.js';
import {
  GroupOffsets,
  KafkaPartitionLog,
  KafkaPartitionTransactions,
  newKafka,
  PartitionFetcher,
  PartitionGroup,
  RecordWriter,
  TopicReader,
  TransactionalSender,
  type Admin,
  type Kafka,
} from '../../platform/kafka/index.js';
import { pauseFor, restFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { RowsFirstCommitPoint } from '../../streaming/index.js';
import { claimedImporter } from '../claimed-importer.js';
import { importerSettings } from '../importer-settings.js';
import { keptTotals } from '../running-totals.js';
import type { StoreMode } from '../store-mode.js';
import { WARNINGS } from '../../warnings.controller.js';

const answerWithinMs = 30_000;
const retryAfterMs = 500;

/** What all adapters of a process share. */
interface Shared {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly session: CassandraSession;
  readonly offsets: GroupOffsets;
  readonly input: KafkaUsageInput;
  /** One for all partitions: it bounds what the process has on its way to Cassandra. */
  readonly rows: BatchedWriter;
  readonly status: CassandraPartitionStatus;
  readonly messages: TopicReader;
  /** The log's name, unlike that of any other log of any Kafka cluster. */
  readonly logName: string;
  readonly connections: { close(): Promise<void> }[];
}

const openShared = async (settings: Settings, logger: Logger): Promise<Shared> => {
  const session = await CassandraSession.open(cassandraOptions(settings));
  const kafka = newKafka(kafkaOptions(settings), logger);
  const admin = kafka.admin();
  const { partitions } = settings;
  const log = new TopicReader(kafka, settings.topicIncomingDataRecords, partitions);
  const messages = new TopicReader(kafka, settings.topicDataRecordsAggregates, partitions);
  const topic = settings.topicIncomingDataRecords;
  const offsets = new GroupOffsets({ kafka, admin }, { groupId: usageGroup(settings), topic });
  const writer = new RecordWriter(kafka, topic);
  const status = new CassandraPartitionStatus({
    ...{ session, partitions, application: usageApplication.name },
    offsets: { ends: () => log.ends(), committed: () => offsets.all() },
  });
  const input = new KafkaUsageInput({
    ...{ partitions, writer, now: systemClock, pause: pauseFor, answerWithinMs },
    committed: () => offsets.all(),
    told: () => status.told(),
    deadLetters: new CassandraDeadLetterStore(session),
  });
  const connections = [
    ...[writer, log, messages],
    { close: () => admin.disconnect() },
    { close: () => session.close() },
  ];
  await admin.connect();
  const { clusterId } = await admin.describeCluster();
  const logName = `${clusterId}/${topic}`;
  const rows = new BatchedWriter(session);
  const clients = { kafka, admin, session, offsets };
  return { settings, logger, ...clients, input, rows, status, messages, logName, connections };
};

/** The snapshots of the partitions, by partition: their newest is told with the status. */
type Snapshots = Map<number, CassandraSnapshotStore>;

const newRunner =
  (shared: Shared, confirm: (partition: number) => Promise<void>, snapshots: Snapshots) =>
  (partition: number): PartitionRunner => {
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
      ...{ partition, settings, logger, transactions, snapshots: store, now: systemClock },
      log: new KafkaPartitionLog({
        fetcher: new PartitionFetcher(kafka, { topic, partition }),
        decode: (messages) => decoder.decode(messages),
        batchEvents: settings.batchEvents,
      }),
      commitPoint: new RowsFirstCommitPoint(writer, transactions),
      rows: cassandraRecordRowStore(session, { shards }),
      confirm: () => confirm(partition),
      tell: (events) => input.tell(partition, events),
    });
  };

/** Counting: a member of the group, with a task for each partition it is given. */
const counting = (shared: Shared, runtime: () => ClusterRuntime): PartitionGroup =>
  new PartitionGroup(shared.kafka, {
    groupId: usageGroup(shared.settings),
    topic: shared.settings.topicIncomingDataRecords,
    sessionTimeoutMs: shared.settings.kafkaSessionTimeoutMs,
    onAssigned: (partitions) => runtime().assigned(partitions),
    onLeft: () => runtime().unassigned(),
    log: shared.logger,
  });

/** Brings what other systems write to topic `agreements` into the log. */
class Forwarding implements Service {
  readonly #forwarders = new Map<number, AgreementForwarder>();
  readonly #group: PartitionGroup;
  /** Since when it is in no group (epoch ms); undefined while it is. */
  #outsideSinceMs: number | undefined;

  constructor(private readonly shared: Shared) {
    this.#group = new PartitionGroup(shared.kafka, {
      groupId: agreementsGroup(shared.settings),
      topic: shared.settings.topicAgreements,
      sessionTimeoutMs: shared.settings.kafkaSessionTimeoutMs,
      onAssigned: (partitions) => {
        this.#outsideSinceMs = undefined;
        this.#assigned(partitions);
      },
      onLeft: () => {
        this.#outsideSinceMs ??= systemClock();
        this.#assigned(new Set());
      },
      log: shared.logger,
    });
  }

  get lastMoveMs(): number {
    const all = Array.from(this.#forwarders.values(), ({ lastMoveMs }) => lastMoveMs);
    return Math.min(this.#outsideSinceMs ?? Infinity, ...all);
  }

  start(): void {
    this.#outsideSinceMs = systemClock();
    this.#group.start();
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#forwarders.values(), (forwarder) => forwarder.stop()));
    await this.#group.stop();
  }

  #assigned(partitions: ReadonlySet<number>): void {
    for (const [partition, forwarder] of this.#forwarders) {
      if (partitions.has(partition)) continue;
      this.#forwarders.delete(partition);
      void forwarder.stop();
    }
    for (const partition of partitions) {
      if (this.#forwarders.has(partition)) continue;
      const forwarder = this.#newForwarder(partition);
      this.#forwarders.set(partition, forwarder);
      forwarder.start();
    }
  }

  #newForwarder(partition: number): AgreementForwarder {
    const { kafka, admin, settings, logger } = this.shared;
    const groupId = agreementsGroup(settings);
    const topic = settings.topicAgreements;
    const transactionalId = `${groupId}-${partition}`;
    const transactionTimeoutMs = settings.kafkaTransactionTimeoutMs;
    const offsets = new GroupOffsets({ kafka, admin }, { groupId, topic });
    return new AgreementForwarder({
      ...{ partition, agreementsTopic: topic, groupId },
      log: {
        ...{ topic: settings.topicIncomingDataRecords, partitions: settings.partitions },
        name: this.shared.logName,
      },
      fetcher: new PartitionFetcher(kafka, { topic, partition }),
      sender: new TransactionalSender(kafka, { transactionalId, transactionTimeoutMs }),
      committed: () => offsets.of(partition),
      confirm: () => this.#group.confirm(partition),
      pause: () => pauseFor(retryAfterMs),
      now: systemClock,
      warn: (message, cause) => logger.warn(message, { partition }, cause),
    });
  }
}

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
  if (roles.includes('ingest')) await tellOfDataRecords(shared);
  const snapshots: Snapshots = new Map();
  const address = new OwnAddress(settings);
  const group = counting(shared, () => runtime);
  const services: Service[] = [];
  const importer = roles.includes('import') ? newImporter(shared) : undefined;
  if (importer) services.push(importer);
  if (roles.includes('ingest')) services.push(group, new Forwarding(shared));
  if (roles.includes('api')) services.push(new StoreWatch(() => shared.status.told(), systemClock));
  const runtime: ClusterRuntime = new ClusterRuntime({
    ...{ settings, services, connections: shared.connections, now: systemClock, logger },
    newRunner: newRunner(shared, (partition) => group.confirm(partition), snapshots),
    report: (report) => shared.status.report(report),
    address: () => address.value,
    snapshotOf: (partition) => snapshots.get(partition)?.newest,
  });
  // its servers say themselves what they miss
  const warnings = port(WARNINGS, () => importer?.warnings ?? []);
  const health = port(TASK_HEALTH, () => runtime.health());
  const totals = totalPorts(
    shared,
    keptTotals(ownerName, () => runtime.memories()),
  );
  return {
    runtime,
    providers: [...clusterPorts(shared), health, warnings, ...totals],
    controllers: roles.includes('ingest') ? [KeptTotalsController] : [],
    hosts: [address.hostName],
    onListening: (listenedOn) => address.listening(listenedOn),
  };
};
