import { createHash } from 'node:crypto';
import { numbersFrom } from '../support/random-numbers.js';

interface Moment {
  readonly atMs: number;
  /** Moments of one millisecond come in an order that only the seed knows. */
  readonly tie: number;
  readonly run: () => void;
}

const isBefore = (a: Moment, b: Moment): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);

/** What went wrong, as the simulation says it. */
export class Violation extends Error {}

/**
 * The clock, the chance and the scheduler of one simulated run. Every await of a simulated process
 * ends at a moment of this clock, one moment after the other: a seed tells the whole run.
 */
export class VirtualTime {
  nowMs = 0;
  /** What happened, a line each; `2417 worker-2 killed`. */
  readonly trace: string[] = [];
  /** How often each fault has fired. */
  readonly fired = new Map<string, number>();
  readonly below: (below: number) => number;
  readonly #moments: Moment[] = [];
  #violation: Violation | undefined;
  #turns = 0;

  constructor(readonly seed: number) {
    this.below = numbersFrom(seed);
  }

  say(what: string): void {
    this.trace.push(`${this.nowMs} ${what}`);
  }

  /** The first violation ends the run; it is thrown where the run was started. */
  violate(what: string): void {
    this.#violation ??= new Violation(what);
    this.say(`VIOLATION ${what}`);
  }

  fire(fault: string, what = ''): void {
    this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
    this.say(`** ${fault} ${what}`);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.below(1_000_000) < probability * 1_000_000;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** Runs something so many milliseconds from now. */
  after(ms: number, run: () => void): void {
    this.#push({ atMs: this.nowMs + ms, tie: this.below(1 << 30), run });
  }

  /**
   * Lets moments come until something is so, and answers whether it became so before `untilMs`.
   * Between two moments everything that can go on without waiting has gone on.
   */
  runUntil(isSo: () => boolean, untilMs: number): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      const turn = (): void => {
        if (this.#violation !== undefined) return reject(this.#violation);
        const next = this.#moments[0];
        if (isSo()) return resolve(true);
        if (next === undefined || next.atMs > untilMs) return resolve(false);
        if (++this.#turns > mostTurns) return reject(new Violation('the run does not end'));
        this.#pop();
        this.nowMs = next.atMs;
        try {
          next.run();
        } catch (error) {
          return reject(error);
        }
        // a tick comes after all microtasks: whatever this moment has set off is done by then
        void settledNow.then(() => process.nextTick(turn));
      };
      turn();
    });
  }

  /** Two runs with one hash did the same at the same moments. */
  hash(): string {
    return createHash('sha256').update(this.trace.join('\n')).digest('hex');
  }

  #push(moment: Moment): void {
    const heap = this.#moments;
    let at = heap.push(moment) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(moment, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = moment;
  }

  #pop(): void {
    const heap = this.#moments;
    const last = heap.pop() as Moment;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
}

const mostTurns = 300_000;
const settledNow = Promise.resolve();
