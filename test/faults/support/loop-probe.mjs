/**
 * Loaded before the program: at SIGUSR2 it writes the longest stretch since the last time in which
 * the event loop did nothing else (ms) to LOOP_PROBE.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
const path = process.env.LOOP_PROBE;

process.on('SIGUSR2', () => {
  const longestMs = Math.max(0, delay.max / 1e6 - resolutionMs);
  delay.reset();
  writeFileSync(`${path}.new`, JSON.stringify({ longestMs }));
  renameSync(`${path}.new`, path);
});
