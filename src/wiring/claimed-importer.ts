import type { Logger } from '../platform/telemetry/index.js';
import { FolderClaim } from '../platform/files/folder-claim.js';

/** What reads files: the importer of either store mode. */
interface Importing {
  readonly lastMoveMs: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Whose folder it is. */
export interface ClaimOf {
  readonly directory: string;
  /** The same for all processes that import into one store, and no other. */
  readonly store: string;
  /** Whether the store has processes besides this one. */
  readonly isShared: boolean;
  readonly logger: Pick<Logger, 'fatal'>;
}

/** The importer, which starts only while no other store imports from its folder. */
export const claimedImporter = (
  importer: Importing,
  { directory, store, isShared, logger }: ClaimOf,
): Importing => {
  const claim = new FolderClaim(directory, store, (cause) => {
    logger.fatal('another store took the incoming folder; no more files are read', cause);
    void importer.stop();
  });
  return {
    get lastMoveMs() {
      return importer.lastMoveMs;
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
