import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { OverageProcess } from './overage-process.js';

/** So long nobody may hold the event loop, on the machine that the bound was set on. */
const mostStretchMs = 50;
/** The machine may take the processor away for a while; the program does what it does each time. */
const tries = 5;

const yardstick = JSON.stringify(
  Object.fromEntries(Array.from({ length: 90_000 }, (_, at) => [`key-${at}`, at])),
);
/** What reading it took there: two cores, quiet, Node 20. */
const yardstickMs = 27;

/** How much slower than there the same work is done here and now; at least 1. */
const slowness = (): number => {
  const times = Array.from({ length: tries }, () => {
    const sinceMs = performance.now();
    JSON.parse(yardstick);
    return performance.now() - sinceMs;
  });
  return Math.max(1, Math.min(...times) / yardstickMs);
};

/** Watches how long a program holds its event loop; the file is where it says so. */
export class EventLoop {
  constructor(private readonly file: string) {}

  /** For the environment of the program. */
  get env(): Record<string, string> {
    const preload = pathToFileURL(join(process.cwd(), 'test/faults/support/loop-probe.mjs')).href;
    return { NODE_OPTIONS: `--import ${preload}`, LOOP_PROBE: this.file };
  }

  /**
   * Does the work up to five times, until the loop was never held longer than the bound. A machine
   * that is slower than the one of the bound gets as much more time as it takes for the yardstick.
   */
  async isHeldShortly(program: OverageProcess, work: () => Promise<void>): Promise<void> {
    let bestMs = Infinity;
    const mostMs = mostStretchMs * slowness();
    for (let attempt = 0; attempt < tries && bestMs > mostMs; attempt++) {
      await sleep(200); // what the one before has left behind is not this one's
      await this.#longestStretchMs(program);
      await work();
      bestMs = Math.min(bestMs, await this.#longestStretchMs(program));
    }
    expect(bestMs).toBeLessThanOrEqual(mostMs);
  }

  /** The longest stretch since it was last asked. */
  async #longestStretchMs(program: OverageProcess): Promise<number> {
    rmSync(this.file, { force: true });
    process.kill(program.pid, 'SIGUSR2');
    expect(await program.until(() => Promise.resolve(existsSync(this.file)))).toBe(true);
    return (JSON.parse(readFileSync(this.file, 'utf8')) as { longestMs: number }).longestMs;
  }
}
