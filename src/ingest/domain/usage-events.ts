import { agreementText, type Agreement } from '../../agreements/index.js';
import { columns, type LogEvents } from '../../streaming/index.js';

/**
 * The events of topic `incoming-data-records`; a message without a type is a data record. What
 * cannot be read stands in its place as an event too: its payload says why.
 */
export const eventTypes = {
  dataRecord: 0,
  agreement: 1,
  correction: 2,
  feed: 3,
  unreadable: 4,
  /**
   * A data record of a last line without a line break: it may have been cut off, so it counts
   * until the same record is read whole (docs/RULES.md, Cut-off lines).
   */
  unterminatedRecord: 5,
} as const;

/** True for a data record, whole or of a line that may have been cut off. */
export const isRecord = (type: number): boolean =>
  type === eventTypes.dataRecord || type === eventTypes.unterminatedRecord;

/** One data record, as the importer or the API hands it over. */
export interface UsageRecord {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  /** The record id as four words, most significant first. */
  readonly recordId: Uint32Array;
  readonly recordedBytes: number;
  /** The import file the record stands in, or 0 when it came without one. */
  readonly fileId: number;
  readonly lineNo: number;
}

/**
 * Events as a step sees them, who may not write them: embedded, the log is written from the same
 * columns once the step is done.
 */
export interface ReadonlyUsageEvents {
  readonly length: number;
  readonly offsets: ArrayLike<number>;
  readonly types: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  readonly timestampsMs: ArrayLike<number>;
  readonly recordIds: ArrayLike<number>;
  readonly recordedBytes: ArrayLike<number>;
  readonly fileIds: ArrayLike<number>;
  readonly lineNos: ArrayLike<number>;
  /** JSON of control events; empty of records. */
  readonly payloads: ArrayLike<string>;
  readonly agreements: ReadonlyMap<number, Agreement>;
  raw(this: void, index: number): Uint8Array | undefined;
}

/**
 * Usage events as columns, and as table `log` of the embedded store. Offsets are given by the log
 * when the events are appended. `raw` answers the text an event was read from: for dead letters, so
 * only while it is processed for the first time.
 */
export class UsageEvents
  extends columns('log', {
    offsets: ['offset', 'bigint'],
    types: ['type', 'tinyint'], // eventTypes
    keys: ['msisdn', 'bigint'],
    timestampsMs: ['timestamp', 'bigint'], // epoch ms
    recordIds: ['record_id', 'uuid'],
    recordedBytes: ['recorded_bytes', 'bigint'],
    fileIds: ['file_id', 'integer'],
    lineNos: ['line_no', 'integer'],
    payloads: ['payload', 'text'], // JSON of control events
  })
  implements LogEvents, ReadonlyUsageEvents
{
  /** Agreements whose payload need not be read, as it was made from them here; by index. */
  readonly agreements = new Map<number, Agreement>();
  raw: (index: number) => Uint8Array | undefined = () => undefined;

  /** Adds a record; its type is one of those `isRecord` knows. */
  pushRecord(record: UsageRecord, type: number = eventTypes.dataRecord): void {
    const at = this.reserve();
    this.types[at] = type;
    this.keys[at] = record.msisdn;
    this.timestampsMs[at] = record.recordedAtMs;
    this.recordIds.set(record.recordId, at * 4);
    this.recordedBytes[at] = record.recordedBytes;
    this.fileIds[at] = record.fileId;
    this.lineNos[at] = record.lineNo;
    this.length++;
  }

  /** A control event; the payload is its JSON as it stands on the topic. */
  pushControl(type: number, event: { msisdn: number; timestampMs: number; payload: string }): void {
    const at = this.reserve();
    this.types[at] = type;
    this.keys[at] = event.msisdn;
    this.timestampsMs[at] = event.timestampMs;
    this.recordIds.fill(0, at * 4, at * 4 + 4);
    this.recordedBytes[at] = 0;
    this.fileIds[at] = 0;
    this.lineNos[at] = 0;
    this.payloads[at] = event.payload;
    this.length++;
  }

  /** The control event of an agreement. */
  pushAgreement(agreement: Agreement): void {
    const { msisdn, signedAtMs: timestampMs } = agreement;
    const payload = agreementText(agreement);
    this.agreements.set(this.length, agreement);
    this.pushControl(eventTypes.agreement, { msisdn, timestampMs, payload });
  }

  /** Adds all events of another run behind these, for one transaction over several appends. */
  override pushAll(other: this): void {
    const at = this.length;
    this.copyRows(other);
    for (const [index, agreement] of other.agreements) this.agreements.set(at + index, agreement);
    const before = this.raw;
    this.raw = (index) => (index < at ? before(index) : other.raw(index - at));
  }
}
