import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Provider } from '@nestjs/common';
import { AGREEMENT_LOG, AGREEMENT_STORE } from '../../agreements/index.js';
import { EmbeddedAgreementStore } from '../../agreements/adapters/embedded-agreement-store.js';
import { MESSAGE_LOG, newUsageApplication, usageApplication } from '../../billing-window/index.js';
import { EmbeddedMessageLog } from '../../billing-window/adapters/embedded-message-log.js';
import type { Settings } from '../../config/index.js';
import { COUNTS } from '../../counts.controller.js';
import { DIRECT_RECORDS, RUNNING_TOTALS, type RunningTotals } from '../../data-records/index.js';
import { EmbeddedDataRecordStore } from '../../data-records/adapters/embedded-data-record-store.js';
import { LoggedDirectRecords } from '../../data-records/adapters/logged-direct-records.js';
import { CORRECTION_MAX_FUTURE_SKEW_MS } from '../../data-records/data-records.service.js';
import { DATA_RECORD_STORE } from '../../data-records/data-record-store.js';
import { embeddedCounts } from './embedded-counts.js';
import { indexed, openRecordIndex } from './embedded-index.js';
import { FolderCdrDrop } from '../../generator/adapters/folder-cdr-drop.js';
import { CDR_DROP } from '../../generator/index.js';
import {
  AgreementRows,
  UsageRecordRows,
  DeadLetterRows,
  ImportFileCountRows,
  PARTITION_STATUS,
  PARTITIONS,
  USAGE_INPUT,
  type FoundRecords,
  type RecordLookups,
  UsageEvents,
} from '../../ingest/index.js';
import { EmbeddedDeadLetterStore } from '../../ingest/adapters/embedded-dead-letter-store.js';
import type { RecordIndex } from '../../ingest/adapters/record-index/record-index.js';
import { embeddedRecordRowStore } from '../../ingest/adapters/embedded-record-row-store.js';
import { EmbeddedUsageInput } from '../../ingest/adapters/embedded-usage-input.js';
import { LoggedAgreements } from '../../ingest/adapters/logged-agreements.js';
import { FEED_FILES } from '../../ingest/feed-files.js';
import {
  IMPORT_FILE_STORE,
  Importer,
  ImportFileRows,
  ImportProgressRows,
} from '../../import/index.js';
import { EmbeddedFeedFiles } from '../../import/adapters/embedded-feed-files.js';
import { EmbeddedImportFileStore } from '../../import/adapters/embedded-import-file-store.js';
import { MAX_FUTURE_SKEW_MS } from '../../ingest/incoming-data-records.service.js';
import { causeText, nextText } from '../../runtime/fault-text.js';
import { embeddedPartitions, partitionStatus } from '../task-status.js';
import { usageFeeds } from '../feed-clock.js';
import {
  EmbeddedDatabase,
  EmbeddedLog,
  FileSnapshotStore,
  keepLogCopies,
  StoreMark,
  storeParts,
} from '../../platform/embedded/index.js';
import { CLOCK, systemClock } from '../../platform/http/clock.js';
import { TASK_HEALTH } from '../../platform/http/health.controller.js';
import { nextTurn, pauseFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { EmbeddedWarnings } from './embedded-warnings.js';
import { EmbeddedHost } from '../../runtime/embedded-host.js';
import { claimedImporter } from '../claimed-importer.js';
import { importerSettings } from '../importer-settings.js';
import { keptTotals } from '../running-totals.js';
import type { StoreMode } from '../store-mode.js';
import { WARNINGS } from '../../warnings.controller.js';
import { PartitionTask, type RowStore, type TableSchema } from '../../streaming/index.js';

const retryAfterMs = 200;

/** What tells this process from others: host and process id. */
export const processName = (): string => `${hostname()}/${process.pid}`;

/** Where the store of a data directory is. */
export const storePath = (dataDir: string): string => join(dataDir, 'overage.duckdb');

/** Where the mark beside the store is. */
export const markPath = (dataDir: string): string => `${storePath(dataDir)}.mark`;

const snapshotFolder = (dataDir: string): string => join(dataDir, 'snapshots');

/** Everything in a data directory that the program made and that is there, the file itself last. */
export const installationParts = (dataDir: string): string[] => [
  ...[snapshotFolder(dataDir)].filter((part) => existsSync(part)),
  ...storeParts(storePath(dataDir)).reverse(),
];

/** Every table of the embedded mode. */
export const embeddedTables = (): TableSchema[] => [
  ...EmbeddedLog.tables(UsageEvents),
  UsageRecordRows.schema,
  ImportFileCountRows.schema,
  DeadLetterRows.schema,
  AgreementRows.schema,
  ImportFileRows.schema,
  ImportProgressRows.schema,
];

/** The store of a data directory, opened, with the ports of the kernel on it. */
export interface OpenedStore {
  readonly database: EmbeddedDatabase;
  readonly log: EmbeddedLog<UsageEvents>;
  readonly rows: RowStore<RecordLookups, FoundRecords>;
  readonly snapshots: FileSnapshotStore;
  readonly index: RecordIndex;
  readonly warnings: EmbeddedWarnings;
  /** Closes the index, then the database. */
  close(): Promise<void>;
}

/**
 * Opens the store of the settings; `indexWorker` is the program of the thread that writes the index
 * of rows, which is written by this thread without it. Rejects with STORE_IN_USE and the other
 * faults of a store.
 */
export const openEmbedded = async (
  settings: Settings,
  logger: Logger,
  indexWorker?: string,
): Promise<OpenedStore> => {
  const tell = (line: string): void => logger.warn(line);
  const database = await EmbeddedDatabase.open({
    path: storePath(settings.dataDir),
    memoryLimitBytes: settings.storeMemoryLimitBytes,
    tables: embeddedTables(),
    log: tell,
  });
  const index = await openRecordIndex({ settings, logger }, database, indexWorker).catch(
    async (error: unknown) => {
      await database.close({ foldsLog: false });
      throw error;
    },
  );
  try {
    const log = await EmbeddedLog.open(indexed(database, index), UsageEvents, {
      batchEvents: settings.batchEvents,
      onCommitted: (logEnd) => mark.note(logEnd),
    });
    const mark = StoreMark.open(markPath(settings.dataDir), {
      storeId: database.storeId,
      logEnd: log.end,
      keepLog: () => keepLogCopies(storePath(settings.dataDir)),
    });
    const warnings = new EmbeddedWarnings(logger);
    warnings.eventsMissing(mark.missing);
    const snapshots = new FileSnapshotStore({
      directory: snapshotFolder(settings.dataDir),
      application: usageApplication.name,
      stateFormat: usageApplication.stateFormat,
      storeId: database.storeId,
      log: tell,
    });
    const close = async (): Promise<void> => {
      await index.close();
      await database.close();
      mark.close();
    };
    return {
      database,
      log,
      rows: embeddedRecordRowStore(database, index),
      snapshots,
      index,
      warnings,
      close,
    };
  } catch (error) {
    await index.close();
    await database.close({ foldsLog: false });
    throw error;
  }
};

/** As which a store claims its incoming folder: a copy of one has its id, but not its place. */
export const claimOf = (storeId: string, dataDir: string): string =>
  `embedded ${storeId} in ${resolve(dataDir)}`;

const noImporter = {
  warnings: [],
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

const newImporter = (
  { settings, logger }: { settings: Settings; logger: Logger },
  { log, database, warnings }: OpenedStore,
): ReturnType<typeof claimedImporter> => {
  const ports = importerSettings(settings, logger);
  const { leftAlone } = ports;
  const importer = new Importer({
    ...ports,
    log,
    journal: new EmbeddedImportFileStore(database.own),
  });
  const store = claimOf(database.storeId, settings.dataDir);
  const directory = settings.incomingDataRecordsDir;
  const of = { directory, store, isShared: false, logger, leftAlone };
  const claimed = claimedImporter(importer, of);
  return {
    get lastMoveMs() {
      return claimed.lastMoveMs;
    },
    get warnings() {
      return claimed.warnings;
    },
    start: async () => {
      await claimed.start();
      void warnings.lookAtDone(directory, new EmbeddedImportFileStore(database));
    },
    stop: () => claimed.stop(),
  };
};

const port = (provide: symbol, useValue: unknown): Provider => ({ provide, useValue });

/** The ports of the contexts, each with its embedded adapter. */
const embeddedPorts = (settings: Settings, { database, log, index }: OpenedStore): Provider[] => {
  const input = new EmbeddedUsageInput(log, new EmbeddedDeadLetterStore(database));
  const messages = new EmbeddedMessageLog(log, database);
  return [
    port(CLOCK, systemClock),
    port(USAGE_INPUT, input),
    port(AGREEMENT_STORE, new EmbeddedAgreementStore(database)),
    port(AGREEMENT_LOG, new LoggedAgreements(input)),
    port(DATA_RECORD_STORE, new EmbeddedDataRecordStore(database, index)),
    port(DIRECT_RECORDS, new LoggedDirectRecords(input)),
    port(MESSAGE_LOG, messages),
    port(CDR_DROP, new FolderCdrDrop(settings.incomingDataRecordsDir)),
    port(FEED_FILES, new EmbeddedFeedFiles(database)),
    port(IMPORT_FILE_STORE, new EmbeddedImportFileStore(database)),
    port(COUNTS, embeddedCounts(database, messages)),
    port(MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
    port(CORRECTION_MAX_FUTURE_SKEW_MS, settings.maxFutureSkewMs),
  ];
};

/** Every port → its embedded adapter. */
export const wireEmbedded = async (
  settings: Settings,
  logger: Logger,
  indexWorker?: string,
): Promise<StoreMode> => {
  const store = await openEmbedded(settings, logger, indexWorker);
  const { database, log, rows, snapshots } = store;
  let cause: unknown;
  const task = new PartitionTask(newUsageApplication(settings.duplicateFilterBytes), {
    log,
    commitPoint: log,
    rows,
    snapshots,
    snapshotEveryEvents: settings.snapshotEveryEvents,
    turn: nextTurn,
    pause: () => pauseFor(retryAfterMs),
    onState: (state, why) => {
      if (state === 'running') cause = undefined;
      else if (why !== undefined) cause = why;
      if (state === 'failed') store.warnings.taskFailed(why);
      runtime.onTaskState(state, why);
    },
  });
  // a process without the role leaves the files to another one
  const importer = settings.roles.includes('import')
    ? newImporter({ settings, logger }, store)
    : noImporter;
  const input = new EmbeddedUsageInput(log, new EmbeddedDeadLetterStore(database));
  const runtime: EmbeddedHost = new EmbeddedHost({
    ...{ task, log, store, logger, now: systemClock },
    feeds: usageFeeds(settings, (events) => input.send(events)),
    door: importer,
  });
  const ports = embeddedPorts(settings, store);
  const kept = keptTotals(processName(), () => [task.memory]);
  const ofTask = [
    port(PARTITION_STATUS, partitionStatus(task)),
    port(
      PARTITIONS,
      embeddedPartitions({
        ...{ task, log, snapshots },
        cause: () => causeText(cause),
        owner: processName(),
        now: systemClock,
      }),
    ),
    port(WARNINGS, () => [...store.warnings.items, ...importer.warnings]),
    port(TASK_HEALTH, () => ({
      state: task.state,
      cause: causeText(cause),
      next: nextText(cause),
    })),
    port(RUNNING_TOTALS, {
      total: (agreementId, period) => Promise.resolve(kept.total(agreementId, period)),
    } satisfies RunningTotals),
  ];
  return { runtime, providers: [...ports, ...ofTask] };
};
