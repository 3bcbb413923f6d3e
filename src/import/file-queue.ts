import { UsageEvents } from '../ingest/index.js';
import { reached } from '../streaming/index.js';
import type { AppendsInFlight } from './append-flight.js';
import { startOfFile } from './domain/line-batches.js';
import { importErrors, type ImportCode } from './errors.js';
import type { JournalFile } from './import-journal.js';
import { fileRows, progressRows, pushFeedEvent } from './import-rows.js';
import type { ImporterPorts } from './importer-ports.js';
import type { FileIdentity, FileMove, FoundFile } from './incoming-files.js';

/** Feed of the files that lie in the incoming folder itself. */
export const defaultFeed = 'default';

/** So many new files are written down in one transaction at most. */
const filesPerAppend = 1024;
/** Of the rows of a new file, about. */
const bytesPerFile = 512;

/** What the import needs to know of a file. */
export type FileToRead = Pick<
  JournalFile,
  'id' | 'name' | 'feed' | 'bytes' | 'inode' | 'registeredAtMs' | 'seq' | 'mark'
>;

/** A registered file in its place. */
export interface QueuedFile {
  readonly found: FoundFile;
  readonly file: FileToRead;
  /** Whether it is durable that this file has this id. */
  readonly isRegistered: boolean;
}

/** How the import of a file ended. */
export type FileEnd =
  { readonly state: 'done' } | { readonly state: 'failed'; readonly reason: ImportCode };

interface Place extends QueuedFile {
  isRegistered: boolean;
  /** Set once the import has ended: the file only has to be moved away. */
  end?: FileEnd;
  isMoving?: boolean;
  isStuck?: boolean;
}

interface NewFile {
  readonly found: FoundFile;
  readonly identity: FileIdentity;
}

/** Its end is durable, and nobody moves it yet. */
const isToBeMoved = ({ end, isRegistered, isMoving }: Place): boolean =>
  end !== undefined && isRegistered && isMoving !== true;

const placeOf = ({ folder, name }: FoundFile): string => `${folder}/${name}`;
const feedOf = ({ folder }: FoundFile): string => (folder === '' ? defaultFeed : folder);
const keyOf = ({ feed, name }: { feed: string; name: string }): string => `${feed}/${name}`;

/** The inode in the stamp of a registered file. */
export const inodeOf = (stamp: string): string => stamp.split('-', 1)[0];

/**
 * The files of the folder in order of their registration. What is known of them is read from the
 * store once and kept in memory, so that a folder of thousands of files costs no query a file.
 */
export class FileQueue {
  /** Every registered file that lies in the folder. */
  readonly #places = new Map<string, Place>();
  #waiting: Place[] = [];
  #next = 0;
  #isRead = false;

  /** `flight` takes what is written of the files, in order with their lines. */
  constructor(
    private readonly ports: ImporterPorts,
    private readonly flight: Pick<AppendsInFlight, 'append'>,
  ) {}

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** The file whose turn it is; its place stays taken until it is ended or released. */
  take(): QueuedFile | undefined {
    if (!this.isEmpty) return this.#waiting[this.#next++];
    this.#waiting = [];
    this.#next = 0;
    return undefined;
  }

  /** After a fault: what is durable is read from the store again. */
  forget(): void {
    this.#places.clear();
    this.#waiting = [];
    this.#next = 0;
    this.#isRead = false;
  }

  /** Writes down the files that are new, at the latest in the transaction of their first lines. */
  async lookAround(): Promise<void> {
    const found = await this.ports.folder.scan();
    if (!this.#isRead) await this.#read(found);
    const fresh: NewFile[] = [];
    for (const file of found) {
      const newFile = await this.#newFileAt(file);
      if (newFile !== undefined) fresh.push(newFile);
    }
    for (let at = 0; at < fresh.length; at += filesPerAppend) {
      await this.#register(fresh.slice(at, at + filesPerAppend));
    }
  }

  /** Moves away what has ended already; answers what is not registered. */
  async #newFileAt(found: FoundFile): Promise<NewFile | undefined> {
    const known = this.#places.get(placeOf(found));
    if (known !== undefined && !isToBeMoved(known)) return undefined;
    const identity = await this.ports.folder.look(found);
    if (identity === undefined) return undefined;
    if (known?.end === undefined) return { found, identity };
    if (inodeOf(known.file.inode) !== identity.inode) return { found, identity };
    await this.#moveAway(known, known.end);
    return undefined;
  }

