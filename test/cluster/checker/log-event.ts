import { instantOf, recordIdOf, type InputRecord } from './input.js';
import type { StoredFile, TopicMessage } from './world.js';

export interface Agreement {
  readonly id: string;
  readonly msisdn: number;
  readonly signedAtMs: number;
  readonly serviceStartAtMs: number;
  readonly zone: string;
  readonly maxBytes: number;
}

/** A record with the file and line it came from; 0 and 0 when it came without a file. */
export interface LoggedRecord extends InputRecord {
  readonly fileId: number;
  readonly lineNo: number;
  /** In a last line without a line break. */
  readonly isUnterminated: boolean;
}

export interface Correction extends InputRecord {
  readonly agreementId: string;
}

export interface FeedProgress {
  readonly feed: string;
  readonly status?: string;
  readonly completeThroughMs?: number;
  readonly maxOutOfOrdernessMs?: number;
}

/** With the time it was written at: no feed is complete beyond that. */
export interface StampedProgress extends FeedProgress {
  readonly stampMs: number;
}

/** What a message of topic incoming-data-records says. */
export type LogEvent =
  | { readonly type: 'record'; readonly record: LoggedRecord }
  | { readonly type: 'agreement'; readonly agreement: Agreement }
  | { readonly type: 'correction'; readonly correction: Correction }
  | { readonly type: 'feed'; readonly progress: StampedProgress }
  | { readonly type: 'unreadable' };

interface RecordJson {
  readonly externalId: string;
  readonly recordedAt: string;
  readonly msisdn: string | number;
  readonly recordedBytes: number;
  readonly internalId?: string;
  readonly fileId?: number;
  readonly lineNo?: number;
}

const unreadable: LogEvent = { type: 'unreadable' };

/** Only the import names files; what others say of them is not looked at. */
const named = (json: RecordJson, source: string | undefined): RecordJson =>
  source === 'import' ? json : { ...json, fileId: undefined, lineNo: undefined };

const recordOf = (
  json: RecordJson,
  isUnterminated: boolean,
  feedOf: (fileId: number) => string,
): LogEvent => {
  const { externalId, recordedAt, msisdn, recordedBytes, fileId = 0, lineNo = 0 } = json;
  const recordedAtMs = instantOf(recordedAt);
  const isGood = typeof externalId === 'string' && externalId !== '' && Number(msisdn) > 0;
  if (!isGood || Number.isNaN(recordedAtMs)) return unreadable;
  if (!Number.isSafeInteger(recordedBytes) || recordedBytes < 0) return unreadable;
  const recordId = recordIdOf(fileId === 0 ? 'topic' : feedOf(fileId), externalId);
  const record = { msisdn: Number(msisdn), recordedAtMs, recordId, recordedBytes };
  return { type: 'record', record: { ...record, fileId, lineNo, isUnterminated } };
};

const agreementOf = (json: Record<string, string | number>): LogEvent => {
  const agreement = {
    id: String(json.id).toLowerCase(),
    msisdn: Number(json.msisdn),
    signedAtMs: instantOf(String(json.signedAt)),
    serviceStartAtMs: instantOf(String(json.serviceStartAt)),
    zone: String(json.billingPeriodTimeZone),
    maxBytes: Number(json.maxBytesInBillingPeriod),
  };
  const isGood = [agreement.msisdn, agreement.signedAtMs, agreement.serviceStartAtMs].every(
    (number) => !Number.isNaN(number),
  );
  return isGood ? { type: 'agreement', agreement } : unreadable;
};

const correctionOf = (json: Correction & { readonly recordId: string }, key: string): LogEvent => {
  const { agreementId, recordedAtMs, recordId, recordedBytes } = json;
  const correction = { msisdn: Number(key), agreementId, recordedAtMs, recordId, recordedBytes };
  return { type: 'correction', correction };
};

/**
 * Reads messages of the log by the wire contract (docs/WIRE-CONTRACT.md): without a type header a
 * record, else a record of a line without a line break, agreement, correction or feed. Files are
 * needed for the feed of a record's id.
 */
export class LogReader {
  readonly #feeds: ReadonlyMap<number, string>;

  constructor(files: readonly StoredFile[]) {
    this.#feeds = new Map(files.map(({ id, feed }) => [id, feed]));
  }

  read({ headers, value, key = '', timestampMs }: TopicMessage): LogEvent {
    let json: unknown;
    try {
      json = JSON.parse(value);
    } catch {
      return unreadable;
    }
    if (typeof json !== 'object' || json === null) return unreadable;
    switch (headers.type) {
      case undefined:
      case 'unterminated-record':
        return this.#record(named(json as RecordJson, headers.source), headers.type !== undefined);
      case 'agreement':
        return agreementOf(json as Record<string, string | number>);
      case 'correction':
        return correctionOf(json as Correction, key);
      case 'feed':
        return { type: 'feed', progress: { ...(json as FeedProgress), stampMs: timestampMs } };
      default:
        return unreadable;
    }
  }

  /** Only a line of a file can be unterminated. */
  #record(json: RecordJson, isUnterminated: boolean): LogEvent {
    if (isUnterminated && json.fileId === undefined) return unreadable;
    return recordOf(json, isUnterminated, (fileId) => this.#feeds.get(fileId) ?? '?');
  }
}

/** The MSISDN a message is about, or undefined when it is for every partition. */
export const msisdnOf = (event: LogEvent): number | undefined => {
  switch (event.type) {
    case 'record':
      return event.record.msisdn;
    case 'agreement':
      return event.agreement.msisdn;
    case 'correction':
      return event.correction.msisdn;
    case 'feed':
    case 'unreadable':
      return undefined;
  }
};
