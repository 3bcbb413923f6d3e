import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { httpErrors } from '../platform/http/errors.js';
import type { BodyLine } from '../platform/http/ndjson.js';
import { Refusal, type RefusedLine } from '../platform/http/refusal.js';
import type { FaultCodes } from '../streaming/index.js';
import { UsageEvents, type UsageRecord } from './domain/usage-events.js';
import { ingestErrors, recordErrors } from './errors.js';
import { readRecord } from './incoming-data-records.topics.js';
import { USAGE_INPUT, type UsageInput } from './usage-input.js';

/** How far in the future of its arrival a record may be, in ms. */
export const MAX_FUTURE_SKEW_MS = Symbol('MaxFutureSkewMs');

export interface RecordsAnswer {
  readonly accepted: number;
  readonly rejected: readonly RefusedLine[];
}

type Reading =
  | { readonly line: number; readonly record: UsageRecord; readonly code?: undefined }
  | ({ readonly record?: undefined } & RefusedLine);

@Injectable()
export class IncomingDataRecordsService {
  constructor(
    @Inject(USAGE_INPUT) private readonly input: UsageInput,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(MAX_FUTURE_SKEW_MS) private readonly maxFutureSkewMs: number,
  ) {}

  /**
   * Takes the lines of a request; answers when the good ones are durable and counted. A record
   * that was sent before is accepted again and changes nothing. Refuses the request (400) when
   * nothing in it could be accepted.
   */
  async add(lines: readonly BodyLine[]): Promise<RecordsAnswer> {
    const latestMs = this.now() + this.maxFutureSkewMs;
    const readings = lines.map((line) => readLine(line, latestMs));
    const good = readings.filter((reading) => reading.record !== undefined);
    const refused = await this.send(good.map(({ record }) => record));
    const rejected = [
      ...readings.filter((reading) => reading.record === undefined),
      ...[...refused].map(([index, why]) => ({ line: good[index].line, ...why })),
    ].map(({ line, code, message }) => ({ line, code, message }));
    rejected.sort((a, b) => a.line - b.line);
    const accepted = good.length - refused.size;
    if (accepted === 0) throw nothingAccepted(rejected);
    return { accepted, rejected };
  }

  /** Sends records that are known to be good; answers the refused ones by their index. */
  async send(records: readonly UsageRecord[]) {
    if (records.length === 0) return new Map<number, { code: string; message: string }>();
    const events = new UsageEvents(records.length);
    for (const record of records) events.pushRecord(record);
    return (await this.input.send(events)).refused;
  }
}

const readLine = (
  { line, value, fault }: BodyLine & { value?: unknown },
  latestMs: number,
): Reading => {
  if (fault !== undefined) return { line, code: 'BODY_NOT_JSON', message: fault };
  const reading = readRecord(value);
  if (!reading.ok) return { line, code: 'RECORD_INVALID', message: reading.message };
  if (reading.record.recordedAtMs <= latestMs) return { line, record: reading.record };
  return { line, code: 'RECORD_IN_FUTURE', message: recordErrors.RECORD_IN_FUTURE.meaning };
};

/** Every code a line of a request can be refused with. */
const codes: Partial<FaultCodes> = { ...httpErrors, ...ingestErrors, ...recordErrors };

const nothingAccepted = (rejected: readonly RefusedLine[]): Refusal => {
  const [{ code, message }] = rejected;
  const conflict = rejected.every((each) => each.code === 'CONFLICTING_RECORD');
  return new Refusal(code, message, {
    status: conflict ? 409 : 400,
    next: codes[code]?.next,
    rejected,
  });
};
