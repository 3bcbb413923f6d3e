import { setImmediate as nextTurn } from 'node:timers/promises';

/** Long work may hold the event loop so long; others come between its slices. */
const sliceMs = 8;
/** The clock is read after so many steps only. */
const stepsBetweenLooks = 32;

/** Cuts long work into slices, so that every request goes on meanwhile. */
export class Turns {
  #steps = 0;
  #sinceMs = performance.now();

  /** Whether it is time to `pass`; asked after every small step of the work. */
  get isOver(): boolean {
    if (++this.#steps % stepsBetweenLooks !== 0) return false;
    return performance.now() - this.#sinceMs > sliceMs;
  }

  /** Lets everything else run that is ready, then goes on. */
  async pass(): Promise<void> {
    await nextTurn();
    this.#sinceMs = performance.now();
  }
}
