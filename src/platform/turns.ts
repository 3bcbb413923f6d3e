import { TurnQueue } from './turn-queue.js';

/** Long work may hold the event loop so long; others come between its slices. */
const sliceMs = 8;
/** The clock is read after so many steps only. */
const stepsBetweenLooks = 32;

/** Of all long work one slice is done in a turn of the event loop, however much there is. */
const all = new TurnQueue();

/** Cuts long work into slices, so that every request goes on meanwhile. */
export class Turns {
  #steps = 0;
  #sinceMs = performance.now();

  /** `isCounting`: the work has every second turn, as counting waits for it. */
  constructor(private readonly isCounting = false) {}

  /** Whether it is time to `pass`; asked after every small step of the work. */
  get isOver(): boolean {
    if (++this.#steps % stepsBetweenLooks !== 0) return false;
    return performance.now() - this.#sinceMs > sliceMs;
  }

  /** Lets everything else run that is ready, other long work included, then goes on. */
  async pass(): Promise<void> {
    await all.next(this.isCounting);
    this.#sinceMs = performance.now();
  }
}
