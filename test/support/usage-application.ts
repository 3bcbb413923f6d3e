import { newUsageApplication, usageApplication } from '../../src/billing-window/index.js';
import {
  DataRecordRows,
  statusOf,
  type FoundRecords,
  type RecordLookups,
} from '../../src/ingest/index.js';
import type { RowStore } from '../../src/streaming/index.js';
import { runApplication, type RunScript } from './application-run.js';
import type { MemoryPartition } from './memory-partition.js';
import type { OracleEvent, OracleRow } from './oracle-model.js';
import { asOracleRow } from './plain-rows.js';
import { uuidWords } from './uuid-text.js';

const none = new Uint32Array(4);

/** Rows of the oracle as the step asks for them. */
export const asFound = (rows: readonly OracleRow[]): FoundRecords => {
  const found = new DataRecordRows(rows.length);
  for (const row of rows) {
    found.push({
      ...row,
      ...{ recordIds: uuidWords(row.recordId), recordIdAt: 0 },
      agreementIds: row.agreementId === undefined ? none : uuidWords(row.agreementId),
      agreementIdAt: 0,
      status: statusOf(row.status, row.provisional === true),
    });
  }
  return found;
};

/** What `usage_record` answers: all versions at the times asked for, and what waits. */
export const rowStoreOn = (partition: MemoryPartition): RowStore<RecordLookups, FoundRecords> => ({
  find({ msisdns, recordedAtMs, waitingOf }, beforeOffset) {
    const places = new Set(msisdns.map((msisdn, index) => `${msisdn} ${recordedAtMs[index]}`));
    const subscribers = new Set(waitingOf);
    const rows = partition
      .rows('usage_record')
      .filter(({ version }) => (version as number) < beforeOffset)
      .filter(
        ({ msisdn, recorded_at: at }) =>
          places.has(`${String(msisdn)} ${String(at)}`) || subscribers.has(msisdn as number),
      )
      .map(asOracleRow);
    return Promise.resolve(asFound(rows));
  },
});

type UsageApplication = typeof usageApplication;

/** Runs a log through the real step and the real task, over a store in memory. */
export const runUsage = (
  log: readonly OracleEvent[],
  script: RunScript,
  app: UsageApplication = usageApplication,
): Promise<MemoryPartition> => runApplication({ app, rowStoreOn }, log, script);

/** The same counting that asks the store for every record: memory rules nothing out. */
export const askingForAll: UsageApplication = {
  ...usageApplication,
  lookups: (_, { events, from }) => {
    const wanted: RecordLookups = { msisdns: [], recordedAtMs: [], waitingOf: [] };
    for (let at = from; at < events.length; at++) {
      wanted.msisdns.push(events.keys[at]);
      wanted.recordedAtMs.push(events.timestampsMs[at]);
      wanted.waitingOf.push(events.keys[at]);
    }
    return { wanted, until: events.length };
  },
};

/** Counting that may remember stored records in so many bytes only. */
export const rememberingIn = (bytes: number): UsageApplication => newUsageApplication(bytes);

/** How many records are looked up while a log is counted in such cuts. */
export const lookedUpIn = async (
  log: readonly OracleEvent[],
  cuts: readonly number[],
): Promise<number> => {
  let lookedUp = 0;
  const app: UsageApplication = {
    ...usageApplication,
    lookups: (state, batch) => {
      const lookups = usageApplication.lookups(state, batch);
      lookedUp += lookups?.wanted.msisdns.length ?? 0;
      return lookups;
    },
  };
  await runUsage(log, { cuts }, app);
  return lookedUp;
};

/** How many subscribers' waiting records each look-up asks for while a log is counted. */
export const waitingAskedFor = async (
  log: readonly OracleEvent[],
  cuts: readonly number[],
): Promise<{ readonly partition: MemoryPartition; readonly asked: readonly number[] }> => {
  const asked: number[] = [];
  const app: UsageApplication = {
    ...usageApplication,
    lookups: (state, batch) => {
      const lookups = usageApplication.lookups(state, batch);
      if (lookups !== undefined) asked.push(lookups.wanted.waitingOf.length);
      return lookups;
    },
  };
  return { partition: await runUsage(log, { cuts }, app), asked };
};
