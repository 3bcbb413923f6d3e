import { topicFeed } from '../ingest/index.js';
import { placeOf } from './arrivals.js';
import { importErrors } from './errors.js';
import type { FoundFile } from './incoming-files.js';
import { defaultFeed } from './queued-file.js';

/** Feeds that no sub-folder can be: the folder's own, and that of records without a file. */
const reservedFeeds: ReadonlySet<string> = new Set([defaultFeed, topicFeed]);

/** A folder whose files are not read, and what to do about it. */
export interface FolderLeftAlone {
  readonly code: 'FEED_NAME_RESERVED' | 'FEED_FOLDER_NESTED';
  /** Below the incoming folder. */
  readonly folder: string;
  readonly message: string;
  readonly next: string;
}

/** Sub-folders that are no feeds: told once, and remembered as long as they are there. */
export class FoldersLeftAlone {
  #known = new Map<string, FolderLeftAlone>();
  #seen = new Map<string, FolderLeftAlone>();

  constructor(
    private readonly logger: { warn(message: string, facts: Record<string, unknown>): void },
  ) {}

  /** Those that were there when all folders were looked at last, and what came since. */
  get items(): readonly FolderLeftAlone[] {
    return [...this.#known.values()];
  }

  /** Whether what was found is in such a folder, or is one. */
  has(found: FoundFile): boolean {
    const isReserved = reservedFeeds.has(found.folder);
    if (!isReserved && found.isFolder !== true) return false;
    const folder = isReserved ? found.folder : placeOf(found);
    const known = this.#known.get(folder) ?? this.#told(folder, isReserved);
    this.#known.set(folder, known);
    this.#seen.set(folder, known);
    return true;
  }

  /** All folders have been looked at: what was not seen meanwhile is not there any more. */
  allSeen(): void {
    this.#known = this.#seen;
    this.#seen = new Map();
  }

  #told(folder: string, isReserved: boolean): FolderLeftAlone {
    const code = isReserved ? 'FEED_NAME_RESERVED' : 'FEED_FOLDER_NESTED';
    const { meaning: message, next } = importErrors[code];
    this.logger.warn(`${message} ${next}`, { code, folder });
    return { code, folder, message, next };
  }
}
