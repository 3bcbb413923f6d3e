import { UsageEvents } from '../ingest/index.js';
import { reached, type FeedProgress } from '../streaming/index.js';
import type { AppendsInFlight } from './append-flight.js';
import { Arrivals, placeOf, type NewFile } from './arrivals.js';
import { FeedReading } from './domain/feed-reading.js';
import { startOfFile, type LineBatch } from './domain/line-batches.js';
import { ReadingOrder } from './domain/reading-order.js';
import { EndedFiles, watchedForMs, type EndedFile } from './ended-files.js';
import { importErrors, type ImportCode } from './errors.js';
import { oldestInHeadMs } from './file-head.js';
import { inSlices } from './in-slices.js';
import { progressRows, pushFeedEvent } from './import-rows.js';
import type { ImporterPorts } from './importer-ports.js';
import type { FoundFile } from './incoming-files.js';
import {
  bytesReadOf,
  endOf,
  feedOf,
  inFeed,
  inodeOf,
  isInDone,
  isToBeMoved,
  keyOf,
  keyOfFound,
  moveOf,
  newPlace,
  registrationRows,
  type FileEnd,
  type FileRead,
  type FileToRead,
  type Place,
  type QueuedFile,
} from './queued-file.js';

/** So many new files are written down in one transaction at most. */
const filesPerAppend = 1024;
/** Of the rows of a new file, about. */
const bytesPerFile = 512;

/**
 * The files of the folder: of each feed the oldest is read first. What is known of them is read
 * from the store once and kept in memory, so that a folder of thousands of files costs no query a
 * file.
 */
export class FileQueue {
  /** Every registered file that lies in the folder. */
  readonly #places = new Map<string, Place>();
  readonly #order = new ReadingOrder<Place>();
  readonly #reading = new FeedReading();
  readonly #arrivals: Arrivals;
  readonly #ended: EndedFiles;
  /** Files that grew, and are quiet again. */
  #more: (EndedFile & { readonly found: FoundFile })[] = [];
  /** Feeds that got files since their order was known. */
  readonly #changed = new Set<string>();
  #feedInHand: string | undefined;
  #isRead = false;

