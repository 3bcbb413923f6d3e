import type { FileIdentity, FoundFile, IncomingFiles } from './incoming-files.js';

/** A file that is not registered yet. */
export interface NewFile {
  readonly found: FoundFile;
  readonly identity: FileIdentity;
}

/** A file that may not be whole yet. */
export interface Arriving extends NewFile {
  /** Since when nobody changed it (epoch ms). */
  readonly sinceMs: number;
  /** Its oldest record as far as it is known (epoch ms). */
  oldestMs?: number;
  /** Whether that was looked for since it changed. */
  isLookedInto: boolean;
}

/** Its folder and name: one file at a time has them. */
export const placeOf = ({ folder, name }: FoundFile): string => `${folder}/${name}`;

/**
 * Tells files that are whole from those that somebody may still write: whole is what was renamed
 * into its place or moved there, and what nobody changed for the quiet period.
 */
export class Arrivals {
  #arriving = new Map<string, Arriving>();

  constructor(
    private readonly ports: {
      readonly folder: Pick<IncomingFiles, 'cameWhole'>;
      readonly quietPeriodMs: number;
      readonly now: () => number;
    },
  ) {}

  /** When one of them may be whole (epoch ms); Infinity while there is none. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const file of this.#arriving.values()) dueMs = Math.min(dueMs, this.#dueMs(file));
    return dueMs;
  }

  /** Those that are not whole yet. */
  get files(): Iterable<Arriving> {
    return this.#arriving.values();
  }

  /** True when it is not whole yet, and cannot be before a while. */
  isArriving(found: FoundFile): boolean {
    const file = this.#arriving.get(placeOf(found));
    return file !== undefined && this.#dueMs(file) > this.ports.now();
  }

  /** Of the new files `there` are in the folder those that are whole, each as it was looked at. */
  async whole(there: readonly FoundFile[], looked: readonly NewFile[]): Promise<NewFile[]> {
    const nowMs = this.ports.now();
    const left = new Map<string, Arriving>();
    for (const found of there) {
      const known = this.#arriving.get(placeOf(found));
      if (known !== undefined && this.isArriving(found)) left.set(placeOf(found), known);
    }
    const cameWhole = looked.length > 0 ? await this.ports.folder.cameWhole() : () => false;
    const whole = looked.filter((file) => {
      const place = placeOf(file.found);
      const sinceMs = this.#sinceMs(file, nowMs);
      const isWhole =
        !file.found.isRegular ||
        nowMs - sinceMs >= this.ports.quietPeriodMs ||
        (file.identity.bytes > 0 && cameWhole(file.found));
      if (isWhole) left.delete(place);
      else left.set(place, this.#arrived(file, sinceMs));
      return isWhole;
    });
    this.#arriving = left;
    return whole;
  }

  #arrived(file: NewFile, sinceMs: number): Arriving {
    const known = this.#arriving.get(placeOf(file.found));
    const oldestMs = known?.oldestMs;
    return { ...file, sinceMs, oldestMs, isLookedInto: oldestMs !== undefined };
  }

  #dueMs({ sinceMs }: Arriving): number {
    return sinceMs + this.ports.quietPeriodMs;
  }

  /** By the time of its last change, unless that is ahead of the clock; else since we saw it. */
  #sinceMs({ found, identity }: NewFile, nowMs: number): number {
    const known = this.#arriving.get(placeOf(found));
    if (known?.identity.stamp === identity.stamp && known.identity.bytes === identity.bytes) {
      return Math.min(known.sinceMs, nowMs);
    }
    return identity.changedMs <= nowMs ? identity.changedMs : nowMs;
  }
}
