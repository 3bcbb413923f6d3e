import { watch, type FSWatcher } from 'node:fs';

/** A name in a folder, as it was read last. */
export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isRegular: boolean;
}

/** inotify tells of every write and every move one by one; others put them together. */
const tellsEach = process.platform === 'linux';
/** inotify drops events behind 16,384 that wait (fs.inotify.max_queued_events). */
const mostEventsInTurn = 8192;
/** The time of a folder tells of no change in the same moment, nor where clocks differ a little. */
const sameMomentMs = 2000;

/** How many events were heard in this turn of the event loop: many may hide that some were lost. */
export class EventsInTurn {
  #events = 0;

  /** False when so many come at once that some may be missing. */
  hear(): boolean {
    if (this.#events++ === 0) setImmediate(() => (this.#events = 0));
    return this.#events < mostEventsInTurn;
  }
}

/** All that the system has to tell until now was told: reading its events takes a turn or two. */
export const allHeard = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/**
 * One folder and what the system tells of it. A name that was told of as new, and never as written
 * since, came whole: by a rename or a move. (A file that is made here is told of as written, too.)
 */
export class WatchedFolder {
  entries: readonly Entry[] = [];
  #watcher: FSWatcher | undefined;
  #isDirty = true;
  #modifiedMs = NaN;
  #readAtMs = 0;
  /** Names that came whole, with the number of readings of the folder before that. */
  readonly #whole = new Map<string, number>();
  /** Names with the events of our own moves that are still to be heard. */
  readonly #moving = new Map<string, number>();
  #readings = 0;

  /** `made` tells this folder from another one that had its name before. */
  constructor(
    readonly made: string,
    private readonly ports: {
      readonly events: EventsInTurn;
      readonly isLeftAlone: (name: string) => boolean;
      readonly onChange: () => void;
      readonly onFlood: () => void;
    },
  ) {}

  /** Throws what `watch` of the system throws. */
  watch(path: string | Buffer): void {
    this.#watcher = watch(path, (event, name) => this.#hear(event, name));
    this.#watcher.on('error', () => this.close());
  }

  get isWatched(): boolean {
    return this.#watcher !== undefined;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#whole.clear();
  }

  /** Whether its names may have changed since they were read. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Its own time as it is now: a change that nobody told of. */
  seen(modifiedMs: number): void {
    const isSure = this.#readAtMs - modifiedMs >= sameMomentMs;
    if (modifiedMs !== this.#modifiedMs || !isSure) this.#isDirty = true;
    this.#modifiedMs = modifiedMs;
  }

  /** Before its names are read: a change while they are makes it dirty again. */
  reading(): void {
    this.#isDirty = false;
    this.#readAtMs = Date.now();
  }

  read(entries: readonly Entry[]): void {
    this.entries = entries;
    if (this.#whole.size > 0) {
      const there = new Set(entries.map(({ name }) => name));
      for (const [name, readings] of this.#whole) {
        if (readings < this.#readings && !there.has(name)) this.#whole.delete(name);
      }
    }
    this.#readings++;
  }

  cameWhole(name: string): boolean {
    return this.#whole.has(name);
  }

  forgetWhole(): void {
    this.#whole.clear();
  }

  /** We move this name ourselves: the event about it is no news. */
  moving(name: string): void {
    this.#whole.delete(name);
    if (tellsEach && this.isWatched) this.#count(name, 1);
  }

  /** Nothing came of the move. */
  notMoved(name: string): void {
    if (this.#moving.has(name)) this.#count(name, -1);
    this.changed();
  }

  changed(): void {
    this.#isDirty = true;
    this.ports.onChange();
  }

  #hear(event: string, name: string | null): void {
    const isComplete = this.ports.events.hear();
    if (!isComplete) this.ports.onFlood();
    if (name !== null && this.ports.isLeftAlone(name)) return;
    if (name === null || !tellsEach) return this.changed();
    if (event === 'rename') return this.#renamed(name, isComplete);
    // whoever waits for the end of the writing looks at the file itself
    this.#whole.delete(name);
  }

  #renamed(name: string, isComplete: boolean): void {
    if (this.#isOwnMove(name)) return;
    if (isComplete) this.#whole.set(name, this.#readings);
    this.changed();
  }

  #isOwnMove(name: string): boolean {
    if (!this.#moving.has(name)) return false;
    this.#count(name, -1);
    return true;
  }

  #count(name: string, more: number): void {
    const moves = (this.#moving.get(name) ?? 0) + more;
    if (moves > 0) this.#moving.set(name, moves);
    else this.#moving.delete(name);
  }
}
