/*
 * A write-ahead log of DuckDB is a header of 8 bytes, then entries: length and checksum (8 bytes
 * each, little-endian), then as many bytes as the length says, the first two a field id and the
 * third the type. A transaction ends with an entry that is the same bytes always; the log is synced
 * behind it, before anybody is told (src/storage/write_ahead_log.cpp and common/checksum.cpp of
 * DuckDB 1.5; `wal-entries.spec.ts` holds what is said here against the DuckDB that is used).
 */
const HEADER = Buffer.from('640062650002ffff', 'hex');
const HEAD_BYTES = 16;
const COMMIT_ENTRY = Buffer.from('0500000000000000e7fe7d722fed3d5e640064ffff', 'hex');
const FIELD_BYTES = 3;

/** What a look at a log finds; places are bytes from its start. */
export type WalFinding =
  /** Every entry is whole. */
  | { readonly kind: 'whole' }
  /** The log ends inside an entry, as a killed process leaves it; `at` is as for a torn one. */
  | { readonly kind: 'unfinished'; readonly at: number }
  /** Behind `at`, where a transaction ends, there is no whole entry. */
  | { readonly kind: 'torn'; readonly at: number }
  /**
   * The entry at `badAt` is not what was written, and it is no torn tail: `commitsBehind`
   * transactions end behind it. `at` is the end of the last transaction before it.
   */
  | {
      readonly kind: 'damaged';
      readonly at: number;
      readonly badAt: number;
      readonly commitsBehind: number;
    };

/** Each word of 64 bits is multiplied by it. */
export const checksumFactor = 0xbf58476d1ce4e5b9n;
// in halves and quarters
const [FACTOR_LOW, FACTOR_HIGH] = [0x1ce4e5b9, 0xbf58476d];
const [FACTOR_0, FACTOR_1] = [FACTOR_LOW & 0xffff, FACTOR_LOW >>> 16];

const MASK = (1n << 64n) - 1n;

/** The last 1 to 7 bytes, by MurmurHash64A. */
const checksumOfRest = (rest: Buffer): bigint => {
  const factor = 0xc6a4a7935bd1e995n;
  let hash = 0xe17a1465n ^ ((BigInt(rest.length) * factor) & MASK);
  for (let at = 0; at < rest.length; at++) hash ^= BigInt(rest[at]) << BigInt(8 * at);
  hash = (hash * factor) & MASK;
  hash ^= hash >> 47n;
  hash = (hash * factor) & MASK;
  return hash ^ (hash >> 47n);
};

/** The checksum that DuckDB gives bytes: of words of 64 bits, in 32-bit arithmetic for speed. */
export const duckdbChecksum = (bytes: Buffer): bigint => {
  const words = bytes.length >> 3;
  let low = 5381;
  let high = 0;
  for (let at = 0; at < words * 8; at += 8) {
    const wordLow = bytes.readInt32LE(at);
    const low0 = wordLow & 0xffff;
    const low1 = wordLow >>> 16;
    const middle = low1 * FACTOR_0 + ((low0 * FACTOR_0) >>> 16);
    const carry = (middle >>> 16) + ((low0 * FACTOR_1 + (middle & 0xffff)) >>> 16);
    low ^= Math.imul(wordLow, FACTOR_LOW);
    high ^=
      (low1 * FACTOR_1 +
        carry +
        Math.imul(wordLow, FACTOR_HIGH) +
        Math.imul(bytes.readInt32LE(at + 4), FACTOR_LOW)) |
      0;
  }
  const sum = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return words * 8 === bytes.length ? sum : sum ^ checksumOfRest(bytes.subarray(words * 8));
};

/** Whether there is more in a log than its header. */
export const hasEntries = (wal: Buffer): boolean => wal.length > HEADER.length;

/** Writes the header anew where entries follow a wrong one; answers how many were wrong: 0 or 1. */
export const mendHeader = (wal: Buffer): number => {
  const isRight = wal.subarray(0, HEADER.length).equals(HEADER);
  if (isRight || entryEnd(wal, HEADER.length) === undefined) return 0;
  HEADER.copy(wal);
  return 1;
};

const DELETE_ENTRY = 27;

/**
 * The entries of logs, one behind the other, as one log that fits a store with the same tables and
 * no rows. Only old positions are ever deleted, and a delete names rows of the file.
 */
export const logForEmptyStore = (logs: readonly Buffer[]): Buffer => {
  const kept: Buffer[] = [HEADER];
  for (const wal of logs) {
    for (let at = HEADER.length; at < wal.length;) {
      const end = entryEnd(wal, at);
      if (end === undefined) break;
      if (wal[at + HEAD_BYTES + 2] !== DELETE_ENTRY) kept.push(wal.subarray(at, end));
      at = end;
    }
  }
  return Buffer.concat(kept);
};

/** Where the entry at a place ends; undefined when it is not whole. */
export const entryEnd = (wal: Buffer, at: number): number | undefined => {
  if (at + HEAD_BYTES > wal.length) return undefined;
  const length = Number(wal.readBigUInt64LE(at));
  const end = at + HEAD_BYTES + length;
  if (length === 0 || end > wal.length) return undefined;
  const sum = duckdbChecksum(wal.subarray(at + HEAD_BYTES, end));
  return sum === wal.readBigUInt64LE(at + 8) ? end : undefined;
};

