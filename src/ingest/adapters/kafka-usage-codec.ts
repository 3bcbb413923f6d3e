import { isUtf8 } from 'node:buffer';
import { partitionOfKey, partitionOfNumber, type FeedProgress } from '../../streaming/index.js';
import { parseUuid } from '../../values/index.js';
import type { CorrectionPayload } from '../domain/record-lookups.js';
import { forwardedHeader } from './kafka-agreement-messages.js';
import { eventTypes, isRecord, UsageEvents, type UsageRecord } from '../domain/usage-events.js';
import { kafkaEventErrors } from '../errors.js';
import { readRecord } from '../incoming-data-records.topics.js';
import { FileRecordReader, lineOfRecordJson, recordJsonAt } from '../incoming-data-records.wire.js';

/** A message for a partition of topic `incoming-data-records`, as the Kafka client takes it. */
export interface UsageMessage {
  /** Which of the events it is. */
  readonly index: number;
  readonly key: string | null;
  readonly value: string;
  /** Epoch ms; the time of writing when it is left out. */
  readonly timestamp?: string;
  readonly headers?: Record<string, string>;
}

/** A message as it is read from the topic. */
export interface ReadMessage {
  readonly offset: number;
  /** Epoch ms. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Written in a transaction. */
  readonly isInTransaction: boolean;
}

/** What the import says of its records, which stand in transactions: only they name their file. */
export const importHeaders = { source: 'import' } as const;

const isOfImport = (headers: ReadMessage['headers'], { isInTransaction }: ReadMessage): boolean =>
  isInTransaction && headers.source === importHeaders.source;

/** Header `type` of each type of events: a record has none, what is unreadable is not written. */
const typeNames = ['', 'agreement', 'correction', 'feed', '', 'unterminated-record'] as const;

/** Bytes that are kept of a message that is refused. */
const refusedRawBytes = 4000;

/**
 * An event as a message. A record has its own time as timestamp (0 before 1970, which Kafka
 * has no time for), a control event the time it is written.
 */
export const usageMessage = (events: UsageEvents, index: number): UsageMessage => {
  const msisdn = events.keys[index];
  const key = msisdn === 0 ? null : String(msisdn);
  const type = events.types[index];
  if (!isRecord(type)) {
    const value = events.payloads[index];
    return { index, key, value, headers: { type: typeNames[type] } };
  }
  const timestamp = String(Math.max(0, events.timestampsMs[index]));
  const record = { index, key, value: recordJsonAt(events, index), timestamp };
  if (events.fileIds[index] === 0) return record;
  const isWhole = type === eventTypes.dataRecord;
  const headers = isWhole ? importHeaders : { ...importHeaders, type: typeNames[type] };
  return { ...record, headers };
};

/** The events by partition, in their order there. What is about all keys goes to every one. */
export const usageMessages = (events: UsageEvents, partitions: number): UsageMessage[][] => {
  const messages = Array.from({ length: partitions }, (): UsageMessage[] => []);
  for (let at = 0; at < events.length; at++) {
    const msisdn = events.keys[at];
    const message = usageMessage(events, at);
    if (msisdn === 0) for (const partition of messages) partition.push(message);
    else messages[partitionOfNumber(msisdn, partitions)].push(message);
  }
  return messages;
};

type EventProblem = { readonly code: string; readonly message: string };

const unreadable = (message: string): EventProblem => ({ code: 'EVENT_UNREADABLE', message });
const wrongPartition: EventProblem = {
  code: 'EVENT_IN_WRONG_PARTITION',
  message: kafkaEventErrors.EVENT_IN_WRONG_PARTITION.meaning,
};

/** A control event that can be processed, or what is wrong with it. */
type ControlReading = { readonly msisdn: number; readonly timestampMs: number } | EventProblem;

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const msisdnText = /^[1-9]\d{0,14}$/;

/** Reads messages of one partition into events. What cannot be read is an event that says so. */
export class UsageDecoder {
  readonly #ofFiles = new FileRecordReader();

  constructor(
    private readonly place: { readonly partition: number; readonly partitions: number },
    /** Told of agreements that came from the topic of agreements, by their offsets. */
    private readonly forwarded: (offset: number) => void = () => undefined,
  ) {}

  /** One event a message, in their order, with their offsets. Never throws. */
  decode(messages: readonly ReadMessage[]): UsageEvents {
    const events = new UsageEvents(Math.max(1, messages.length));
    for (const message of messages) {
      const at = events.length;
      this.#push(events, message);
      events.offsets[at] = message.offset;
    }
    events.raw = (at) => rawOf(messages[at]);
    return events;
  }

