/**
 * Loaded into the program with --import. Counts how often each crash point is reached and ends the
 * process there as SIGKILL does: nothing is flushed, closed or said.
 *
 * CRASH_AT: `<point>:<n>` ends the process when the point is reached for the n-th time,
 *   `any:<n>` at the n-th moment of whatever kind.
 * CRASH_REPORT: a file that gets `{killedAt}` right before the end, or `{counts}` at a clean exit.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';

const [wantedPoint, wantedCount] = (process.env.CRASH_AT ?? '').split(':');
const report = process.env.CRASH_REPORT;
const counts = {};
let moments = 0;

const kill = (killedAt) => {
  if (report) writeFileSync(report, JSON.stringify({ killedAt, counts }));
  process.kill(process.pid, 'SIGKILL');
};

subscribe('overage:crash-point', (point) => {
  counts[point] = (counts[point] ?? 0) + 1;
  moments++;
  const reachedCount = wantedPoint === 'any' ? moments : point === wantedPoint && counts[point];
  if (reachedCount === Number(wantedCount)) kill(point);
});

process.on('exit', () => {
  if (report) writeFileSync(report, JSON.stringify({ counts }));
});
