import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Fault } from '../../streaming/index.js';
import { isDiskFull, isNotWritable, isOutOfMemory, messageOf, storeFault } from './store-fault.js';
import { copyLogs } from './log-copies.js';
import { hasEntries } from './wal-entries.js';
import { cutWal, inspectWals, syncPath, type InspectedWal } from './wal-repair.js';

export interface StoreFile {
  readonly path: string;
  /** What DuckDB may take for its buffers; the process takes about 100 MB more. */
  readonly memoryLimitBytes: number;
  readonly threads: number;
  /** The write-ahead log is folded into the file when it has grown to this. */
  readonly checkpointBytes: number;
  /** Told in one line when something was repaired. */
  readonly log: (line: string) => void;
  /** Whether copies of the logs are kept beside them until the next start: see `copyLogs`. */
  readonly keepsLogs?: boolean;
}

/** Makes the directory when it is missing. Throws STORE_NOT_WRITABLE or DISK_FULL. */
export const makeDirectory = (directory: string): void => {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    if (isDiskFull(error)) throw diskFull(directory, error);
    throw notWritable(directory, error);
  }
};

const diskFull = (path: string, cause: unknown): Fault =>
  storeFault('DISK_FULL', `no room on the disk of ${path}`, { facts: { path }, cause });

const notWritable = (path: string, cause: unknown): Fault =>
  storeFault('STORE_NOT_WRITABLE', `${path} cannot be written: ${messageOf(cause)}`, {
    facts: { path },
    cause,
  });

const inUse = (path: string, pid: string | undefined, cause?: unknown): Fault =>
  storeFault('STORE_IN_USE', `${path} is held by process ${pid ?? 'unknown'}`, {
    facts: { path, pid: pid === undefined ? undefined : Number(pid) },
    cause,
  });

/** Why a store could not be opened, as one of the faults of `openStore`. */
export const openFault = (error: unknown, path: string): Fault => {
  if (error instanceof Fault) return error;
  const message = messageOf(error);
  if (/Could not set lock on file/i.test(message)) {
    return inUse(path, /PID (\d+)/.exec(message)?.[1], error);
  }
  if (isDiskFull(error)) return diskFull(path, error);
  if (isNotWritable(error)) return notWritable(path, error);
  if (isOutOfMemory(error)) {
    const text = `${path} does not fit into STORE_MEMORY_LIMIT: ${message}`;
    return storeFault('STORE_READ_FAILED', text, { facts: { path }, cause: error });
  }
  return storeFault('STORE_UNREADABLE', `${path} cannot be opened: ${message}`, {
    facts: { path },
    cause: error,
  });
};

/**
 * Rejects with STORE_IN_USE when a process runs on the store. One that cannot be read is held by
 * nobody: only the lock is looked at, and nothing is changed.
 */
export const refuseHeldStore = async (path: string): Promise<void> => {
  if (!existsSync(path)) return;
  try {
    (await DuckDBInstance.create(path, { access_mode: 'read_only' })).closeSync();
  } catch (error) {
    const fault = openFault(error, path);
    if (fault.code === 'STORE_IN_USE') throw fault;
  }
};

// The lock of the file is one of the process: within one process it does not hold.
const heldHere = new Set<string>();

/** Gives the path free again for this process. */
export const releaseStore = (path: string): void => void heldHere.delete(path);

const createInstance = (store: StoreFile): Promise<DuckDBInstance> =>
  DuckDBInstance.create(store.path, {
    threads: String(store.threads),
    memory_limit: `${Math.round(store.memoryLimitBytes / 1048576)}MiB`,
    checkpoint_threshold: `${Math.round(store.checkpointBytes / 1048576)}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allocator_flush_threshold: '16MiB',
  });

const damagedWal = ({ wal, finding }: InspectedWal): Error => {
  const { badAt, commitsBehind } = finding as InspectedWal['finding'] & { kind: 'damaged' };
  return storeFault(
    'STORE_UNREADABLE',
    `${wal} is not what was written at byte ${badAt}; ${commitsBehind} transactions end behind it`,
    { facts: { path: wal, byte: badAt, transactionsBehind: commitsBehind } },
  );
};

/** DuckDB would make a new file, and throw away the log of the one that is not there. */
const refuseLogsAlone = (path: string, wals: readonly InspectedWal[]): void => {
  if (existsSync(path) || wals.every(({ bytes }) => !hasEntries(bytes))) return;
  const [{ wal }] = wals;
  throw storeFault('STORE_FILE_MISSING', `${path} is not there, but its log ${wal} is`, {
    facts: { path, wal },
  });
};

/**
 * Before DuckDB reads a log: what it passes over by itself, such as a wrong length, would be lost
 * without a word.
 */
const mendWals = (store: StoreFile, wals: readonly InspectedWal[]): void => {
  for (const inspected of wals)
    if (inspected.finding.kind === 'damaged') throw damagedWal(inspected);
  refuseLogsAlone(store.path, wals);
  for (const { wal, finding } of wals) {
    if (finding.kind === 'torn') store.log(cutWal(wal, finding.at));
  }
};

const openMended = async (store: StoreFile): Promise<DuckDBInstance> => {
  const wals = inspectWals(store.path);
  // a log that another process writes just now may look torn, and is not ours to cut
  if (wals.some(({ finding }) => finding.kind !== 'whole')) await refuseHeldStore(store.path);
  mendWals(store, wals);
  if (!store.keepsLogs) return createInstance(store);
  const copies = copyLogs(store.path, wals, store.log);
  try {
    const instance = await createInstance(store);
    copies.keep();
    return instance;
  } catch (error) {
    copies.drop();
    throw error;
  }
};

/**
 * Opens the file, or makes it. A log whose tail is zeros or garbage (a power loss) is cut behind
 * its last transaction: each commit is synced, so nothing acknowledged stands behind it. A log with
 * a whole entry behind the first bad one, or without its file, is left as it is.
 * Throws STORE_IN_USE (with the pid), STORE_NOT_WRITABLE, DISK_FULL, STORE_FILE_MISSING or
 * STORE_UNREADABLE.
 */
export const openStore = async (store: StoreFile): Promise<DuckDBInstance> => {
  if (heldHere.has(store.path)) throw inUse(store.path, String(process.pid));
  makeDirectory(dirname(store.path));
  heldHere.add(store.path);
  try {
    const instance = await openMended(store);
    syncPath(dirname(store.path)); // a new file is on the disk only when its directory is
    return instance;
  } catch (error) {
    releaseStore(store.path);
    throw openFault(error, store.path);
  }
};
