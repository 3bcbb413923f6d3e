/**
 * Loaded into the program with --import. Counts how often each crash point is reached and ends the
 * process there as SIGKILL does: nothing is flushed, closed or said.
 *
 * CRASH_AT: `<point>:<n>` ends the process when the point is reached for the n-th time,
 *   `any:<n>` at the n-th moment of whatever kind.
 * CRASH_REPORT: a file that gets `{killedAt, counts, walBytes}` right before the end, or `{counts}`
 *   at a clean exit. walBytes: lengths of WAL_FILE when the last commit began, and at the end.
 */
import { subscribe } from 'node:diagnostics_channel';
import { statSync, writeFileSync } from 'node:fs';

const [wantedPoint, wantedCount] = (process.env.CRASH_AT ?? '').split(':');
const report = process.env.CRASH_REPORT;
const wal = process.env.WAL_FILE;
const counts = {};
let moments = 0;
let begunAtBytes = 0;

const walLength = () =>
  wal === undefined ? 0 : (statSync(wal, { throwIfNoEntry: false })?.size ?? 0);

const kill = (killedAt) => {
  const walBytes = [begunAtBytes, walLength()];
  if (report) writeFileSync(report, JSON.stringify({ killedAt, counts, walBytes }));
  process.kill(process.pid, 'SIGKILL');
};

subscribe('overage:crash-point', (point) => {
  counts[point] = (counts[point] ?? 0) + 1;
  moments++;
  if (point === 'commit.begun') begunAtBytes = walLength();
  const reachedCount = wantedPoint === 'any' ? moments : point === wantedPoint && counts[point];
  if (reachedCount === Number(wantedCount)) kill(point);
});

process.on('exit', () => {
  if (report) writeFileSync(report, JSON.stringify({ counts }));
});
