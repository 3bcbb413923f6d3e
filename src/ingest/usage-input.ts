import type { EventLog } from '../streaming/index.js';
import type { DeadLetterStore } from './dead-letter-store.js';
import type { UsageEvents } from './domain/usage-events.js';

/** Why a step refused an event. */
export interface EventRefusal {
  readonly code: string;
  readonly message: string;
}

/** What became of the events of one append. */
export interface InputAnswer {
  readonly firstOffset: number;
  /** The refused ones, by their index among the events. */
  readonly refused: ReadonlyMap<number, EventRefusal>;
}

export const USAGE_INPUT = Symbol('UsageInput');

/** Sends events through the log and tells what the step said to each of them. */
export class UsageInput {
  constructor(
    private readonly log: EventLog<UsageEvents>,
    private readonly deadLetters: DeadLetterStore,
  ) {}

  /**
   * Resolves when the events are durable and counted. Rejects with a Fault (reaction Retry) when
   * nothing of them was kept.
   */
  async send(events: UsageEvents): Promise<InputAnswer> {
    const { firstOffset, nextOffset } = await this.log.append(events);
    const letters = await this.deadLetters.between(firstOffset, nextOffset);
    const refused = new Map<number, EventRefusal>();
    for (const { offset, code, message } of letters) {
      refused.set(offset - firstOffset, { code, message });
    }
    return { firstOffset, refused };
  }
}
