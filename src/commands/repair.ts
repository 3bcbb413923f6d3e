import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { link, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Settings } from '../config/index.js';
import { bookColumns } from '../ingest/index.js';
import { ImportProgressRows, importStates } from '../import/index.js';
import {
  EmbeddedDatabase,
  fileAndLogs,
  refuseHeldStore,
  StoreMark,
} from '../platform/embedded/index.js';
import { FolderClaim } from '../platform/files/folder-claim.js';
import { finishedFolders } from '../platform/files/incoming-folder.js';
import type { Logger } from '../platform/telemetry/index.js';
import { Fault, rowsFrom } from '../streaming/index.js';
import {
  claimOf,
  embeddedTables,
  installationParts,
  markPath,
  openEmbedded,
  storePath,
} from '../wiring/embedded/embedded-wiring.js';
import { indexPath } from '../wiring/embedded/embedded-index.js';
import { confirm, type Ask } from './confirm.js';
import { openDamaged, type DamagedStore } from './damaged-store.js';
import { countAgain, type LogSalvage } from './repair-log.js';

export interface RepairOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly print: (line: string) => void;
  /** Nobody is asked. */
  readonly yes: boolean;
  readonly ask: Ask | undefined;
  readonly nowMs: number;
}

/** A file of which lines are missing or are there twice. */
interface SpoiltFile {
  readonly id: number;
  readonly name: string;
  readonly lines: number;
  readonly booked: number;
}

interface Repaired extends Omit<DamagedStore, 'database'> {
  readonly salvage: LogSalvage;
  readonly spoilt: readonly SpoiltFile[];
  readonly known: ReadonlySet<string>;
}

/**
 * Makes a new store from what is left of the log of a damaged one, says what is kept and what is
 * lost, asks, and puts it in the place of the damaged one, which is kept whole beside it. The
 * damaged store is not changed before the answer. Rejects with STORE_NOT_FOUND, STORE_IN_USE,
 * NOT_CONFIRMED, and with STORE_BEYOND_REPAIR when neither its file nor its log can be read.
 */