  /** `flight` takes what is written of the files, in order with their lines. */
  constructor(
    private readonly ports: ImporterPorts,
    private readonly flight: Pick<AppendsInFlight, 'append'>,
  ) {
    this.#arrivals = new Arrivals(ports);
    this.#ended = new EndedFiles({
      look: (found) => ports.folder.look(found),
      find: ({ name, feed, inode, id }) =>
        ports.folder.findDone(inFeed(feed, name), { inode: inodeOf(inode), id }),
      now: ports.now,
      quietPeriodMs: ports.quietPeriodMs,
      onGrown: (file) => this.#tellGrown(file),
      onMore: (ended) => this.#more.push(ended),
      onLeft: (ended) => this.#left(ended),
    });
  }

  get isEmpty(): boolean {
    return this.#order.isEmpty;
  }

  /** When a file may be whole that somebody may still write (epoch ms); Infinity without any. */
  get dueMs(): number {
    return Math.min(this.#arrivals.dueMs, this.#ended.dueMs);
  }

  /** The file whose turn it is; its place stays taken until it is ended or released. */
  take(): QueuedFile | undefined {
    const place = this.#order.take();
    this.#feedInHand = place?.feed;
    return place;
  }

  /** After a fault: what is durable is read from the store again. */
  forget(): void {
    this.#places.clear();
    this.#order.clear();
    this.#ended.clear();
    this.#more = [];
    this.#isRead = false;
  }

  /**
   * What there is to tell of a feed, once all up to `recordedAtMs` was read of the file in hand
   * (undefined for a file without records, or one that failed).
   */
  progressOf(feed: string, recordedAtMs: number | undefined): FeedProgress | undefined {
    if (recordedAtMs !== undefined) this.#reading.read(feed, recordedAtMs);
    const boundMs = this.#order.boundMsOf(feed);
    return this.#reading.news(feed, { boundMs, nowMs: this.ports.now() });
  }

  /**
   * Writes down the files that are new and whole, at the latest in the transaction of their first
   * lines. Looks at `all` sub-folders, or at those that something was told of.
   */
  async lookAround(all = true): Promise<void> {
    const found = await this.ports.folder.scan(all || !this.#isRead);
    this.#changed.clear();
    if (!this.#isRead) await this.#read(found);
    await this.#ended.look();
    if (this.#more.length > 0) await this.#readOn(this.#more.splice(0));
    const unknown = found.filter((file) => this.#isToBeLookedAt(file));
    this.ports.leftAlone.allSeen();
    const looked = await inSlices(unknown, (file) => this.#newFileAt(file));
    const fresh = await this.#arrivals.whole(found, looked.filter(isThere));
    for (let at = 0; at < fresh.length; at += filesPerAppend) {
      await this.#register(fresh.slice(at, at + filesPerAppend));
    }
    await this.#putInOrder();
  }

  #isToBeLookedAt(found: FoundFile): boolean {
    const known = this.#places.get(placeOf(found));
    if (known !== undefined) return isToBeMoved(known);
    return !this.#arrivals.isArriving(found) && !this.ports.leftAlone.has(found);
  }

  /** Moves away what has ended already; answers what is not registered. */
  async #newFileAt(found: FoundFile): Promise<NewFile | undefined> {
    const known = this.#places.get(placeOf(found));
    const identity = await this.ports.folder.look(found);
    if (identity === undefined) return undefined;
    if (known?.end === undefined) return { found, identity };
    if (inodeOf(known.file.inode) !== identity.inode) return { found, identity };
    await this.#moveAway(known, known.end);
    return undefined;
  }

  /** Looks into the files of feeds that have several, so that the oldest is read first. */
  async #putInOrder(): Promise<void> {
    for (const feed of this.#changed) {
      const waiting = this.#order.waitingOf(feed);
      const unknown = waiting.filter(({ isKnown }) => !isKnown);
      if (waiting.length === 1 && this.#feedInHand !== feed) continue;
      if (unknown.length === 0) continue;
      await inSlices(unknown, async (place) => {
        const oldestMs = await oldestInHeadMs(this.ports, place.found);
        place.isKnown = true;
        if (oldestMs === undefined) return;
        place.orderMs = oldestMs;
        place.boundMs = oldestMs;
      });
      this.#order.reorder(feed, waiting);
    }
    await this.#boundByArriving();
  }

  /** Files that are not whole yet hold back the progress of their feed, too. */
  async #boundByArriving(): Promise<void> {
    const files = [...this.#arrivals.files];
    await inSlices(
      files.filter(({ isLookedInto }) => !isLookedInto),
      async (file) => {
        file.oldestMs = await oldestInHeadMs(this.ports, file.found);
        file.isLookedInto = true;
      },
    );
    const bounds = new Map<string, number>();
    for (const { found, oldestMs = Infinity } of files) {
      const feed = feedOf(found);
      bounds.set(feed, Math.min(oldestMs, bounds.get(feed) ?? Infinity));
    }
    this.#order.arriving(bounds);
  }

  /** The end of the import is durable: the file leaves the folder. */
  async ended(queued: QueuedFile, end: FileEnd, read?: FileRead): Promise<void> {
    const place = this.#places.get(placeOf(queued.found));
    if (place === undefined) return;
    place.file = { ...place.file, mark: read?.mark ?? place.file.mark };
    place.bytesRead = read?.bytes;
    await this.#moveAway(place, end);
  }

  /** It grew while it was read, and is durable up to the mark: it goes on once it is quiet. */
  grew(queued: QueuedFile, read: FileRead & { readonly stamp: string }): void {
    const place = this.#places.get(placeOf(queued.found));
    if (place === undefined) return;
    place.file = { ...place.file, mark: read.mark, reason: 'FILE_GREW' };
    const { file, found } = place;
    this.#tellGrown(file);
    const seen = { bytesRead: read.bytes, grownStamp: read.stamp, isDone: false };
    this.#ended.add({ file, found, ...seen, endedAtMs: this.ports.now() });
  }

  /** The file is not in its place any more; what is there now, if anything, is a new one. */
  release({ found, file }: QueuedFile): void {
    this.#places.delete(placeOf(found));
    this.ports.journal.left(file.id);
  }

  async #read(found: readonly FoundFile[]): Promise<void> {
    const { journal } = this.ports;
    const there = new Map<string, FoundFile>();
    for (const file of found) there.set(keyOf({ feed: feedOf(file), name: file.name }), file);
    await journal.takeOver();
    for (const file of await journal.unfinished()) {
      const gone = inFeed(file.feed, file.name);
      const which = { inode: inodeOf(file.inode), id: file.id };
      const done =
        file.reason === 'FILE_GREW' ? await this.ports.folder.findDone(gone, which) : undefined;
      const place = newPlace(done ?? there.get(keyOf(file)) ?? gone, { ...file });
      this.#add({ ...place, isRegistered: true });
    }
    await this.#readEnded(found);
    this.#reading.restart(await journal.latestOfFeeds());
    this.#isRead = true;
  }

  /** Files whose import had ended when the program did, before they were moved away. */
  async #readEnded(found: readonly FoundFile[]): Promise<void> {
    const byStamp = new Map<string, FoundFile>();
    for (const file of found) {
      if (this.#places.has(placeOf(file))) continue;
      const identity = await this.ports.folder.look(file);
      if (identity !== undefined) byStamp.set(identity.stamp, file);
    }
    const doneSinceMs = this.ports.now() - watchedForMs;
    for (const file of await this.ports.journal.ended([...byStamp.keys()], doneSinceMs)) {
      const there = byStamp.get(file.inode);
      // one that was gone and is there again (a disk that was away) has to be read
      const isThere = there !== undefined && keyOf(file) === keyOf(keyOfFound(there));
      if (isThere && file.reason !== 'FILE_GONE') {
        const end = endOf(file);
        const place = { ...newPlace(there, { ...file }), end, isRegistered: true };
        this.#places.set(placeOf(there), place);
      } else if (file.state === 'done') {
        const { atMs: endedAtMs } = file;
        const bytesRead = bytesReadOf(file);
        this.#ended.add({
          file: { ...file },
          found: undefined,
          bytesRead,
          endedAtMs,
          isDone: true,
        });
      }
    }
  }

  #add(place: Place): void {
    this.#places.set(placeOf(place.found), place);
    if (place.end !== undefined) return;
    this.#order.add(place);
    this.#changed.add(place.feed);
  }

  async #register(fresh: readonly NewFile[]): Promise<void> {
    const { journal, now } = this.ports;
    const registeredAtMs = now();
    const firstId = await journal.reserveIds(fresh.length);
    const places = fresh.map(({ found, identity }, index): Place => {
      const file = {
        ...{ id: firstId + index, name: found.name, feed: feedOf(found) },
        ...{ bytes: identity.bytes, inode: identity.stamp, registeredAtMs },
        ...{ seq: 0, mark: startOfFile, reason: '' },
      };
      const reason = this.#refusalOf(found);
      const place = { ...newPlace(found, file), orderMs: identity.changedMs };
      return reason ? { ...place, end: { state: 'failed', reason } } : place;
    });
    for (const place of places) this.#add(place);
    await this.flight.append(
      this.#batchOf(places),
      registrationRows(places, registeredAtMs),
      async () => {
        for (const place of places) {
          reached('import.file-registered');
          place.isRegistered = true;
          if (place.end !== undefined) await this.#moveAway(place, place.end);
        }
      },
    );
  }

  #batchOf(places: readonly Place[]): LineBatch {
    const bytes = places.length * bytesPerFile;
    return { events: this.#feedsOf(places), refused: [], bytes, mark: startOfFile };
  }

  #feedsOf(places: readonly Place[]): UsageEvents {
    const read = places.filter(({ end }) => end === undefined);
    const feeds = new Set(read.map(({ file }) => file.feed));
    const events = new UsageEvents(feeds.size + 1);
    for (const feed of feeds) {
      pushFeedEvent(events, { feed, status: 'active' }, this.ports.maxOutOfOrdernessMs(feed));
    }
    return events;
  }

  #refusalOf({ name, isRegular }: FoundFile): ImportCode | undefined {
    if (!isRegular) return 'FILE_NOT_REGULAR';
    if (name.endsWith('.gz') && this.ports.gzip === undefined) return 'FILE_GZIP_OFF';
    return undefined;
  }

  /** What cannot be moved is told once and tried again with every scan; other files go on. */
  async #moveAway(place: Place, end: FileEnd): Promise<void> {
    const { found, file } = place;
    place.end = end;
    place.isMoving = true;
    let moved: FoundFile | undefined = found;
    try {
      if (!isInDone(found)) moved = await this.ports.folder.move(found, moveOf(file, end));
    } catch (cause) {
      this.#tellStuck(place, cause);
      return;
    } finally {
      place.isMoving = false;
    }
    this.#places.delete(placeOf(found));
    if (moved === undefined || end.state === 'failed') this.ports.journal.left(file.id);
    else this.#watch(place, moved);
    if (end.state === 'failed') {
      const facts = { file: file.name, feed: file.feed, code: end.reason };
      this.ports.logger.warn('a file was refused', facts);
    }
    reached('import.file-moved');
  }

  #watch({ file, bytesRead = bytesReadOf(file) }: Place, found: FoundFile): void {
    this.#ended.add({ file, found, bytesRead, endedAtMs: this.ports.now(), isDone: true });
  }

  #left({ file, found, isDone }: EndedFile): void {
    if (isDone) return this.ports.journal.left(file.id);
    // it is taken away before it was read to its end: whoever opens it tells
    const place = found && this.#places.get(placeOf(found));
    if (place !== undefined) this.#order.add(place);
  }

  /** There is more in these files than what was read. */
  async #readOn(grown: readonly (EndedFile & { readonly found: FoundFile })[]): Promise<void> {
    const atMs = this.ports.now();
    const places = grown.map(({ found, file }): Place => {
      const place = newPlace(found, { ...file, reason: 'FILE_GREW', seq: file.seq + 1 });
      return { ...place, isRegistered: true, isKnown: true };
    });
    const rows = progressRows(
      places.map(({ file: { id, seq, mark } }) => {
        return { fileId: id, seq, mark, state: 'importing', reason: 'FILE_GREW', atMs };
      }),
    );
    for (const place of places) this.#add(place);
    await this.flight.append(this.#batchOf(places), [rows]);
  }

  #tellGrown({ name: file, feed }: FileToRead): void {
    const { meaning, next } = importErrors.FILE_GREW;
    this.ports.logger.warn(`${meaning} ${next}`, { code: 'FILE_GREW', file, feed });
  }

  #tellStuck(place: Place, cause: unknown): void {
    const { name: file, feed } = place.file;
    const { meaning, next } = importErrors.FILE_NOT_MOVED;
    const facts = { code: 'FILE_NOT_MOVED', file, feed, cause: String(cause) };
    if (!place.isStuck) this.ports.logger.warn(`${meaning} ${next}`, facts);
    place.isStuck = true;
  }
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;
