/**
 * Turns of the event loop, one for each who waits: what hundreds read side by side holds everybody
 * else up for one of their pieces only. Those who come first (a question that has just come, and
 * counting) and those who go on take turns, each in the order they came, so that a short answer
 * does not wait behind all the long ones.
 */
export class TurnQueue {
  readonly #coming: (() => void)[] = [];
  readonly #goingOn: (() => void)[] = [];
  #isRunning = false;
  #wasComing = false;

  /** Resolves at the beginning of a turn that nobody else of the queue has. */
  next(isFirst = false): Promise<void> {
    return new Promise((resolve) => {
      (isFirst ? this.#coming : this.#goingOn).push(resolve);
      this.#run();
    });
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => {
      this.#isRunning = false;
      const isComing = this.#goingOn.length === 0 || (!this.#wasComing && this.#coming.length > 0);
      this.#wasComing = isComing;
      (isComing ? this.#coming : this.#goingOn).shift()?.();
      if (this.#coming.length + this.#goingOn.length > 0) this.#run();
    });
  }
}
