import { existsSync } from 'node:fs';
import type { UsageState } from '../billing-window/index.js';
import type { Settings } from '../config/index.js';
import { bookColumns } from '../ingest/index.js';
import type { EmbeddedDatabase } from '../platform/embedded/index.js';
import type { Logger } from '../platform/telemetry/index.js';
import { comparePositions, Fault, type Position } from '../streaming/index.js';
import { openEmbedded, storePath, type OpenedStore } from '../wiring/embedded/embedded-wiring.js';
import { Differences } from './differences.js';
import { ReplayCheck, type Books } from './replay-check.js';
import { fingerprintOf, snapshotFingerprint } from './state-fingerprint.js';
import { checkTotals } from './totals-check.js';

/**
 * Recomputes the state from the log and the totals from the rows, and prints each difference.
 * Answers how many there are. Embedded: of a store no program runs on, else rejects with
 * STORE_IN_USE; with STORE_NOT_FOUND when there is none. Cluster: as verifyCluster does.
 */
export const verify = async (
  settings: Settings,
  logger: Logger,
  print: (line: string) => void,
): Promise<number> => {
  if (settings.store === 'embedded') return verifyEmbedded(settings, logger, print);
  const { verifyCluster } = await import('./verify-cluster/verify-cluster.js');
  return verifyCluster(settings, logger, print);
};

/** It groups rows, which counting never does; no program runs beside it. */
const leastMemoryBytes = 256 * 1_048_576;

const verifyEmbedded = async (
  settings: Settings,
  logger: Logger,
  print: (line: string) => void,
): Promise<number> => {
  const path = storePath(settings.dataDir);
  if (!existsSync(path)) throw new Fault('STORE_NOT_FOUND', 'Fatal', `there is no ${path}`);
  const storeMemoryLimitBytes = Math.max(settings.storeMemoryLimitBytes, leastMemoryBytes);
  const store = await openEmbedded({ ...settings, storeMemoryLimitBytes }, logger);
  const differences = new Differences(print);
  const differs = differences.add;
  try {
    const { database, log, rows } = store;
    const position = await log.fence();
    const replayed = await new ReplayCheck({ database, log, rows, differs }).run(position);
    const windows = await checkTotals(database, replayed.state, differs);
    const files = await checkBooks(database, replayed.books, differs);
    await checkSnapshot(store, { state: replayed.state, position }, differs);
    const found = differences.summary();
    print(
      `${replayed.events} events, ${windows} totals, ${replayed.messages} messages, ` +
        `${files} books of files: ${found}`,
    );
    return differences.count;
  } finally {
    await store.close();
  }
};

/** A file's book: what the log gives plus the lines refused before it; it must balance. */
const checkBooks = async (
  database: EmbeddedDatabase,
  books: Books,
  differs: (line: string) => void,
): Promise<number> => {
  const sums = bookColumns.map((name) => `sum(${name})::BIGINT AS ${name}`).join(', ');
  const stored = await database.query(
    `SELECT file_id, ${sums} FROM import_file_count GROUP BY file_id ORDER BY file_id`,
  );
  const refused = await refusedLines(database);
  for (const row of stored) {
    const fileId = Number(row.file_id);
    const expected = [...(books.get(fileId) ?? [0, 0, 0, 0, 0])];
    expected[bookColumns.indexOf('rejected')] += refused.get(fileId) ?? 0;
    books.delete(fileId);
    const actual = bookColumns.map((name) => Number(row[name]));
    if (actual.join() === expected.join()) continue;
    differs(`book of file ${fileId}: stored ${actual.join('/')}, log ${expected.join('/')}`);
  }
  for (const [fileId, book] of books) {
    if (book.some((count) => count !== 0)) differs(`book of file ${fileId}: none is stored`);
  }
  await checkLines(database, differs);
  return stored.length;
};

const refusedLines = async (database: EmbeddedDatabase): Promise<Map<number, number>> => {
  const rows = await database.query(
    `SELECT file_id, count(*) AS refused FROM dead_letter
      WHERE "offset" = -1 AND line_no > 0 GROUP BY file_id`,
  );
  return new Map(rows.map(({ file_id, refused }) => [Number(file_id), Number(refused)]));
};

/** The five columns of a file that was read to its end add up to its lines. */
const checkLines = async (
  database: EmbeddedDatabase,
  differs: (line: string) => void,
): Promise<void> => {
  const sum = bookColumns.join(' + ');
  const rows = await database.query(
    `SELECT p.file_id, p.lines, coalesce(b.booked, 0)::BIGINT AS booked
       FROM (SELECT * FROM import_progress
             QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1) p
       LEFT JOIN (SELECT file_id, sum(${sum}) AS booked FROM import_file_count GROUP BY file_id) b
         ON b.file_id = p.file_id
      WHERE p.lines <> coalesce(b.booked, 0)`,
  );
  for (const { file_id, lines, booked } of rows) {
    differs(`book of file ${String(file_id)}: ${String(lines)} lines, ${String(booked)} booked`);
  }
};

/** A snapshot at the position has to be the state that the log gives. */
const checkSnapshot = async (
  { snapshots }: OpenedStore,
  replayed: { state: UsageState; position: Position },
  differs: (line: string) => void,
): Promise<void> => {
  const snapshot = await snapshots.newestAtOrBelow(replayed.position);
  if (snapshot === undefined) return;
  if (comparePositions(snapshot.position, replayed.position) !== 0) return;
  if ((await snapshotFingerprint(snapshot)) !== fingerprintOf(replayed.state)) {
    differs(`state: the snapshot at ${snapshot.position.offset} is not what the log gives`);
  }
};
