import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { httpErrors } from '../platform/http/errors.js';
import type { LinesTaken } from '../platform/http/refusal.js';
import { takeLines, type LineReading } from '../platform/http/take-lines.js';
import type { FaultCodes } from '../streaming/index.js';
import { UsageEvents, type UsageRecord } from './domain/usage-events.js';
import { ingestErrors, recordErrors } from './errors.js';
import { readRecord } from './incoming-data-records.topics.js';
import { USAGE_INPUT, type UsageInput } from './usage-input.js';

/** How far in the future of its arrival a record may be, in ms. */
export const MAX_FUTURE_SKEW_MS = Symbol('MaxFutureSkewMs');

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
  add(body: unknown): Promise<LinesTaken> {
    return takeLines(body, {
      read: (value) => readLine(value, this.now() + this.maxFutureSkewMs),
      send: (records) => this.send(records),
      conflictCode: 'CONFLICTING_RECORD',
      codes,
    });
  }

  /** Sends records that are known to be good; answers the refused ones by their index. */
  async send(records: readonly UsageRecord[]) {
    if (records.length === 0) return new Map<number, { code: string; message: string }>();
    const events = new UsageEvents(records.length);
    for (const record of records) events.pushRecord(record);
    return (await this.input.send(events)).refused;
  }
}

const readLine = (value: unknown, latestMs: number): LineReading<UsageRecord> => {
  const reading = readRecord(value);
  if (!reading.ok) return { ok: false, code: 'RECORD_INVALID', message: reading.message };
  if (reading.record.recordedAtMs <= latestMs) return { ok: true, item: reading.record };
  return { ok: false, code: 'RECORD_IN_FUTURE', message: recordErrors.RECORD_IN_FUTURE.meaning };
};

/** Every code a line of a request can be refused with. */
const codes: Partial<FaultCodes> = { ...httpErrors, ...ingestErrors, ...recordErrors };
