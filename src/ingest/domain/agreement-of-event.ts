import { parseAgreement, type AgreementReading } from '../../agreements/index.js';
import type { ReadonlyUsageEvents } from './usage-events.js';

/** The agreement of a control event: as it was read at the door, or out of its payload. */
export const agreementOfEvent = (events: ReadonlyUsageEvents, at: number): AgreementReading => {
  const agreement = events.agreements.get(at);
  if (agreement !== undefined) return { ok: true, agreement };
  return parseAgreement(JSON.parse(events.payloads[at]));
};
