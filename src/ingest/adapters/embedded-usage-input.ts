import type { EventLog } from '../../streaming/index.js';
import type { DeadLetterStore } from '../dead-letter-store.js';
import type { UsageEvents } from '../domain/usage-events.js';
import type { EventRefusal, InputAnswer, UsageInput } from '../usage-input.js';

/** An append to the embedded log is answered once it is counted. */
export class EmbeddedUsageInput implements UsageInput {
  constructor(
    private readonly log: EventLog<UsageEvents>,
    private readonly deadLetters: DeadLetterStore,
  ) {}

  async send(events: UsageEvents): Promise<InputAnswer> {
    const { firstOffset, nextOffset } = await this.log.append(events);
    const letters = await this.deadLetters.between(firstOffset, nextOffset);
    const refused = new Map<number, EventRefusal>();
    for (const { offset, code, message } of letters) {
      refused.set(offset - firstOffset, { code, message });
    }
    return { refused };
  }
}
