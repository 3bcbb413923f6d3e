const everyMs = 3_000;

/** Says how far a long run is, every few seconds. */
export class Progress {
  #nextMs: number;

  constructor(
    readonly say: (line: string) => void,
    private readonly now: () => number,
  ) {
    this.#nextMs = now() + everyMs;
  }

  /** `line` is asked only when it is time for one. */
  readonly at = (line: () => string): void => {
    const nowMs = this.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + everyMs;
    this.say(line());
  };
}
