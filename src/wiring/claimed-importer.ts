import type { Logger } from '../platform/telemetry/index.js';
import type { FoldersLeftAlone } from '../import/left-alone.js';
import type { Warning } from '../warnings.dto.js';
import { FolderClaim } from '../platform/files/folder-claim.js';

/** What reads files: the importer of either store mode. */
interface Importing {
  readonly lastMoveMs: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The importer of a process, and what a person has to look after in its folder. */
export interface ClaimedImporter extends Importing {
  readonly warnings: readonly Warning[];
}

/** Folders whose files are not read. */
export const folderWarnings = ({ items }: Pick<FoldersLeftAlone, 'items'>): Warning[] =>
  items.map(({ code, folder, message, next }) => {
    return { code, message: `${message} It is ${folder}.`, next };
  });

/** Whose folder it is. */
export interface ClaimOf {
  readonly directory: string;
  /** The same for all processes that import into one store, and no other. */
  readonly store: string;
  /** Whether the store has processes besides this one. */
  readonly isShared: boolean;
  readonly logger: Pick<Logger, 'fatal'>;
  readonly leftAlone: Pick<FoldersLeftAlone, 'items'>;
}

/** The importer, which starts only while no other store imports from its folder. */
export const claimedImporter = (
  importer: Importing,
  { directory, store, isShared, logger, leftAlone }: ClaimOf,
): ClaimedImporter => {
  const claim = new FolderClaim(directory, store, (cause) => {
    logger.fatal('another store took the incoming folder; no more files are read', cause);
    void importer.stop();
  });
  return {
    get lastMoveMs() {
      return importer.lastMoveMs;
    },
    get warnings() {
      return folderWarnings(leftAlone);
    },
    start: async () => {
      await claim.take();
      await importer.start();
    },
    stop: async () => {
      await importer.stop();
      await claim.release(!isShared);
    },
  };
};
