import type { GzipBounds } from './file-bytes.js';
import type { ImportJournal } from './import-journal.js';
import type { ImportLog } from './import-log.js';
import type { IncomingFiles } from './incoming-files.js';
import type { FoldersLeftAlone } from './left-alone.js';

/** What the importer runs on. */
export interface ImporterPorts {
  readonly folder: IncomingFiles;
  readonly log: ImportLog;
  readonly journal: ImportJournal;
  readonly now: () => number;
  readonly pauseMs: (ms: number) => Promise<void>;
  readonly maxLineBytes: number;
  /** A record further than this in the future of the registration of its file is refused. */
  readonly maxFutureSkewMs: number;
  readonly scanIntervalMs: number;
  /** A file that was not renamed into the folder is whole once it was not changed for so long. */
  readonly quietPeriodMs: number;
  /** Undefined switches .gz off. */
  readonly gzip: GzipBounds | undefined;
  readonly maxOutOfOrdernessMs: (feed: string) => number;
  /** Whether the lines of each file of the feed come in order of their time. */
  readonly isSortedByTime: (feed: string) => boolean;
  readonly leftAlone: FoldersLeftAlone;
  readonly logger: {
    log(message: string, facts?: Record<string, unknown>): void;
    warn(message: string, facts?: Record<string, unknown>): void;
  };
}
