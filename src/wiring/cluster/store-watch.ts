import type { Service } from '../../runtime/cluster-host.js';
import type { Clock } from '../../platform/http/clock.js';
import { every } from '../../platform/pause.js';

const defaultEveryMs = 2000;

/** Asks the store for a little now and then: what only answers requests would not notice. */
export class StoreWatch implements Service {
  lastAnswerMs: number;
  #stop: () => Promise<void> = () => Promise.resolve();

  /** `ask` rejects, or takes long, while the store is out of reach. */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly now: Clock,
    private readonly everyMs = defaultEveryMs,
  ) {
    this.lastAnswerMs = now();
  }

  start(): void {
    this.#stop = every(this.everyMs, async () => {
      const answer = this.ask().then(
        () => true,
        () => false,
      );
      if (await answer) this.lastAnswerMs = this.now();
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
