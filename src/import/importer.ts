import type { FileHandle } from 'node:fs/promises';
import { deadLetterTable, eventTypes, importFileCountTable, UsageEvents } from '../ingest/index.js';
import {
  batchOf,
  Fault,
  reached,
  timeErrors,
  type ColumnBatch,
  type EventLog,
  type FeedProgress,
} from '../streaming/index.js';
import {
  LineBatches,
  linesPerBatch,
  startOfFile,
  type LineBatch,
  type ReadingMark,
} from './domain/line-batches.js';
import {
  importFileTable,
  importProgressTable,
  importStates,
  type ImportState,
} from './domain/tables.js';
import { importErrors, type ImportCode } from './errors.js';
import { FileBytes, fileFault, type GzipBounds } from './file-bytes.js';
import type { ImportFile, ImportFileStore } from './import-file-store.js';
import type { FoundFile, IncomingFiles } from './incoming-files.js';

/** Feed of the files that lie in the incoming folder itself. */
export const defaultFeed = 'default';

const appendsInFlight = 3;
const batchesBetweenProgress = 8;
const refusedRawBytes = 64 * 1024;

/** What the importer runs on. */
export interface ImporterPorts {
  readonly folder: IncomingFiles;
  readonly log: EventLog<UsageEvents>;
  readonly files: ImportFileStore;
  readonly now: () => number;
  readonly pauseMs: (ms: number) => Promise<void>;
  readonly maxLineBytes: number;
  readonly scanIntervalMs: number;
  readonly gzip: GzipBounds | undefined;
  readonly maxOutOfOrdernessMs: (feed: string) => number;
  readonly logger: {
    log(message: string, facts?: Record<string, unknown>): void;
    warn(message: string, facts?: Record<string, unknown>): void;
  };
}

/** Reads the files of the incoming folder into the log, one after the other, each line once. */
export class Importer {
  #running: Promise<void> | undefined;
  #stopping = false;
  #isPaused = false;
  #wake: () => void = () => undefined;
  #changed = false;

  constructor(private readonly ports: ImporterPorts) {}

  async start(): Promise<void> {
    await this.ports.folder.watch(() => {
      this.#changed = true;
      this.#wake();
    });
    this.#running = this.#run();
  }

  /** Ends after the appends in hand; an unfinished file goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.ports.folder.close();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#changed = false;
        const didSomething = await this.#round();
        this.#isPaused = false;
        if (!didSomething && !this.#changed) await this.#idle();
      } catch (error) {
        if (!this.#stopping) await this.#passing(error);
      }
    }
  }

  /** One file at the most, so that files which came meanwhile are registered in between. */
  async #round(): Promise<boolean> {
    const found = await this.ports.folder.scan();
    for (const file of found) {
      if (this.#stopping) return false;
      await this.#registerIfNew(file);
    }
    const [next] = await this.ports.files.unfinished();
    if (next === undefined) return false;
    const there = found.find((file) => file.name === next.name && feedOf(file) === next.feed);
    if (there === undefined) await this.#end(next, { state: 'failed', reason: 'FILE_GONE' });
    else await this.#import(there, next);
    return true;
  }

