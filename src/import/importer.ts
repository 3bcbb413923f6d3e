import type { FileHandle } from 'node:fs/promises';
import { UsageEvents } from '../ingest/index.js';
import { Fault, reached, type ColumnBatch } from '../streaming/index.js';
import { AppendsInFlight } from './append-flight.js';
import {
  LineBatches,
  linesPerBatch,
  type LineBatch,
  type ReadingMark,
} from './domain/line-batches.js';
import { importErrors, type ImportCode } from './errors.js';
import { FileBytes } from './file-bytes.js';
import { FileQueue } from './file-queue.js';
import { startOfLastLine } from './last-line.js';
import { progressRows, pushFeedEvent, refusedRows, type ImportStanding } from './import-rows.js';
import type { ImporterPorts } from './importer-ports.js';
import type { FileIdentity, NotOpened } from './incoming-files.js';
import {
  inodeOf,
  isPacked,
  type FileEnd,
  type FileToRead,
  type QueuedFile,
} from './queued-file.js';

const batchesBetweenProgress = 8;
/** While files are read, the folder is not looked at more often than this. */
const leastMsBetweenLooks = 200;
const leastRestMs = 10;
const pauseAfterFaultMs = 1000;

/** Reads the files of the incoming folder into the log, one after the other, each line once. */
export class Importer {
  readonly #queue: FileQueue;
  readonly #flight: AppendsInFlight;
  #running: Promise<void> | undefined;
  #stopping = false;
  #isPaused = false;
  #wake: () => void = () => undefined;
  #hasChanged = false;
  #lookedAtMs = 0;
  #lookedAtAllMs = 0;
  #isIdle = false;
  #movedAtMs: number;
  #skipped = { fileId: 0, byteOffset: 0 };

  constructor(private readonly ports: ImporterPorts) {
    this.#flight = new AppendsInFlight(ports.log, () => this.#goesOn());
    this.#queue = new FileQueue(ports, this.#flight);
    this.#movedAtMs = ports.now();
  }

  /** When lines last became durable, or now while there is nothing to read (epoch ms). */
  get lastMoveMs(): number {
    return this.#isIdle ? this.ports.now() : this.#movedAtMs;
  }

  async start(): Promise<void> {
    await this.ports.folder.watch(() => {
      this.#hasChanged = true;
      if (!this.#isPaused) this.#wake();
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
        await this.#round();
      } catch (error) {
        await this.#pause(error);
      }
    }
    await this.#flight.committed().catch(() => undefined);
  }

  async #round(): Promise<void> {
    await this.#lookAround(this.#queue.isEmpty);
    const next = this.#queue.take();
    if (next !== undefined) return this.#import(next);
    await this.#flight.committed();
    this.#goesOn();
    this.#isIdle = true;
    if (!this.#hasChanged) await this.#rest(this.#untilNextLookMs());
    this.#isIdle = false;
    this.#movedAtMs = this.ports.now();
  }

  /** Looks for new files when there is nothing to read, and now and then while there is. */
  async #lookAround(isIdle = false): Promise<void> {
    const nowMs = this.ports.now();
    const isAllDue = Math.abs(nowMs - this.#lookedAtAllMs) >= this.ports.scanIntervalMs;
    const isDue = this.#hasChanged || isAllDue || this.#queue.dueMs <= nowMs;
    const isSoon = Math.abs(nowMs - this.#lookedAtMs) < leastMsBetweenLooks;
    if (!isIdle && (!isDue || isSoon)) return;
    this.#lookedAtMs = nowMs;
    if (isAllDue) this.#lookedAtAllMs = nowMs;
    this.#hasChanged = false;
    await this.#queue.lookAround(isAllDue);
  }

  #untilNextLookMs(): number {
    const untilDueMs = this.#queue.dueMs - this.ports.now();
    return Math.max(leastRestMs, Math.min(this.ports.scanIntervalMs, untilDueMs));
  }

  async #import(queued: QueuedFile): Promise<void> {
    const handle = await this.ports.folder.open(queued.found);
    if (typeof handle === 'string') return this.#notOpened(queued, handle);
    try {
      const identity = await this.ports.folder.identity(handle);
      if (identity.inode !== inodeOf(queued.file.inode)) await this.#notOpened(queued, 'gone');
      else await this.#read({ handle, identity }, queued);
    } finally {
      await handle.close();
    }
  }

