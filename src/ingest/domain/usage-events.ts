import { agreementText, type Agreement } from '../../agreements/index.js';
import { grown, type LogEvents } from '../../streaming/index.js';

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
  readonly payloads: ReadonlyMap<number, string>;
  readonly agreements: ReadonlyMap<number, Agreement>;
  raw(this: void, index: number): Uint8Array | undefined;
}

/**
 * Columns of usage events. Offsets are given by the log when the events are appended.
 * `raw` answers the text an event was read from: for dead letters, so only while it is processed
 * for the first time.
 */
export class UsageEvents implements LogEvents, ReadonlyUsageEvents {
  length = 0;
  offsets: Float64Array;
  types: Uint8Array;
  keys: Float64Array;
  timestampsMs: Float64Array;
  recordIds: Uint32Array;
  recordedBytes: Float64Array;
  fileIds: Int32Array;
  lineNos: Int32Array;
  /** JSON of control events, by index. */
  readonly payloads = new Map<number, string>();
  /** Agreements whose payload need not be read, as it was made from them here; by index. */
  readonly agreements = new Map<number, Agreement>();
  raw: (index: number) => Uint8Array | undefined = () => undefined;

  constructor(capacity = 16) {
    this.offsets = new Float64Array(capacity);
    this.types = new Uint8Array(capacity);
    this.keys = new Float64Array(capacity);
    this.timestampsMs = new Float64Array(capacity);
    this.recordIds = new Uint32Array(capacity * 4);
    this.recordedBytes = new Float64Array(capacity);
    this.fileIds = new Int32Array(capacity);
    this.lineNos = new Int32Array(capacity);
  }

  /** Room for one more event at `length`; a hot writer fills the columns itself. */
  reserve(): number {
    if (this.length === this.types.length) this.#grow(this.length * 2);
    return this.length;
  }

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
    this.payloads.set(at, event.payload);
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
  pushAll(other: UsageEvents): void {
    const at = this.length;
    const end = at + other.length;
    if (end > this.types.length) this.#grow(Math.max(end, at * 2));
    const n = other.length;
    this.offsets.set(other.offsets.subarray(0, n), at);
    this.types.set(other.types.subarray(0, n), at);
    this.keys.set(other.keys.subarray(0, n), at);
    this.timestampsMs.set(other.timestampsMs.subarray(0, n), at);
    this.recordIds.set(other.recordIds.subarray(0, n * 4), at * 4);
    this.recordedBytes.set(other.recordedBytes.subarray(0, n), at);
    this.fileIds.set(other.fileIds.subarray(0, n), at);
    this.lineNos.set(other.lineNos.subarray(0, n), at);
    for (const [index, payload] of other.payloads) this.payloads.set(at + index, payload);
    for (const [index, agreement] of other.agreements) this.agreements.set(at + index, agreement);
    const before = this.raw;
    this.raw = (index) => (index < at ? before(index) : other.raw(index - at));
    this.length = end;
  }

  #grow(capacity: number): void {
    this.offsets = grown(this.offsets, capacity);
    this.types = grown(this.types, capacity);
    this.keys = grown(this.keys, capacity);
    this.timestampsMs = grown(this.timestampsMs, capacity);
    this.recordIds = grown(this.recordIds, capacity * 4);
    this.recordedBytes = grown(this.recordedBytes, capacity);
    this.fileIds = grown(this.fileIds, capacity);
    this.lineNos = grown(this.lineNos, capacity);
  }
}
