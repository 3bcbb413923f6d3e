import { eventTypes, UsageEvents } from '../../src/ingest/index.js';
import type { OracleEvent } from './oracle-model.js';
import { uuidWords } from './uuid-text.js';

const isoText = (ms: number): string => new Date(ms).toISOString();

/** Key, time, type and JSON of a control event as it stands on the topic. */
const controlOf = (
  event: Exclude<OracleEvent, { type: 'record' }>,
): { type: number; msisdn: number; timestampMs: number; payload: string } => {
  switch (event.type) {
    case 'agreement': {
      const { id, msisdn, billingPeriodTimeZone, maxBytesInBillingPeriod } = event.agreement;
      const signedAt = isoText(event.agreement.signedAtMs);
      const serviceStartAt = isoText(event.agreement.serviceStartAtMs);
      const agreement = { id, msisdn: String(msisdn), signedAt, serviceStartAt };
      const payload = JSON.stringify({
        ...agreement,
        billingPeriodTimeZone,
        maxBytesInBillingPeriod,
      });
      const timestampMs = event.agreement.signedAtMs;
      return { type: eventTypes.agreement, msisdn, timestampMs, payload };
    }
    case 'correction': {
      const { msisdn, ...correction } = event.correction;
      const timestampMs = correction.recordedAtMs;
      const payload = JSON.stringify(correction);
      return { type: eventTypes.correction, msisdn, timestampMs, payload };
    }
    case 'feed': {
      const { stampMs = event.progress.completeThroughMs ?? 0, ...progress } = event.progress;
      const payload = JSON.stringify(progress);
      return { type: eventTypes.feed, msisdn: 0, timestampMs: stampMs, payload };
    }
  }
};

/** The events of the oracle as columns, with their offsets. */
export const usageEventsOf = (events: readonly OracleEvent[]): UsageEvents => {
  const columns = new UsageEvents(Math.max(events.length, 1));
  for (const event of events) {
    columns.offsets[columns.length] = event.offset;
    if (event.type === 'record') {
      const { unterminatedRecord, dataRecord } = eventTypes;
      columns.pushRecord(
        { ...event.record, recordId: uuidWords(event.record.recordId) },
        event.record.unterminated ? unterminatedRecord : dataRecord,
      );
    } else {
      const { type, ...control } = controlOf(event);
      columns.pushControl(type, control);
    }
  }
  return columns;
};
