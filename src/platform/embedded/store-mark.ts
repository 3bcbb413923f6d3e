import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { restFor } from '../pause.js';

const leastMsBetweenWrites = 1000;
const mostPoints = 64;

/** How many events the log had at an instant (epoch ms). */
export interface LogPoint {
  readonly logEnd: number;
  readonly atMs: number;
}

/** Events that were acknowledged and are not there any more. */
export interface MissingEvents {
  readonly events: number;
  /** They are of the time between (epoch ms). */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** The store is not the one that had them. */
  readonly isOtherStore: boolean;
  /** Where the log is that the start found, if there was one: they may be in it. */
  readonly logKeptAs?: string | undefined;
}

/** The store that was just opened, and how to keep the log that this start found for good. */
export interface MarkedStore {
  readonly storeId: string;
  readonly logEnd: number;
  readonly keepLog?: () => string | undefined;
}

interface Mark {
  readonly storeId: string;
  /** Oldest first, the older the sparser; the last one says how far the store was. */
  readonly points: readonly LogPoint[];
  readonly missing: readonly MissingEvents[];
}

const numbersOf = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => Number.isSafeInteger(Reflect.get(value, name)));

const isMark = (value: unknown): value is Mark => {
  if (typeof value !== 'object' || value === null) return false;
  const { storeId, points, missing } = value as Record<string, unknown>;
  return (
    typeof storeId === 'string' &&
    Array.isArray(points) &&
    points.every((point) => numbersOf(point, ['logEnd', 'atMs'])) &&
    Array.isArray(missing) &&
    missing.every((lost) => numbersOf(lost, ['events', 'sinceMs', 'untilMs']))
  );
};

/** One that is not there, or that a power loss left empty or half, says nothing. */
const readMark = (path: string): Mark | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isMark(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** What a store of this id and log end lacks of what the mark says that was acknowledged. */
const missingOf = (
  { storeId, points }: Mark,
  now: { readonly storeId: string; readonly logEnd: number },
): MissingEvents | undefined => {
  const last = points.at(-1);
  const isOtherStore = storeId !== now.storeId;
  const kept = isOtherStore ? 0 : now.logEnd;
  if (last === undefined || last.logEnd <= kept) return undefined;
  const since = points.findLast(({ logEnd }) => logEnd <= kept) ?? points[0];
  return {
    ...{ events: last.logEnd - kept, isOtherStore },
    ...{ sinceMs: since.atMs, untilMs: last.atMs },
  };
};

/** With one more point; when there are too many, every second one goes, but not the newest. */
const withPoint = (points: readonly LogPoint[], point: LogPoint): LogPoint[] => {
  const all = [...points, point];
  if (all.length <= mostPoints) return all;
  return all.filter((_, index) => (all.length - 1 - index) % 2 === 0);
};

/**
 * A small file beside the store that says how far it was and when. It is written behind commits
 * that are on the disk, without a sync, at most once a second and at the end: it may be behind the
 * store and is never ahead of it, unless the store, or its log, is not the one that was there.
 * What is missing stays in it until a person removes the file.
 */
export class StoreMark {
  #points: readonly LogPoint[];
  #logEnd = 0;
  #writtenEnd: number | undefined;
  #writtenAtMs = -Infinity;
  #isWaiting = false;
  #isClosed = false;

  private constructor(
    private readonly path: string,
    private readonly mark: Mark,
    private readonly now: () => number,
  ) {
    this.#points = mark.points;
  }

  /** The id of the store that ran here last, as its mark says. */
  static storeIdIn(path: string): string | undefined {
    return readMark(path)?.storeId;
  }

  /** What is missing, by this start and by those before. */
  get missing(): readonly MissingEvents[] {
    return this.mark.missing;
  }

  /** Compares the mark with the store that was just opened. */
  static open(
    path: string,
    { storeId, logEnd, keepLog }: MarkedStore,
    now: () => number = Date.now,
  ): StoreMark {
    const mark = readMark(path);
    const found = mark && missingOf(mark, { storeId, logEnd });
    const missing = [...(mark?.missing ?? [])];
    if (found !== undefined) missing.push({ ...found, logKeptAs: keepLog?.() });
    const isSame = mark?.storeId === storeId;
    const points = isSame ? mark.points.filter((point) => point.logEnd <= logEnd) : [];
    const opened = new StoreMark(path, { storeId, points, missing }, now);
    opened.#logEnd = logEnd;
    opened.#save();
    return opened;
  }

  /** Called behind a commit that is on the disk. */
  note(logEnd: number): void {
    this.#logEnd = logEnd;
    if (Math.abs(this.now() - this.#writtenAtMs) >= leastMsBetweenWrites) this.#save();
    else void this.#saveLater();
  }

  /** For a clean end: writes what was noted. */
  close(): void {
    this.#saveChanged();
    this.#isClosed = true;
  }

  /** The last of many commits is noted too when none follows. Never rejects. */
  async #saveLater(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    await restFor(leastMsBetweenWrites);
    this.#isWaiting = false;
    this.#saveChanged();
  }

  #saveChanged(): void {
    if (!this.#isClosed && this.#logEnd !== this.#writtenEnd) this.#save();
  }

  /** What cannot be written is not worth an error: nothing that is counted depends on it. */
  #save(): void {
    const atMs = this.now();
    this.#writtenAtMs = atMs;
    this.#points = withPoint(this.#points, { logEnd: this.#logEnd, atMs });
    const mark: Mark = { ...this.mark, points: this.#points };
    try {
      writeFileSync(`${this.path}.new`, JSON.stringify(mark));
      renameSync(`${this.path}.new`, this.path);
      this.#writtenEnd = this.#logEnd;
    } catch {
      // the one before stays
    }
  }
}
