import { join } from 'node:path';
import type { Provider } from '@nestjs/common';
import { AGREEMENT_LOG, AGREEMENT_STORE } from './agreements/index.js';
import { EmbeddedAgreementStore } from './agreements/adapters/embedded-agreement-store.js';
import { MESSAGE_LOG, usageApplication } from './billing-window/index.js';
import { EmbeddedMessageLog } from './billing-window/adapters/embedded-message-log.js';
import { feedClockSettings, type Settings } from './config/index.js';
import { COUNTS } from './counts.controller.js';
import { DIRECT_RECORDS } from './data-records/index.js';
import { EmbeddedDataRecordStore } from './data-records/adapters/embedded-data-record-store.js';
import { LoggedDirectRecords } from './data-records/adapters/logged-direct-records.js';
import { CORRECTION_MAX_FUTURE_SKEW_MS } from './data-records/data-records.service.js';
import { DATA_RECORD_STORE } from './data-records/data-record-store.js';
import { embeddedCounts } from './embedded-counts.js';
import { FolderCdrDrop } from './generator/adapters/folder-cdr-drop.js';
import { CDR_DROP } from './generator/cdr-drop.js';
import {
  agreementTable,
  dataRecordTable,
  deadLetterTable,
  importFileCountTable,
  PARTITION_STATUS,
  USAGE_INPUT,
  UsageInput,
} from './ingest/index.js';
import { EmbeddedDeadLetterStore } from './ingest/adapters/embedded-dead-letter-store.js';
import { embeddedRecordRowStore } from './ingest/adapters/embedded-record-row-store.js';
import { LoggedAgreements } from './ingest/adapters/logged-agreements.js';
import { usageLogCodec } from './ingest/adapters/usage-log-codec.js';
import { FEED_FILES } from './ingest/feed-files.js';
import {
  IMPORT_FILE_STORE,
  Importer,
  importFileTable,
  importProgressTable,
} from './import/index.js';
import { EmbeddedFeedFiles } from './import/adapters/embedded-feed-files.js';
import { EmbeddedImportFileStore } from './import/adapters/embedded-import-file-store.js';
import { IncomingFolder } from './platform/files/incoming-folder.js';
import { MAX_FUTURE_SKEW_MS } from './ingest/incoming-data-records.service.js';
import { partitionStatus } from './partition-status.js';
import { EmbeddedDatabase, EmbeddedLog, FileSnapshotStore } from './platform/embedded/index.js';
import { CLOCK, systemClock } from './platform/http/clock.js';
import { TASK_STATE } from './platform/http/health.controller.js';
import { pauseFor } from './platform/pause.js';
import type { Logger } from './platform/telemetry/index.js';
import { UsageRuntime } from './runtime.js';
import { PartitionTask, type TableSchema } from './streaming/index.js';

const retryAfterMs = 200;

/** Where the store of a data directory is. */
export const storePath = (dataDir: string): string => join(dataDir, 'overage.duckdb');

/** Every table of the embedded mode. */
export const embeddedTables = (): TableSchema[] => [
  ...EmbeddedLog.tables(usageLogCodec),
  dataRecordTable,
  importFileCountTable,
  deadLetterTable,
  agreementTable,
  importFileTable,
  importProgressTable,
];

/** Opens the store of the settings. Rejects with STORE_IN_USE and the other faults of a store. */
export const openEmbeddedStore = (settings: Settings, logger: Logger): Promise<EmbeddedDatabase> =>
  EmbeddedDatabase.open({
    path: storePath(settings.dataDir),
    memoryLimitBytes: settings.storeMemoryLimitBytes,
    tables: embeddedTables(),
    log: (line) => logger.warn(line),
  });

/** The runtime, and every port by its token. */
export interface Wiring {
  readonly runtime: UsageRuntime;
  readonly providers: Provider[];
}

/** Every port → its embedded adapter. The cluster's adapters will stand beside them here. */
export const wireEmbedded = async (settings: Settings, logger: Logger): Promise<Wiring> => {
  const database = await openEmbeddedStore(settings, logger);
  const log = await EmbeddedLog.open(database, usageLogCodec, {
    batchEvents: settings.batchEvents,
  });
  const task = new PartitionTask(usageApplication, {
    log,
    commitPoint: log,
    rows: embeddedRecordRowStore(database),
    snapshots: new FileSnapshotStore({
      directory: join(settings.dataDir, 'snapshots'),
      application: usageApplication.name,
      storeId: database.storeId,
      log: (line) => logger.warn(line),
    }),
    snapshotEveryEvents: settings.snapshotEveryEvents,
    pause: () => pauseFor(retryAfterMs),
    onState: (state, cause) => runtime.onTaskState(state, cause),
  });
  const input = new UsageInput(log, new EmbeddedDeadLetterStore(database));
  const importFiles = new EmbeddedImportFileStore(database);
  const importer = new Importer({
    folder: new IncomingFolder(settings.incomingDataRecordsDir),
    log,
    files: importFiles,
    now: systemClock,
    pauseMs: pauseFor,
    maxLineBytes: settings.maxLineBytes,
    scanIntervalMs: settings.importScanIntervalMs,
    gzip: settings.importGzip
      ? { maxBytes: settings.importGzipMaxBytes, maxRatio: settings.importGzipMaxRatio }
      : undefined,
    maxOutOfOrdernessMs: (feed) => feedClockSettings(settings, feed).maxOutOfOrdernessMs,
    logger,
  });
  const runtime: UsageRuntime = new UsageRuntime({
    settings,
    task,
    log,
    input,
    importer,
    store: database,
    now: systemClock,
    logger,
  });
  const messages = new EmbeddedMessageLog(log, database);
  const port = (provide: symbol, useValue: unknown): Provider => ({ provide, useValue });
  return {
    runtime,
    providers: [
      port(CLOCK, systemClock),
      port(USAGE_INPUT, input),
      port(AGREEMENT_STORE, new EmbeddedAgreementStore(database)),
      port(AGREEMENT_LOG, new LoggedAgreements(input)),
      port(DATA_RECORD_STORE, new EmbeddedDataRecordStore(database)),
      port(DIRECT_RECORDS, new LoggedDirectRecords(input)),
      port(MESSAGE_LOG, messages),
      port(CDR_DROP, new FolderCdrDrop(settings.incomingDataRecordsDir)),
      port(FEED_FILES, new EmbeddedFeedFiles(database)),
      port(IMPORT_FILE_STORE, importFiles),
      port(PARTITION_STATUS, partitionStatus(task)),
      port(TASK_STATE, () => task.state),
      port(COUNTS, embeddedCounts(database, messages)),
      port(MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
      port(CORRECTION_MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
    ],
  };
};
