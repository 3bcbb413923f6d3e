/** What is needed of an answer to know whether its caller has taken it. */
export interface SentAnswer {
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

export interface UnreadLimits {
  /** Most bytes of all answers that wait for their callers. */
  readonly bytes: number;
  /** An answer that waits for longer gives way when there is no room for another. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Answers that were handed over whole and that their callers have not taken yet. Who reads takes
 * his within milliseconds; hundreds who ask and do not read would fill the memory.
 */
export class UnreadAnswers {
  readonly #waiting = new Map<SentAnswer, Waiting>();
  #bytes = 0;

  constructor(
    private readonly limits: UnreadLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** Whether there is room for an answer: those who did not take theirs for long are cut off. */
  admits(answer: SentAnswer, bytes: number): boolean {
    for (const [old, { sinceMs }] of this.#waiting) {
      if (this.#bytes + bytes <= this.limits.bytes) break;
      if (this.now() - sinceMs < this.limits.patienceMs) return false;
      this.#forget(old);
      old.destroy();
    }
    if (this.#bytes > 0 && this.#bytes + bytes > this.limits.bytes) return false;
    this.#waiting.set(answer, { bytes, sinceMs: this.now() });
    this.#bytes += bytes;
    answer.once('close', () => this.#forget(answer));
    return true;
  }

  #forget(answer: SentAnswer): void {
    this.#bytes -= this.#waiting.get(answer)?.bytes ?? 0;
    this.#waiting.delete(answer);
  }
}
