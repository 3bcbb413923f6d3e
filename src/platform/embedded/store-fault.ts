import { Fault, type Facts } from '../../streaming/index.js';
import { embeddedErrors } from './errors.js';

/** A fault of this folder with the reaction its code has. */
export const storeFault = (
  code: keyof typeof embeddedErrors,
  message: string,
  options: { facts?: Facts; cause?: unknown } = {},
): Fault => {
  const { reaction, next } = embeddedErrors[code];
  return new Fault(code, reaction, message, { ...options, next });
};

// Not `instanceof Error`: errors of native code may be of another realm (under a test runner).
const fieldOf = (error: unknown, name: string): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
};

/** The first line of what an error says; DuckDB puts a stack trace behind it at times. */
export const messageOf = (error: unknown): string =>
  (fieldOf(error, 'message') ?? String(error)).split('\n', 1)[0];

/** True for an error of the operating system, such as a full disk. */
export const isSystemError = (error: unknown): boolean => fieldOf(error, 'syscall') !== undefined;

/** True for the ways in which DuckDB and Node say that there is no room left. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(fieldOf(error, 'code') ?? '') ||
  /no space left|disk quota exceeded|file too large|max_temp_directory_size/i.test(
    messageOf(error),
  );

/** True when the file or its directory may not be written. */
export const isNotWritable = (error: unknown): boolean =>
  ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(fieldOf(error, 'code') ?? '') ||
  /permission denied|read-only file system|operation not permitted|not a directory/i.test(
    messageOf(error),
  );

/** After such an error DuckDB answers nothing any more until the store is opened anew. */
export const isInvalidated = (error: unknown): boolean =>
  /^FATAL|database has been invalidated/i.test(messageOf(error));

/** True when there was not enough memory, of the limit or of the machine. */
export const isOutOfMemory = (error: unknown): boolean =>
  /out of memory|failed to pin block|failed to allocate|could not allocate|bad_alloc/i.test(
    messageOf(error),
  );

const damageTexts = [
  ...[/corrupt database file/i, /computed checksum/i, /corrupt WAL/i],
  ...[/MetadataReader/i, /metadata pointer/i],
  /could not read enough bytes/i, // the file is shorter than it was
];

/** True when what is on the disk is not what was written: it stays so, however often it is read. */
export const isDamage = (error: unknown): boolean => {
  const message = messageOf(error);
  return damageTexts.some((text) => text.test(message));
};

const damaged = (error: unknown): Fault =>
  storeFault('STORE_DAMAGED', `the store is damaged: ${messageOf(error)}`, { cause: error });

/** What a failed write becomes. A Fault goes through as it is. */
export const writeFault = (error: unknown): Fault => {
  if (error instanceof Fault) return error;
  if (isDamage(error)) return damaged(error);
  const code = isDiskFull(error) ? 'DISK_FULL' : 'STORE_WRITE_FAILED';
  return storeFault(code, `the transaction failed: ${messageOf(error)}`, { cause: error });
};

/** What a failed query becomes: a wrong query is a bug and stays what it is. */
export const readFault = (error: unknown): unknown => {
  const message = messageOf(error);
  if (isDamage(error)) return damaged(error);
  if (/^INTERRUPT/i.test(message)) {
    return storeFault('STORE_BUSY', 'the query was ended: counting needs the store', {
      cause: error,
    });
  }
  return isOutOfMemory(error) || /^(IO Error|FATAL|INTERNAL)|invalidated/i.test(message)
    ? storeFault('STORE_READ_FAILED', `a query failed: ${message}`, { cause: error })
    : error;
};
