import { UsageEvents, type UsageInput } from '../../ingest/index.js';
import { parseUuid } from '../../values/index.js';
import type { DirectRecordInput, DirectRecords } from '../direct-records.js';

/** Events of one append; keeps memory flat for a large batch of demo data. */
const chunkEvents = 8192;

/** Sends direct records through the log, as every other record. */
export class LoggedDirectRecords implements DirectRecords {
  constructor(private readonly input: UsageInput) {}

  async write(records: Iterable<DirectRecordInput>): Promise<void> {
    let events = new UsageEvents(chunkEvents);
    for (const record of records) {
      push(events, record);
      if (events.length < chunkEvents) continue;
      await this.input.send(events);
      events = new UsageEvents(chunkEvents);
    }
    if (events.length > 0) await this.input.send(events);
  }
}

const push = (events: UsageEvents, record: DirectRecordInput): void => {
  const recordId = parseUuid(record.internalRecordId);
  if (recordId === undefined) throw new TypeError('internalRecordId of a direct record is no UUID');
  const { msisdn, recordedAtMs, recordedBytes } = record;
  events.pushRecord({ msisdn, recordedAtMs, recordId, recordedBytes, fileId: 0, lineNo: 0 });
};