  #push(events: UsageEvents, message: ReadMessage): void {
    const { value, headers } = message; // read once: they are looked up each time
    const type = typeOf(headers.type);
    if (type === undefined) return refuse(events, unreadable('its header type is not known'));
    if (value === null) return refuse(events, unreadable('it has no value'));
    if (isRecord(type)) return this.#pushTyped(events, message, type);
    if (!isUtf8(value)) return refuse(events, unreadable('it is not UTF-8'));
    const payload = value.toString();
    const key = message.key?.toString() ?? '';
    const reading = this.#readControl(type, { payload, key, timestampMs: message.timestampMs });
    if ('code' in reading) return refuse(events, reading);
    if (message.headers[forwardedHeader] !== undefined) this.forwarded(message.offset);
    events.pushControl(type, { ...reading, payload });
  }

  /** A record, whole or of a line that may have been cut off. */
  #pushTyped(events: UsageEvents, message: ReadMessage, type: number): void {
    const at = events.length;
    const isLine = isOfImport(message.headers, message);
    if (type === eventTypes.unterminatedRecord && !isLine) {
      return refuse(events, unreadable('only a line of a file can be unterminated'));
    }
    const value = message.value as Buffer;
    this.#pushRecord(events, value, isLine ? undefined : message.timestampMs);
    if (events.types[at] === eventTypes.dataRecord) events.types[at] = type;
  }

  /** Without a time of its message it is the import's. */
  #pushRecord(events: UsageEvents, value: Buffer, timestampMs: number | undefined): void {
    const record =
      timestampMs === undefined
        ? (this.#ofFiles.read(value) ?? readFileRecord(value))
        : readTopicRecord(value, timestampMs);
    if ('code' in record) return refuse(events, record);
    if (!this.#isHere(record.msisdn)) return refuse(events, wrongPartition);
    events.pushRecord(record);
  }

  #readControl(
    type: number,
    event: { payload: string; key: string; timestampMs: number },
  ): ControlReading {
    const json = jsonOf(event.payload);
    if (type === eventTypes.feed) {
      return isFeedProgress(json) && isInstant(event.timestampMs)
        ? { msisdn: 0, timestampMs: event.timestampMs }
        : unreadable('it is no progress of a feed');
    }
    if (json === undefined) return unreadable('it is not JSON');
    if (type === eventTypes.agreement) return this.#readAgreement(json, event);
    if (!msisdnText.test(event.key)) return unreadable('its key is no MSISDN');
    const msisdn = Number(event.key);
    if (!this.#isHere(msisdn)) return wrongPartition;
    if (!isCorrection(json)) return unreadable('it is no correction');
    const { recordedAtMs } = json;
    return isAhead(recordedAtMs, event.timestampMs)
      ? inFuture
      : { msisdn, timestampMs: recordedAtMs };
  }

  /** Its fields are the step's to judge; here it has to be where its MSISDN belongs. */
  #readAgreement(
    json: unknown,
    { key, timestampMs }: { readonly key: string; readonly timestampMs: number },
  ): ControlReading {
    const msisdn = msisdnOf(json);
    if (msisdn === undefined) return { msisdn: 0, timestampMs };
    if (!this.#isHere(Number(msisdn))) return wrongPartition;
    return key === msisdn
      ? { msisdn: Number(msisdn), timestampMs }
      : unreadable('its key is not the MSISDN in it');
  }

  #isHere(msisdn: number): boolean {
    const { partition, partitions } = this.place;
    return partitionOfNumber(msisdn, partitions) === partition;
  }
}

const refuse = (events: UsageEvents, problem: EventProblem): void =>
  events.pushControl(eventTypes.unreadable, {
    msisdn: 0,
    timestampMs: 0,
    payload: JSON.stringify(problem),
  });

const typeOf = (header: string | undefined): number | undefined => {
  if (header === undefined) return eventTypes.dataRecord;
  const type = typeNames.findIndex((known) => known !== '' && known === header);
  return type < 0 ? undefined : type;
};