  /** Reads from the durable mark to the end, or until told to stop. */
  async #read({ handle, identity }: Opened, queued: QueuedFile): Promise<void> {
    const { ports } = this;
    const { file } = queued;
    const { id: fileId, name, feed, registeredAtMs: stampMs } = file;
    const startedMs = ports.now();
    const skipped = (byteOffset: number): void => this.#hasSkipped({ fileId, byteOffset });
    const bytes = bytesExpected(file, identity);
    const expected = { bytes, name, gzip: ports.gzip };
    const mark = await startOfLastLine(handle, file.mark, { ...expected, ...ports });
    const source = new FileBytes(handle, expected, skipped);
    const cdr = { fileId, feed, stampMs, maxFutureSkewMs: ports.maxFutureSkewMs };
    const bounds = {
      maxLineBytes: ports.maxLineBytes,
      ...(!isPacked(name) && { fileBytes: bytes }),
    };
    const batches = new LineBatches(cdr, bounds, mark);
    const reading = { file, mark, source, batches };
    let problem = await this.#readBatches(queued, reading).catch(problemOfFile);
    if (this.#stopping) return;
    const now = await ports.folder.identity(handle);
    if (now.bytes > bytes && growsAfter(problem)) return this.#goesOnLater(queued, batches, now);
    if (now.bytes < bytes) problem ??= 'FILE_TRUNCATED';
    const last = batches.end(problem === undefined);
    const end: FileEnd = problem ? { state: 'failed', reason: problem } : { state: 'done' };
    const rows = this.#lastRows(file, last, { ...end, sha256: problem ? '' : source.sha256() });
    await this.#behindItsId(queued, last);
    await this.#flight.append(last, rows, async () => {
      reached('import.file-finished');
      const facts = { file: name, feed, lines: last.mark.lines, ms: ports.now() - startedMs };
      if (end.state === 'done') ports.logger.log('file imported', facts);
      await this.#queue.ended(queued, end, { mark: last.mark, bytes });
    });
  }

  /** Somebody still writes it: its whole lines are kept, the rest is read once it is quiet. */
  async #goesOnLater(
    queued: QueuedFile,
    batches: LineBatches,
    { bytes, stamp }: FileIdentity,
  ): Promise<void> {
    const batch = batches.end(false);
    const { mark } = batch;
    const state = { state: 'importing', reason: 'FILE_GREW' } as const;
    const rows = this.#rows(queued.file, batch, { ...state, leastSeq: mark.lineNo + 1 });
    await this.#behindItsId(queued, batch);
    await this.#flight.append(batch, rows, () => {
      this.#queue.grew(queued, { mark, bytes, stamp });
      return Promise.resolve();
    });
  }

  async #readBatches(
    queued: QueuedFile,
    { file, mark, source, batches }: Reading,
  ): Promise<undefined> {
    for await (const chunk of source.chunks(mark.byteOffset)) {
      reached('import.chunk-read');
      for (const batch of batches.push(chunk)) {
        if (this.#stopping) return;
        await this.#behindItsId(queued, batch);
        await this.#flight.append(batch, this.#batchRows(file, batch));
      }
      if (this.#stopping) return;
      await this.#lookAround();
    }
  }

  /** What lies before the mark is read again; that counts once, or retries would look like work. */
  #hasSkipped(to: { readonly fileId: number; readonly byteOffset: number }): void {
    const { fileId, byteOffset } = this.#skipped;
    if (to.fileId === fileId && to.byteOffset <= byteOffset) return;
    this.#skipped = to;
    this.#movedAtMs = this.ports.now();
  }

  /**
   * Refused lines are rows of the store that may come before their transaction (KafkaImportLog):
   * were that undone with the registration in it, they would tell of an id that no file has.
   */
  async #behindItsId({ isRegistered }: QueuedFile, { refused }: LineBatch): Promise<void> {
    if (refused.length > 0 && !isRegistered) await this.#flight.committed();
  }

  #batchRows(file: FileToRead, batch: LineBatch): ColumnBatch[] {
    const { mark } = batch;
    const isFull = mark.lineNo % (linesPerBatch * batchesBetweenProgress) === 0;
    if (isFull && this.ports.isSortedByTime(file.feed)) {
      this.#tellProgress(file.feed, batch.events, mark);
    }
    return this.#rows(file, batch, { state: 'importing', leastSeq: mark.lineNo + 1 });
  }

  #lastRows(
    file: FileToRead,
    batch: LineBatch,
    end: FileEnd & { readonly sha256?: string },
  ): ColumnBatch[] {
    const { mark } = batch;
    this.#tellProgress(file.feed, batch.events, end.state === 'done' ? mark : undefined);
    return this.#rows(file, batch, { ...end, leastSeq: mark.lineNo + 2 });
  }

  /** Where the file stands behind the batch, and what was refused in it. */
  #rows(
    file: FileToRead,
    batch: LineBatch,
    { leastSeq, ...standing }: Omit<ImportStanding, 'seq' | 'mark' | 'atMs'> & { leastSeq: number },
  ): ColumnBatch[] {
    // a file that is read on has written down more than its lines
    file.seq = Math.max(file.seq + 1, leastSeq);
    const reason = standing.reason ?? (file.reason === 'FILE_GREW' ? 'FILE_GREW' : undefined);
    const at = { seq: file.seq, mark: batch.mark, atMs: this.ports.now() };
    const row = { fileId: file.id, ...at, ...standing, reason };
    return [progressRows([row]), ...refusedRows(file.id, batch)];
  }

  /** Adds what there is to tell of the feed behind the lines up to `read`. */
  #tellProgress(feed: string, events: UsageEvents, read: ReadingMark | undefined): void {
    const hasRecord = read !== undefined && read.firstRecordedAtMs <= read.lastRecordedAtMs;
    const progress = this.#queue.progressOf(feed, hasRecord ? read.lastRecordedAtMs : undefined);
    if (progress === undefined) return;
    pushFeedEvent(events, progress, this.ports.maxOutOfOrdernessMs(feed));
  }

  /** Ends a file that is not there to be read. */
  async #notOpened(queued: QueuedFile, why: NotOpened): Promise<void> {
    const { file } = queued;
    const reason = codesOfNotOpened[why];
    const end = { state: 'failed', reason } as const;
    const none = { events: new UsageEvents(1), refused: [], bytes: 0, mark: file.mark };
    this.#tellProgress(file.feed, none.events, undefined);
    const rows = this.#rows(file, none, { ...end, leastSeq: file.mark.lineNo + 2 });
    await this.#flight.append(none, rows, async () => {
      if (why !== 'gone') return this.#queue.ended(queued, end);
      this.ports.logger.warn('a file failed', { file: file.name, feed: file.feed, code: reason });
      this.#queue.release(queued);
      this.#hasChanged = true;
    });
  }

  /** Something outside is wrong (a full disk): said once, then tried again and again. */
  async #pause(error: unknown): Promise<void> {
    await this.#flight.startAnew();
    this.#queue.forget();
    if (this.#stopping) return;
    if (!this.#isPaused) {
      const { meaning, next } = whyPaused(error);
      this.ports.logger.warn(`${meaning} ${next}`, causeOf(error));
    }
    this.#isPaused = true;
    await this.#rest(pauseAfterFaultMs);
  }

  #goesOn(): void {
    if (this.#isPaused) this.ports.logger.log('the import goes on');
    this.#isPaused = false;
    this.#movedAtMs = this.ports.now();
  }

  async #rest(ms: number): Promise<void> {
    // told to stop meanwhile: nobody would wake it
    if (this.#stopping) return;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, this.ports.pauseMs(ms)]);
  }
}