  /** Writes down a file that was not seen before, or moves one away whose import has ended. */
  async #registerIfNew(found: FoundFile): Promise<void> {
    const { files, folder } = this.ports;
    const handle = await folder.open(found).catch(() => undefined);
    try {
      const identity = handle ? await folder.identity(handle) : notOpened;
      const known = await files.newest({ name: found.name, feed: feedOf(found) });
      const isOver = known === undefined || known.state === 'done' || known.state === 'failed';
      if (!isOver) return;
      if (known?.inode === identity.inode) return await this.#moveAway(found, known);
      await this.#register(found, { ...identity, code: refusalOf(found, handle, this.ports.gzip) });
    } finally {
      await handle?.close();
    }
  }

  async #register(
    found: FoundFile,
    { inode, bytes, code }: { inode: string; bytes: number; code: ImportCode | undefined },
  ): Promise<void> {
    const { files, log, now } = this.ports;
    const id = (await files.greatestId()) + 1;
    const feed = feedOf(found);
    const state: ImportState = code === undefined ? 'queued' : 'failed';
    const row = [id, found.name, feed, bytes, inode, now()];
    const progress = this.#progress(id, { seq: 0, mark: startOfFile, state, reason: code });
    const events = new UsageEvents(1);
    if (code === undefined) this.#feedEvent(events, { feed, status: 'active' });
    await log.append(events, [batchOf(importFileTable, [row]), progress]);
    reached('import.file-registered');
    if (code !== undefined) await this.#refuse(found, code);
  }

  async #refuse(found: FoundFile, code: ImportCode): Promise<void> {
    const { meaning, next } = importErrors[code];
    this.ports.logger.warn('a file was refused', { file: found.name, code });
    await this.ports.folder.move(found, 'failed', `${code}: ${meaning} ${next}`);
  }

  async #import(found: FoundFile, file: ImportFile): Promise<void> {
    const handle = await this.ports.folder.open(found).catch(() => undefined);
    if (handle === undefined)
      return this.#end(file, { state: 'failed', reason: 'FILE_UNREADABLE' });
    const startedMs = this.ports.now();
    try {
      const ended = await this.#read(handle, file);
      if (ended === undefined) return;
      reached('import.file-finished');
      const facts = { file: file.name, feed: file.feed, lines: ended.lines };
      this.ports.logger.log('file imported', { ...facts, ms: this.ports.now() - startedMs });
    } finally {
      await handle.close();
    }
    const now = await this.ports.files.byId(file.id);
    if (now !== undefined) await this.#moveAway(found, now);
  }

  /** Reads from the durable mark to the end; undefined when told to stop before. */
  async #read(handle: FileHandle, file: ImportFile): Promise<ReadingMark | undefined> {
    const { ports } = this;
    const { name, bytes } = file;
    const source = new FileBytes(handle, { bytes, name, gzip: ports.gzip });
    const cdr = { fileId: file.id, feed: file.feed, stampMs: file.registeredAtMs };
    const batches = new LineBatches(cdr, ports.maxLineBytes, file.mark);
    const flight = new AppendsInFlight(ports.log);
    const reading = { file, source, batches, flight };
    let problem: Fault | undefined = await this.#readBatches(reading).catch(problemOfFile);
    if (this.#stopping) {
      await flight.landed();
      return undefined;
    }
    const bytesNow = (await ports.folder.identity(handle)).bytes;
    if (problem === undefined && bytesNow !== bytes) problem = fileFault('FILE_GREW');
    const last = batches.end(problem === undefined);
    await flight.append(last.events, this.#lastRows(file, last, { problem, source }));
    await flight.landed();
    return last.mark;
  }

  async #readBatches({ file, source, batches, flight }: Reading): Promise<undefined> {
    for await (const chunk of source.chunks(file.mark.byteOffset)) {
      reached('import.chunk-read');
      for (const batch of batches.push(chunk)) {
        if (this.#stopping) return;
        await flight.append(batch.events, this.#batchRows(file, batch));
      }
      if (this.#stopping) return;
    }
  }

  #batchRows(file: ImportFile, batch: LineBatch): ColumnBatch[] {
    const { lineNo } = batch.mark;
    if (lineNo % (linesPerBatch * batchesBetweenProgress) === 0) {
      this.#feedEvent(batch.events, this.#complete(file.feed, batch.mark));
    }
    const at = { seq: lineNo + 1, mark: batch.mark, state: 'importing' as const };
    return [this.#progress(file.id, at), ...refusedRows(file.id, batch)];
  }

  #lastRows(
    file: ImportFile,
    batch: LineBatch,
    end: { problem: Fault | undefined; source: FileBytes },
  ): ColumnBatch[] {
    const { problem } = end;
    const complete = this.#complete(file.feed, batch.mark);
    const said: FeedProgress = problem ? { feed: file.feed, status: 'active' } : complete;
    this.#feedEvent(batch.events, said);
    const progress = this.#progress(file.id, {
      seq: batch.mark.lineNo + 2,
      mark: batch.mark,
      state: problem ? 'failed' : 'done',
      reason: problem?.code as ImportCode | undefined,
      sha256: problem ? '' : end.source.sha256(),
    });
    return [progress, ...refusedRows(file.id, batch)];
  }

  #complete(feed: string, mark: ReadingMark): FeedProgress {
    const hasRecord = mark.firstRecordedAtMs <= mark.lastRecordedAtMs;
    return {
      feed,
      status: 'active',
      ...(hasRecord && { completeThroughMs: mark.lastRecordedAtMs }),
    };
  }

  #feedEvent(events: UsageEvents, progress: FeedProgress): void {
    const maxOutOfOrdernessMs = this.ports.maxOutOfOrdernessMs(progress.feed);
    events.pushControl(eventTypes.feed, {
      msisdn: 0,
      timestampMs: progress.completeThroughMs ?? 0,
      payload: JSON.stringify({ ...progress, maxOutOfOrdernessMs }),
    });
  }

  #progress(
    fileId: number,
    at: {
      seq: number;
      mark: ReadingMark;
      state: ImportState;
      reason?: ImportCode;
      sha256?: string;
    },
  ): ColumnBatch {
    const { seq, mark, state, reason = '', sha256 = '' } = at;
    const { byteOffset, lineNo, lines, firstRecordedAtMs, lastRecordedAtMs } = mark;
    const times = [firstRecordedAtMs, lastRecordedAtMs];
    const code = importStates.indexOf(state);
    const row = [fileId, seq, byteOffset, lineNo, lines, ...times, code, sha256, reason];
    return batchOf(importProgressTable, [[...row, this.ports.now()]]);
  }

  /** Ends a file that is not there to be read. */
  async #end(file: ImportFile, end: { state: ImportState; reason: ImportCode }): Promise<void> {
    const progress = this.#progress(file.id, { seq: file.seq + 1, mark: file.mark, ...end });
    await this.ports.log.append(new UsageEvents(1), [progress]);
    this.ports.logger.warn('a file failed', { file: file.name, code: end.reason });
  }

  async #moveAway(found: FoundFile, file: ImportFile): Promise<void> {
    if (file.state === 'failed') return this.#refuse(found, file.reason as ImportCode);
    await this.ports.folder.move(found, 'done');
    reached('import.file-moved');
  }

  /** Something outside is wrong (a full disk): said once, then tried again and again. */
  async #passing(error: unknown): Promise<void> {
    if (!this.#isPaused) {
      const code = error instanceof Fault ? error.code : 'FILE_NOT_MOVED';
      const { meaning, next } = importErrors.IMPORT_PAUSED;
      this.ports.logger.warn(`${meaning} ${next}`, { code, cause: String(error) });
    }
    this.#isPaused = true;
    await this.ports.pauseMs(1000);
  }

  async #idle(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, this.ports.pauseMs(this.ports.scanIntervalMs)]);
  }
}

