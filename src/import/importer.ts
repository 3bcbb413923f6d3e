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
import {
  FileQueue,
  inodeOf,
  type FileEnd,
  type FileToRead,
  type QueuedFile,
} from './file-queue.js';
import { progressRows, pushFeedEvent, refusedRows } from './import-rows.js';
import type { ImporterPorts } from './importer-ports.js';
import type { NotOpened } from './incoming-files.js';

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
        await this.#passing(error);
      }
    }
    await this.#flight.landed().catch(() => undefined);
  }

  async #round(): Promise<void> {
    await this.#lookAround(this.#queue.isEmpty);
    const next = this.#queue.take();
    if (next !== undefined) return this.#import(next);
    await this.#flight.landed();
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
      const { inode } = await this.ports.folder.identity(handle);
      if (inode !== inodeOf(queued.file.inode)) await this.#notOpened(queued, 'gone');
      else await this.#read(handle, queued);
    } finally {
      await handle.close();
    }
  }

  /** Reads from the durable mark to the end, or until told to stop. */
  async #read(handle: FileHandle, queued: QueuedFile): Promise<void> {
    const { ports } = this;
    const { file } = queued;
    const { id: fileId, name, feed, bytes, registeredAtMs: stampMs } = file;
    const startedMs = ports.now();
    const skipped = (byteOffset: number): void => this.#hasSkipped({ fileId, byteOffset });
    const source = new FileBytes(handle, { bytes, name, gzip: ports.gzip }, skipped);
    const cdr = { fileId, feed, stampMs, maxFutureSkewMs: ports.maxFutureSkewMs };
    const fileBytes = name.endsWith('.gz') ? undefined : bytes;
    const bounds = { maxLineBytes: ports.maxLineBytes, fileBytes };
    const batches = new LineBatches(cdr, bounds, file.mark);
    let problem = await this.#readBatches(queued, source, batches).catch(problemOfFile);
    if (this.#stopping) return;
    const bytesNow = (await ports.folder.identity(handle)).bytes;
    if (problem === undefined && bytesNow !== bytes) problem = 'FILE_GREW';
    const last = batches.end(problem === undefined);
    const end: FileEnd = problem ? { state: 'failed', reason: problem } : { state: 'done' };
    const rows = this.#lastRows(file, last, { ...end, sha256: problem ? '' : source.sha256() });
    await this.#behindItsId(queued, last);
    await this.#flight.append(last, rows, async () => {
      reached('import.file-finished');
      const facts = { file: name, feed, lines: last.mark.lines, ms: ports.now() - startedMs };
      if (end.state === 'done') ports.logger.log('file imported', facts);
      await this.#queue.ended(queued, end);
    });
  }

  async #readBatches(
    queued: QueuedFile,
    source: FileBytes,
    batches: LineBatches,
  ): Promise<undefined> {
    const { file } = queued;
    for await (const chunk of source.chunks(file.mark.byteOffset)) {
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
    if (refused.length > 0 && !isRegistered) await this.#flight.landed();
  }

  #batchRows(file: FileToRead, batch: LineBatch): ColumnBatch[] {
    const { mark } = batch;
    const isFull = mark.lineNo % (linesPerBatch * batchesBetweenProgress) === 0;
    if (isFull && this.ports.isSortedByTime(file.feed)) {
      this.#tellProgress(file.feed, batch.events, mark);
    }
    const at = { seq: mark.lineNo + 1, mark, state: 'importing' as const, atMs: this.ports.now() };
    return [progressRows([{ fileId: file.id, ...at }]), ...refusedRows(file.id, batch)];
  }

  #lastRows(
    file: FileToRead,
    batch: LineBatch,
    end: FileEnd & { readonly sha256?: string },
  ): ColumnBatch[] {
    const { mark } = batch;
    this.#tellProgress(file.feed, batch.events, end.state === 'done' ? mark : undefined);
    const at = { seq: mark.lineNo + 2, mark, atMs: this.ports.now(), ...end };
    return [progressRows([{ fileId: file.id, ...at }]), ...refusedRows(file.id, batch)];
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
    const at = { seq: file.mark.lineNo + 2, mark: file.mark, atMs: this.ports.now(), ...end };
    const none = { events: new UsageEvents(1), refused: [], bytes: 0, mark: file.mark };
    this.#tellProgress(file.feed, none.events, undefined);
    const rows = [progressRows([{ fileId: file.id, ...at }])];
    await this.#flight.append(none, rows, async () => {
      if (why !== 'gone') return this.#queue.ended(queued, end);
      this.ports.logger.warn('a file failed', { file: file.name, feed: file.feed, code: reason });
      this.#queue.release(queued);
      this.#hasChanged = true;
    });
  }

  /** Something outside is wrong (a full disk): said once, then tried again and again. */
  async #passing(error: unknown): Promise<void> {
    await this.#flight.startAnew();
    this.#queue.forget();
    if (this.#stopping) return;
    if (!this.#isPaused) {
      const { meaning, next } = importErrors.IMPORT_PAUSED;
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

/** What is behind an append that was undone. */
const causeOf = (error: unknown): { code: string; cause: string } => {
  let cause = error;
  while (cause instanceof Fault && cause.cause instanceof Fault) cause = cause.cause;
  const code = cause instanceof Fault ? cause.code : 'IMPORT_PAUSED';
  return { code, cause: String(cause) };
};