interface Opened {
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
}

interface Reading {
  readonly file: FileToRead;
  readonly mark: ReadingMark;
  readonly source: FileBytes;
  readonly batches: LineBatches;
}

/** As it was found, or longer when it grew since; not shorter than what was read of it. */
const bytesExpected = ({ bytes, name, mark }: FileToRead, now: FileIdentity): number =>
  Math.max(bytes, now.bytes, isPacked(name) ? 0 : mark.byteOffset);

/** What is not wrong any more with a file that is longer now. */
const growsAfter = (problem: ImportCode | undefined): boolean =>
  problem === undefined || problem === 'FILE_GZIP_CORRUPT';

const codesOfNotOpened = {
  gone: 'FILE_GONE',
  unreadable: 'FILE_UNREADABLE',
  'not-regular': 'FILE_NOT_REGULAR',
} as const satisfies Record<NotOpened, ImportCode>;

/** A fault of the file ends its import; every other one is thrown on. */
const problemOfFile = (error: unknown): ImportCode => {
  if (error instanceof Fault && error.reaction === 'BadRecord') return error.code as ImportCode;
  throw error;
};

const deepest = (error: unknown): unknown => {
  let cause = error;
  while (cause instanceof Fault && cause.cause instanceof Fault) cause = cause.cause;
  return cause;
};

/** What passes by itself is waited for; what a person has to mend says how. */
const whyPaused = (error: unknown): { meaning: string; next: string } => {
  const cause = deepest(error);
  if (!(cause instanceof Fault) || cause.reaction !== 'StateCorrupt') {
    return importErrors.IMPORT_PAUSED;
  }
  const { meaning, next } = importErrors.IMPORT_STOPPED;
  return { meaning, next: cause.next ?? next };
};

/** What is behind an append that was undone. */
const causeOf = (error: unknown): { code: string; cause: string } => {
  const cause = deepest(error);
  const code = cause instanceof Fault ? cause.code : 'IMPORT_PAUSED';
  return { code, cause: String(cause) };
};