/** Appends of one file: a few at a time, and none behind one that failed. */
class AppendsInFlight {
  readonly #landing: Promise<unknown>[] = [];
  #hasFailed = false;

  constructor(private readonly log: EventLog<UsageEvents>) {}

  async append(events: UsageEvents, rows: ColumnBatch[]): Promise<void> {
    if (this.#landing.length >= appendsInFlight) await this.#landing.shift();
    // it lands rejected: what follows it must not be appended
    if (this.#hasFailed) return this.landed();
    const append = this.log.append(events, rows);
    append.catch(() => (this.#hasFailed = true));
    this.#landing.push(append);
  }

  async landed(): Promise<void> {
    await Promise.all(this.#landing.splice(0));
  }
}

/** What the reading of one file works with. */
interface Reading {
  readonly file: ImportFile;
  readonly source: FileBytes;
  readonly batches: LineBatches;
  readonly flight: AppendsInFlight;
}

const notOpened = { inode: '', bytes: 0 };

/** A fault of the file ends its import; every other one is thrown on. */
const problemOfFile = (error: unknown): Fault => {
  if (error instanceof Fault && error.reaction === 'BadRecord') return error;
  throw error;
};

const feedOf = ({ folder }: FoundFile): string => (folder === '' ? defaultFeed : folder);

const refusalOf = (
  { name, isRegular }: FoundFile,
  handle: FileHandle | undefined,
  gzip: GzipBounds | undefined,
): ImportCode | undefined => {
  if (!isRegular) return 'FILE_NOT_REGULAR';
  if (handle === undefined) return 'FILE_UNREADABLE';
  if (name.endsWith('.gz') && gzip === undefined) return 'FILE_GZIP_OFF';
  return undefined;
};

const meaningOf = (code: string): string =>
  (({ ...timeErrors, ...importErrors }) as Record<string, { meaning: string }>)[code].meaning;

const refusedRows = (fileId: number, { refused }: LineBatch): ColumnBatch[] => {
  if (refused.length === 0) return [];
  const letters = refused.map(({ lineNo, code, raw }) => {
    return [-1, fileId, lineNo, code, meaningOf(code), raw.subarray(0, refusedRawBytes)];
  });
  const counts = [fileId, 0, 0, 0, 0, refused.length];
  return [batchOf(deadLetterTable, letters), batchOf(importFileCountTable, [counts])];
};