const isCommit = (wal: Buffer, at: number): boolean =>
  wal.subarray(at, at + COMMIT_ENTRY.length).equals(COMMIT_ENTRY);

/** Whether an entry of a type that DuckDB has could begin here: most places are told apart so. */
const looksLikeEntry = (wal: Buffer, at: number): boolean => {
  const field = at + HEAD_BYTES;
  if (field + FIELD_BYTES > wal.length) return false;
  const type = wal[field + 2];
  return wal[field] === 0x64 && wal[field + 1] === 0 && type > 0 && type <= 100;
};

/** Whether any whole entry begins at or behind a place. */
const hasEntryBehind = (wal: Buffer, from: number): boolean => {
  for (let at = from; ; at++) {
    const field = wal.indexOf('d\0', at + HEAD_BYTES, 'latin1');
    if (field === -1) return false;
    at = field - HEAD_BYTES;
    if (looksLikeEntry(wal, at) && entryEnd(wal, at) !== undefined) return true;
  }
};

const commitsBehind = (wal: Buffer, from: number): number => {
  let commits = 0;
  let at = wal.indexOf(COMMIT_ENTRY, from);
  for (; at !== -1; at = wal.indexOf(COMMIT_ENTRY, at + COMMIT_ENTRY.length)) commits++;
  return commits;
};

/** A power loss leaves nothing, zeros or anything of what is missing: not a few bytes. */
const MOST_WRONG_BYTES = 4;

/**
 * Whether all that is left is the end of a transaction with a few wrong bytes in it. Zeros up to
 * the end are what a power loss leaves.
 */
const isDamagedCommit = (rest: Buffer): boolean => {
  if (rest.length !== COMMIT_ENTRY.length) return false;
  const wrong = [...rest.keys()].filter((at) => rest[at] !== COMMIT_ENTRY[at]);
  const isZeroed = rest.subarray(wrong[0]).every((byte) => byte === 0);
  return wrong.length <= MOST_WRONG_BYTES && !isZeroed;
};

/** An entry whose end is missing. */
const isCutOff = (wal: Buffer, at: number): boolean =>
  wal.length - at < HEAD_BYTES + FIELD_BYTES
    ? wal.subarray(at).some((byte) => byte !== 0) && wal.length - at < HEAD_BYTES
    : looksLikeEntry(wal, at) &&
      Number(wal.readBigUInt64LE(at)) > wal.length - at - HEAD_BYTES &&
      Number(wal.readBigUInt64LE(at)) <= 0xffffffff;

const judge = (wal: Buffer, at: number, badAt: number): WalFinding => {
  const commits = commitsBehind(wal, badAt);
  const rest = wal.subarray(badAt);
  if (commits > 0 || isDamagedCommit(rest) || hasEntryBehind(wal, badAt + 1)) {
    return { kind: 'damaged', at, badAt, commitsBehind: commits };
  }
  return { kind: isCutOff(wal, badAt) ? 'unfinished' : 'torn', at };
};

/**
 * Walks a log and says whether it is whole, torn (a crash or power loss, in a transaction that
 * nobody was told of) or damaged. Only a tail without a whole entry behind it counts as torn.
 */
export const inspectWal = (wal: Buffer): WalFinding => {
  if (wal.length === 0) return { kind: 'whole' };
  if (!wal.subarray(0, HEADER.length).equals(HEADER)) {
    return hasEntryBehind(wal, 0)
      ? { kind: 'damaged', at: 0, badAt: 0, commitsBehind: commitsBehind(wal, 0) }
      : { kind: 'torn', at: 0 };
  }
  let committed = HEADER.length;
  for (let at = HEADER.length; at < wal.length;) {
    const end = entryEnd(wal, at);
    if (end === undefined) return judge(wal, committed, at);
    if (isCommit(wal, at)) committed = end;
    at = end;
  }
  return committed === wal.length ? { kind: 'whole' } : { kind: 'unfinished', at: committed };
};

/** What is left of a log without its damaged transactions, and how many there were. */
export const withoutDamage = (
  wal: Buffer,
): { readonly bytes: Buffer; readonly dropped: number } => {
  let bytes = wal;
  for (let dropped = 0; ; dropped++) {
    const finding = inspectWal(bytes);
    if (finding.kind === 'whole' || finding.kind === 'unfinished') return { bytes, dropped };
    const [at, badAt] = [finding.at, finding.kind === 'damaged' ? finding.badAt : finding.at];
    const commit = bytes.indexOf(COMMIT_ENTRY, badAt);
    const start = at === 0 ? HEADER : bytes.subarray(0, at);
    // without a header nothing says where the first entry begins: all up to the next commit goes
    const rest = commit === -1 ? Buffer.alloc(0) : bytes.subarray(commit + COMMIT_ENTRY.length);
    bytes = Buffer.concat([start, rest]);
  }
};