export const repair = async (options: RepairOptions): Promise<void> => {
  const { settings, print } = options;
  const path = storePath(settings.dataDir);
  const parts = fileAndLogs(path);
  if (parts.length === 0) throw new Fault('STORE_NOT_FOUND', 'Fatal', `there is no ${path}`);
  await refuseHeldStore(path);
  const work = join(settings.dataDir, '_repair');
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'damaged'), { recursive: true });
  try {
    for (const part of parts) copyFileSync(part, join(work, 'damaged', basename(part)));
    const repaired = await newStore(options, work);
    report(repaired, options);
    await confirm('repair', options);
    await refuseHeldStore(path);
    await giveFolderFree(settings);
    const aside = await exchange(options, join(work, 'new'));
    print(
      `Done. The damaged store is kept as ${resolve(aside)}; \`npm run verify\` checks the new.`,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

const newStore = async ({ settings, logger }: RepairOptions, work: string): Promise<Repaired> => {
  const damaged = await openDamaged({
    work,
    memoryLimitBytes: settings.storeMemoryLimitBytes,
    log: (line) => logger.warn(line),
  });
  const { database: source, ...found } = damaged;
  try {
    const inNew = { ...settings, dataDir: join(work, 'new') };
    const counted = await openEmbedded(inNew, logger);
    const salvage = await countAgain(source, counted).finally(() => counted.close());
    // opened again: the log of the one that counted is closed
    const database = await EmbeddedDatabase.open({
      path: storePath(inNew.dataDir),
      memoryLimitBytes: settings.storeMemoryLimitBytes,
      tables: embeddedTables(),
      log: (line) => logger.warn(line),
    });
    try {
      const spoilt = await markSpoilt(database);
      return { ...found, salvage, spoilt, known: await namesOf(database) };
    } finally {
      await database.close();
    }
  } finally {
    await source.close();
  }
};

const namesOf = async (database: EmbeddedDatabase): Promise<Set<string>> => {
  const rows = await database.query('SELECT DISTINCT name FROM import_file');
  return new Set(rows.map(({ name }) => String(name)));
};

/** Files whose lines do not add up any more are set to failed, with the lines that are booked. */
const markSpoilt = async (database: EmbeddedDatabase): Promise<SpoiltFile[]> => {
  const found = await database.query(
    `SELECT p.*, coalesce(f.name, '') AS name, coalesce(b.booked, 0)::BIGINT AS booked
       FROM (SELECT * FROM import_progress
             QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY seq DESC) = 1) p
       LEFT JOIN import_file f ON f.id = p.file_id
       LEFT JOIN (SELECT file_id, sum(${bookColumns.join(' + ')}) AS booked
                    FROM import_file_count GROUP BY file_id) b ON b.file_id = p.file_id
      WHERE p.lines <> coalesce(b.booked, 0) ORDER BY p.file_id`,
  );
  const rows = rowsFrom(ImportProgressRows, found, {
    fileIds: (row) => Number(row.file_id),
    seqs: (row) => Number(row.seq) + 1,
    byteOffsets: (row) => Number(row.byte_offset),
    lineNos: (row) => Number(row.line_no),
    lines: (row) => Number(row.booked),
    firstRecordedAtMs: (row) => Number(row.first_recorded_at),
    lastRecordedAtMs: (row) => Number(row.last_recorded_at),
    states: () => importStates.indexOf('failed'),
    sha256s: () => '',
    reasons: () => 'FILE_LINES_LOST',
    atMs: (row) => Number(row.at),
  });
  if (rows.length > 0) await database.transaction([rows]);
  return found.map((row) => ({
    ...{ id: Number(row.file_id), name: String(row.name) },
    ...{ lines: Number(row.lines), booked: Number(row.booked) },
  }));
};

const most = 50;

const foundLines = ({
  lostFile,
  flippedBits,
  droppedTransactions,
  salvage,
}: Repaired): string[] => [
  ...(lostFile === undefined
    ? []
    : [`The store file cannot be read, only its write-ahead log: ${lostFile}`]),
  ...(flippedBits === 0 ? [] : [`Set right: ${flippedBits} flipped bits, which checksums tell.`]),
  `Found: ${droppedTransactions} damaged transactions, ${salvage.rows} events in the log.`,
];

const spoiltLine = ({ id, name, lines, booked }: SpoiltFile): string => {
  const named = name === '' ? `${id}, whose name is lost` : name;
  return `  of the lines of file ${named}: read ${lines}, kept ${booked}`;
};

const report = (repaired: Repaired, { settings, print }: RepairOptions): void => {
  const { salvage, spoilt, known } = repaired;
  const { kept, missing } = salvage;
  const lost = missing.reduce((sum, { from, to }) => sum + to - from, 0);
  for (const line of foundLines(repaired)) print(line);
  print(`Kept: ${kept} events, counted again; they have new offsets, messages too.`);
  print(lost === 0 ? 'Lost: no offset that is known.' : `Lost: ${lost} events, at offsets`);
  for (const { from, to } of missing.slice(0, most)) print(`  ${from} to ${to - 1}`);
  if (missing.length > most) print(`  and ${missing.length - most} more ranges`);
  for (const file of spoilt) print(spoiltLine(file));
  const unknown = finishedFiles(settings).filter((name) => !known.has(name));
  for (const name of unknown.slice(0, most)) print(`  file ${name}, which was read: all of it`);
  if (unknown.length > most) print(`  and ${unknown.length - most} more files`);
  if (spoilt.length + unknown.length > 0) {
    print('Move these files back into the incoming folder: lines that are kept are duplicates.');
  }
  if (lost > 0) print('Records and agreements that were sent over HTTP are to be sent again.');
};

const finishedFiles = (settings: Settings): string[] =>
  finishedFolders
    .slice(0, 1)
    .map((name) => join(settings.incomingDataRecordsDir, name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The new store has another id: to it the claim of a killed one would be that of a stranger. */
const giveFolderFree = async ({ dataDir, incomingDataRecordsDir }: Settings): Promise<void> => {
  const storeId = StoreMark.storeIdIn(markPath(dataDir));
  if (storeId === undefined) return;
  const claim = new FolderClaim(incomingDataRecordsDir, claimOf(storeId, dataDir), () => undefined);
  await claim.release(true);
};

/** The damaged store is linked aside first, so that there is never none. */
const exchange = async ({ settings, nowMs }: RepairOptions, from: string): Promise<string> => {
  const { dataDir } = settings;
  const path = storePath(dataDir);
  const at = new Date(nowMs).toISOString().replaceAll(':', '');
  const aside = join(dataDir, `_before-repair-${at}`);
  await mkdir(aside);
  if (existsSync(path)) await link(path, join(aside, basename(path)));
  const others = [...installationParts(dataDir), indexPath(dataDir)];
  for (const part of others.filter((name) => name !== path && existsSync(name))) {
    await rename(part, join(aside, basename(part)));
  }
  await rename(storePath(from), path);
  return aside;
};
