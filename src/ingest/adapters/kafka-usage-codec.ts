import {
  parseUuid,
  partitionOfKey,
  partitionOfNumber,
  type FeedProgress,
} from '../../streaming/index.js';
import type { CorrectionPayload } from '../domain/record-lookups.js';
import { eventTypes, UsageEvents, type UsageRecord } from '../domain/usage-events.js';
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
}

const typeNames = ['', 'agreement', 'correction', 'feed'] as const;

/** Bytes that are kept of a message that is refused. */
const refusedRawBytes = 4000;

/**
 * An event as a message. A record has its own time as timestamp (DESIGN.md §6; 0 before 1970, which
 * Kafka has no time for), a control event the time it is written.
 */
export const usageMessage = (events: UsageEvents, index: number): UsageMessage => {
  const msisdn = events.keys[index];
  const key = msisdn === 0 ? null : String(msisdn);
  const type = events.types[index];
  if (type !== eventTypes.dataRecord) {
    const value = events.payloads.get(index) as string;
    return { index, key, value, headers: { type: typeNames[type] } };
  }
  const timestamp = String(Math.max(0, events.timestampsMs[index]));
  return { index, key, value: recordJsonAt(events, index), timestamp };
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
    const type = typeOf(message.headers.type);
    const { value } = message;
    if (type === undefined) return refuse(events, unreadable('its header type is not known'));
    if (value === null) return refuse(events, unreadable('it has no value'));
    if (type === eventTypes.dataRecord) return this.#pushRecord(events, value);
    const payload = value.toString();
    const key = message.key?.toString() ?? '';
    const reading = this.#readControl(type, { payload, key, timestampMs: message.timestampMs });
    if ('code' in reading) return refuse(events, reading);
    events.pushControl(type, { ...reading, payload });
  }

  #pushRecord(events: UsageEvents, value: Buffer): void {
    const record = this.#ofFiles.read(value) ?? readTopicRecord(value);
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
      return isFeedProgress(json)
        ? { msisdn: 0, timestampMs: event.timestampMs }
        : unreadable('it is no progress of a feed');
    }
    if (json === undefined) return unreadable('it is not JSON');
    if (type === eventTypes.agreement) return this.#readAgreement(json, event.timestampMs);
    if (!msisdnText.test(event.key)) return unreadable('its key is no MSISDN');
    const msisdn = Number(event.key);
    if (!this.#isHere(msisdn)) return wrongPartition;
    return isCorrection(json)
      ? { msisdn, timestampMs: json.recordedAtMs }
      : unreadable('it is no correction');
  }

  /** Its fields are the step's to judge; here it has to be where its MSISDN belongs. */
  #readAgreement(json: unknown, timestampMs: number): ControlReading {
    const msisdn = Number(msisdnOf(json) ?? 0);
    return msisdn === 0 || this.#isHere(msisdn) ? { msisdn, timestampMs } : wrongPartition;
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

/** A record in any JSON; one of a file is known by its place in it. */
const readTopicRecord = (value: Buffer): UsageRecord | EventProblem => {
  const json = jsonOf(value.toString());
  if (!isObject(json)) return { code: 'RECORD_INVALID', message: 'it is no JSON object' };
  const { externalId, recordedAt, msisdn, recordedBytes, internalId } = json;
  const reading = readRecord({ externalId, recordedAt, msisdn, recordedBytes, internalId });
  if (!reading.ok) return { code: 'RECORD_INVALID', message: reading.message };
  const { fileId, lineNo } = json;
  const recordId = typeof internalId === 'string' ? parseUuid(internalId) : undefined;
  if (recordId === undefined || !isPlace(fileId) || !isPlace(lineNo)) return reading.record;
  return { ...reading.record, recordId, fileId, lineNo };
};

const isPlace = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 0x7fffffff;

const isByteCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isId = (value: unknown): boolean =>
  typeof value === 'string' && (parseUuid(value)?.some((word) => word !== 0) ?? false);

const isCorrection = (json: unknown): json is CorrectionPayload =>
  isObject(json) &&
  isId(json.agreementId) &&
  isId(json.recordId) &&
  Number.isSafeInteger(json.recordedAtMs) &&
  isByteCount(json.recordedBytes);

const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value);

const isFeedProgress = (json: unknown): json is FeedProgress =>
  isObject(json) &&
  typeof json.feed === 'string' &&
  json.feed.length > 0 &&
  ['active', 'idle', 'ended'].includes(String(json.status)) &&
  isOptional(json.completeThroughMs, Number.isSafeInteger) &&
  isOptional(json.maxOutOfOrdernessMs, isByteCount);

/** The text of a refused message: the line of the file when it came from one. */
const rawOf = ({ value }: ReadMessage): Uint8Array | undefined => {
  if (value === null) return undefined;
  const json = jsonOf(value.toString());
  const isOfFile = isObject(json) && isPlace(json.fileId) && isPlace(json.lineNo);
  return (isOfFile ? lineOfRecordJson(value) : value).subarray(0, refusedRawBytes);
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
