import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';

/*
 * A write-ahead log of DuckDB is a header of 8 bytes, then entries: length and check sum (8 bytes
 * each, little-endian), then as many bytes as the length says. Each commit ends with a sync.
 */
const HEADER = [0x64, 0x00, 0x62, 0x65, 0x00];
const HEADER_BYTES = 8;
const ENTRY_HEAD_BYTES = 16;
const NEWEST_VERSION_LIKELY = 20;

/** The log that is not whole, and where its last whole entry ends. */
export interface WalDamage {
  readonly wal: string;
  readonly at: number;
}

/** Flushes a file or directory to the disk. */
export const syncPath = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const hasHeader = (bytes: Buffer): boolean =>
  HEADER.every((byte, index) => bytes[index] === byte) &&
  bytes[5] > 0 &&
  bytes[5] <= NEWEST_VERSION_LIKELY;

/** The end of the last entry that lies whole before `position`. */
const entryEndBefore = (bytes: Buffer, position: number): number => {
  let end = HEADER_BYTES;
  for (;;) {
    if (end + ENTRY_HEAD_BYTES > bytes.length) return end;
    const length = Number(bytes.readBigUInt64LE(end));
    const next = end + ENTRY_HEAD_BYTES + length;
    // DuckDB names the place behind the head of the bad entry.
    if (length === 0 || next > bytes.length || end + ENTRY_HEAD_BYTES >= position) return end;
    end = next;
  }
};

/** DuckDB keeps a second log while it folds the first one in; it names the one it means. */
const namedWal = (message: string): string | undefined => {
  const named = /WAL file "([^"\n]+)"/.exec(message)?.[1];
  return named !== undefined && existsSync(named) ? named : undefined;
};

/**
 * Reads from DuckDB's words where its log is damaged; undefined when they say something else.
 * A log without its header was never synced, so nothing of it was acknowledged: it is cut at 0.
 */
export const walDamage = (message: string, path: string): WalDamage | undefined => {
  const wal = namedWal(message) ?? `${path}.wal`;
  if (!/\bWAL\b/.test(message) || !existsSync(wal)) return undefined;
  const bytes = readFileSync(wal);
  if (bytes.length > 0 && !hasHeader(bytes)) return { wal, at: 0 };
  const position = /Corrupt WAL file: .*?at byte position (\d+)/.exec(message)?.[1];
  const at = entryEndBefore(bytes, position === undefined ? Infinity : Number(position));
  // Without a position (a mad length is answered by "out of memory") only a torn entry is a cause.
  return at < bytes.length ? { wal, at } : undefined;
};

/** The first name beside the log that is free: an earlier copy is never written over. */
const copyName = (wal: string): string => {
  let n = 1;
  while (existsSync(`${wal}.damaged-${n}`)) n++;
  return `${wal}.damaged-${n}`;
};

/** Keeps a copy of the log, then cuts it. Answers what was done, in one line. */
export const cutWal = ({ wal, at }: WalDamage): string => {
  const size = statSync(wal).size;
  const copy = copyName(wal);
  copyFileSync(wal, copy);
  syncPath(copy);
  syncPath(dirname(wal));
  const fd = openSync(wal, 'r+');
  try {
    ftruncateSync(fd, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return (
    `store: the last ${size - at} of ${size} bytes of ${wal} are not whole (a crash or power ` +
    `loss); cut at byte ${at}, the log as it was is kept as ${copy}`
  );
};