  /** The end of the import is durable: the file leaves the folder. */
  async ended({ found }: QueuedFile, end: FileEnd): Promise<void> {
    const place = this.#places.get(placeOf(found));
    if (place === undefined) return;
    await this.#moveAway(place, end);
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
      const folder = file.feed === defaultFeed ? '' : file.feed;
      const gone = { folder, name: file.name, isRegular: true };
      this.#add({ file, found: there.get(keyOf(file)) ?? gone, isRegistered: true });
    }
    await this.#readEnded(found);
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
    if (byStamp.size === 0) return;
    for (const file of await this.ports.journal.ended([...byStamp.keys()])) {
      const there = byStamp.get(file.inode) as FoundFile;
      // one that was gone and is there again (a disk that was away) has to be read
      if (keyOf(file) !== keyOf({ feed: feedOf(there), name: there.name })) continue;
      if (file.reason === 'FILE_GONE') continue;
      const end = endOf(file);
      this.#places.set(placeOf(there), { file, found: there, end, isRegistered: true });
    }
  }

  #add(place: Place): void {
    this.#places.set(placeOf(place.found), place);
    if (place.end === undefined) this.#waiting.push(place);
  }

  async #register(fresh: readonly NewFile[]): Promise<void> {
    const { journal, now } = this.ports;
    const registeredAtMs = now();
    const firstId = await journal.reserveIds(fresh.length);
    const places = fresh.map(({ found, identity }, index): Place => {
      const file = {
        ...{ id: firstId + index, name: found.name, feed: feedOf(found) },
        ...{ bytes: identity.bytes, inode: identity.stamp, registeredAtMs },
        ...{ seq: 0, mark: startOfFile },
      };
      const reason = this.#refusalOf(found);
      const place = { found, file, isRegistered: false };
      return reason ? { ...place, end: { state: 'failed', reason } } : place;
    });
    const events = this.#feedsOf(places);
    const batch = { events, refused: [], bytes: places.length * bytesPerFile, mark: startOfFile };
    for (const place of places) this.#add(place);
    await this.flight.append(batch, registrationRows(places, registeredAtMs), async () => {
      for (const place of places) {
        reached('import.file-registered');
        place.isRegistered = true;
        if (place.end !== undefined) await this.#moveAway(place, place.end);
      }
    });
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
    try {
      await this.ports.folder.move(found, moveOf(file, end));
    } catch (cause) {
      this.#tellStuck(place, cause);
      return;
    } finally {
      place.isMoving = false;
    }
    this.#places.delete(placeOf(found));
    this.ports.journal.left(file.id);
    if (end.state === 'failed') {
      const facts = { file: file.name, feed: file.feed, code: end.reason };
      this.ports.logger.warn('a file was refused', facts);
    }
    reached('import.file-moved');
  }

  #tellStuck(place: Place, cause: unknown): void {
    const { name: file, feed } = place.file;
    const { meaning, next } = importErrors.FILE_NOT_MOVED;
    const facts = { code: 'FILE_NOT_MOVED', file, feed, cause: String(cause) };
    if (!place.isStuck) this.ports.logger.warn(`${meaning} ${next}`, facts);
    place.isStuck = true;
  }
}

const moveOf = ({ id, inode: stamp }: FileToRead, end: FileEnd): FileMove => {
  const inode = inodeOf(stamp);
  if (end.state === 'done') return { to: 'done', inode, id };
  const { meaning, next } = importErrors[end.reason];
  return { to: 'failed', inode, id, reason: `${end.reason}: ${meaning} ${next}` };
};

const endOf = ({ state, reason }: JournalFile): FileEnd =>
  state === 'done' ? { state } : { state: 'failed', reason: reason as ImportCode };

const registrationRows = (places: readonly Place[], atMs: number) => [
  fileRows(places.map(({ file }) => file)),
  progressRows(
    places.map(({ file, end = { state: 'queued' } }) => {
      return { fileId: file.id, seq: 0, mark: startOfFile, atMs, ...end };
    }),
  ),
];
