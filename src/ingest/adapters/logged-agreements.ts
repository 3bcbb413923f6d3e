import type { Agreement } from '../../agreements/index.js';
import { UsageEvents } from '../domain/usage-events.js';
import type { EventRefusal, UsageInput } from '../usage-input.js';

/** Events of one append; keeps memory flat for a large batch. */
const chunkEvents = 8192;

const eventsOf = (agreements: readonly Agreement[]): UsageEvents => {
  const events = new UsageEvents(agreements.length);
  for (const agreement of agreements) events.pushAgreement(agreement);
  return events;
};

/** The agreements' way into the log: control events in the partition of their msisdn. */
export class LoggedAgreements {
  constructor(private readonly input: UsageInput) {}

  async add(agreements: readonly Agreement[]): Promise<ReadonlyMap<number, EventRefusal>> {
    const refused = new Map<number, EventRefusal>();
    for (let from = 0; from < agreements.length; from += chunkEvents) {
      const events = eventsOf(agreements.slice(from, from + chunkEvents));
      const answer = await this.input.send(events);
      for (const [index, why] of answer.refused) refused.set(from + index, why);
    }
    return refused;
  }
}
