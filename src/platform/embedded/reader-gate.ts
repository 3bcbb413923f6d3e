const FIRST_HOLD_MS = 2000;
const LONGEST_HOLD_MS = 64_000;

/**
 * Holds readers off while the writer needs the memory that they would take: DuckDB has one limit
 * for a whole instance. Each hold soon after the last one is twice as long, so that counting goes
 * on however many ask meanwhile.
 */
export class ReaderGate {
  #closedUntilMs = 0;
  #holdMs = FIRST_HOLD_MS;

  /** `now` in ms, of any clock that does not go back. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  get isClosed(): boolean {
    return this.now() < this.#closedUntilMs;
  }

  hold(): void {
    const now = this.now();
    const isSoon = this.#closedUntilMs > 0 && now < this.#closedUntilMs + 2 * this.#holdMs;
    this.#holdMs = isSoon ? Math.min(LONGEST_HOLD_MS, this.#holdMs * 2) : FIRST_HOLD_MS;
    this.#closedUntilMs = now + this.#holdMs;
  }
}