/** A record of the import that is not in its usual form: its text had to be escaped. */
const readFileRecord = (value: Buffer): UsageRecord | EventProblem => {
  const json = jsonOf(value.toString());
  if (!isObject(json)) return { code: 'RECORD_INVALID', message: 'it is no JSON object' };
  const { externalId, recordedAt, msisdn, recordedBytes, internalId, fileId, lineNo } = json;
  const reading = readRecord({ externalId, recordedAt, msisdn, recordedBytes });
  if (!reading.ok) return { code: 'RECORD_INVALID', message: reading.message };
  if (!isId(internalId) || !isPlace(fileId) || !isPlace(lineNo)) {
    return { code: 'RECORD_INVALID', message: 'it names no line of a file' };
  }
  const recordId = parseUuid(internalId) as Uint32Array;
  return { ...reading.record, recordId, fileId, lineNo };
};

/**
 * A record of another producer, in any JSON. Its external id names it; an id, a file or a line that
 * it claims is not looked at. It may not be far ahead of the time of its message, which by the wire
 * contract is the same: the brokers hold that against their clock.
 */
const readTopicRecord = (value: Buffer, timestampMs: number): UsageRecord | EventProblem => {
  const json = isUtf8(value) ? jsonOf(value.toString()) : undefined;
  if (!isObject(json)) return { code: 'RECORD_INVALID', message: 'it is no JSON object' };
  const { externalId, recordedAt, msisdn, recordedBytes } = json;
  const reading = readRecord({ externalId, recordedAt, msisdn, recordedBytes });
  if (!reading.ok) return { code: 'RECORD_INVALID', message: reading.message };
  return isAhead(reading.record.recordedAtMs, timestampMs) ? inFuture : reading.record;
};

/**
 * How far a record may be ahead of the time of its message. Part of the wire contract and no
 * setting: a log has to be read alike whenever it is read.
 */
const mostAheadMs = 86_400_000;

const isAhead = (recordedAtMs: number, timestampMs: number): boolean =>
  recordedAtMs > Math.max(0, timestampMs) + mostAheadMs;

const inFuture: EventProblem = {
  code: 'RECORD_IN_FUTURE',
  message: 'it is more than 24 h ahead of the time of its message',
};

const isPlace = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 0x7fffffff;

/** As bounds of times over REST. */
const earliestMs = Date.parse('0001-02-01T00:00:00Z');
const latestMs = Date.parse('9998-12-01T00:00:00Z');
/** A century: nothing is told to be later than that. */
const mostMs = 100 * 366 * 86_400_000;
const mostFeedLength = 255;

const isInstant = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= earliestMs && Number(value) <= latestMs;

const isByteCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isId = (value: unknown): value is string =>
  typeof value === 'string' && (parseUuid(value)?.some((word) => word !== 0) ?? false);

const isCorrection = (json: unknown): json is CorrectionPayload =>
  isObject(json) &&
  isId(json.agreementId) &&
  isId(json.recordId) &&
  isInstant(json.recordedAtMs) &&
  isByteCount(json.recordedBytes);

const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value);

const isFeedProgress = (json: unknown): json is FeedProgress =>
  isObject(json) &&
  typeof json.feed === 'string' &&
  json.feed.length > 0 &&
  json.feed.length <= mostFeedLength &&
  isOptional(json.status, (status) => ['active', 'idle', 'ended'].includes(String(status))) &&
  isOptional(json.completeThroughMs, isInstant) &&
  isOptional(json.maxOutOfOrdernessMs, (ms) => isByteCount(ms) && Number(ms) <= mostMs);

/** The text of a refused message: the line of the file when the import has written it. */
const rawOf = (message: ReadMessage): Uint8Array | undefined => {
  const { value } = message;
  if (value === null) return undefined;
  const isLine = isOfImport(message.headers, message) && isObject(jsonOf(value.toString()));
  return (isLine ? lineOfRecordJson(value) : value).subarray(0, refusedRawBytes);
};

/** The MSISDN that an agreement names, as text; undefined when it names none. */
const msisdnOf = (json: unknown): string | undefined => {
  const msisdn = isObject(json) ? String(json.msisdn) : '';
  return msisdnText.test(msisdn) ? msisdn : undefined;
};

/** Key and partition of an agreement; any partition, when it names no MSISDN: it is refused. */
export const placeOfAgreement = (
  value: Buffer,
  partitions: number,
): { readonly key: string | null; readonly partition: number } => {
  const msisdn = msisdnOf(jsonOf(value.toString()));
  return msisdn === undefined
    ? { key: null, partition: partitionOfKey(value, partitions) }
    : { key: msisdn, partition: partitionOfNumber(Number(msisdn), partitions) };
};
