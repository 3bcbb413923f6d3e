import { channel } from 'node:diagnostics_channel';

/** The named moments of a batch's life at which a fault test may end the process. */
export const crashPoints = [
  'import.file-registered',
  'import.chunk-read',
  'import.file-finished',
  'import.file-moved',
  'log.appended',
  'task.batch-read',
  'task.rows-found',
  'task.stepped',
  'commit.begun',
  'commit.rows-written',
  'commit.before-commit',
  'commit.committed',
  'snapshot.saved',
] as const;

export type CrashPoint = (typeof crashPoints)[number];

const points = channel('overage:crash-point');

/** Says that a named moment is reached; costs a property read when nobody listens. */
export const reached = (point: CrashPoint): void => {
  if (points.hasSubscribers) points.publish(point);
};
