import type { Service } from './cluster-runtime.js';
import type { Clock } from '../../platform/http/clock.js';
import { every } from '../../platform/pause.js';

const defaultEveryMs = 2000;

/** Asks the servers for a little now and then: what only answers requests would not notice. */
export class ServersWatch implements Service {
  lastMoveMs: number;
  #stop: () => Promise<void> = () => Promise.resolve();

  /** `ask` rejects, or takes long, while one of them is out of reach. */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly now: Clock,
    private readonly everyMs = defaultEveryMs,
  ) {
    this.lastMoveMs = now();
  }

  start(): void {
    this.#stop = every(this.everyMs, async () => {
      const answer = this.ask().then(
        () => true,
        () => false,
      );
      if (await answer) this.lastMoveMs = this.now();
    });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
