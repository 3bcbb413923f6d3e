import type { Settings } from '../config/index.js';
import { feedClockSettings } from './feed-clock.js';
import type { ImporterPorts } from '../import/importer-ports.js';
import { FoldersLeftAlone } from '../import/left-alone.js';
import { IncomingFolder } from '../platform/files/incoming-folder.js';
import { systemClock } from '../platform/http/clock.js';
import { restFor } from '../platform/pause.js';

/** What the importer runs on in both store modes; its log and its journal are the store's. */
export const importerSettings = (
  settings: Settings,
  logger: ImporterPorts['logger'],
): Omit<ImporterPorts, 'log' | 'journal'> => ({
  folder: new IncomingFolder(settings.incomingDataRecordsDir, settings.importUnfinishedEndings),
  now: systemClock,
  pauseMs: restFor,
  maxLineBytes: settings.maxLineBytes,
  maxFutureSkewMs: settings.maxFutureSkewMs,
  scanIntervalMs: settings.importScanIntervalMs,
  quietPeriodMs: settings.importQuietPeriodMs,
  gzip: settings.importGzip
    ? { maxBytes: settings.importGzipMaxBytes, maxRatio: settings.importGzipMaxRatio }
    : undefined,
  maxOutOfOrdernessMs: (feed) => feedClockSettings(settings, feed).maxOutOfOrdernessMs,
  isSortedByTime: (feed) =>
    Object.hasOwn(settings.feeds, feed) && settings.feeds[feed].sortedByTime === true,
  leftAlone: new FoldersLeftAlone(logger),
  logger,
});
