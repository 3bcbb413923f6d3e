import { agreementToJson, type Agreement } from '../../agreements/index.js';
import { eventTypes, UsageEvents } from '../domain/usage-events.js';
import type { EventRefusal, UsageInput } from '../usage-input.js';

/** The agreements' way into the log: control events in the partition of their msisdn. */
export class LoggedAgreements {
  constructor(private readonly input: UsageInput) {}

  async add(agreements: readonly Agreement[]): Promise<ReadonlyMap<number, EventRefusal>> {
    const events = new UsageEvents(Math.max(1, agreements.length));
    for (const agreement of agreements) {
      events.pushControl(eventTypes.agreement, {
        msisdn: agreement.msisdn,
        timestampMs: agreement.signedAtMs,
        payload: JSON.stringify(agreementToJson(agreement)),
      });
    }
    return (await this.input.send(events)).refused;
  }
}
