import { Inject, Injectable } from '@nestjs/common';
import {
  AGREEMENT_STORE,
  agreementEdgeErrors,
  billingCalendar,
  monthOf,
  periodFromYearMonth,
  yearOf,
  type Agreement,
  type AgreementStore,
  type StoredAgreement,
} from '../agreements/index.js';
import {
  eventTypes,
  ingestErrors,
  USAGE_INPUT,
  UsageEvents,
  type UsageInput,
} from '../ingest/index.js';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { refusal, Refusal } from '../platform/http/refusal.js';
import type { FaultCodes } from '../streaming/index.js';
import {
  DATA_RECORD_STORE,
  type DataRecordRow,
  type DataRecordStore,
  type PeriodRows,
} from './data-record-store.js';
import {
  correctionPayload,
  dataRecordJson,
  type DataRecordJson,
  type YearMonth,
} from './data-records.topics.js';
import { inForce, pagesBehind, type RowPlace } from './domain/period-pages.js';
import { dataRecordsErrors } from './errors.js';
import { RUNNING_TOTALS, type RunningTotals } from './running-totals.js';

/** Which period of which agreement is asked for. */
export interface PeriodRequest extends YearMonth {
  readonly agreementId: string;
}

/** The bytes a record is to have; it is made when there is none. Instant in epoch ms. */
export interface CorrectionRequest {
  readonly agreementId: string;
  readonly recordedAtMs: number;
  readonly internalRecordId: string;
  readonly recordedBytes: number;
}

/** The record behind which a page begins. */
export type RecordAfter = Omit<RowPlace, 'version'>;

export interface RecordPage {
  readonly after?: RecordAfter | undefined;
  readonly limit: number;
}

/** Less than any version: a place with it lies behind all versions of its record. */
const beforeAllVersions = -1;

export const CORRECTION_MAX_FUTURE_SKEW_MS = Symbol('CorrectionMaxFutureSkewMs');

/** Where the rows of an agreement's period are to be found. */
export const periodRows = (agreement: Agreement, { year, month }: YearMonth): PeriodRows => {
  const calendar = billingCalendar(agreement.billingPeriodTimeZone);
  const period = periodFromYearMonth(year, month);
  return {
    agreementId: agreement.id,
    msisdn: agreement.msisdn,
    startMs: calendar.startMs(period),
    endMs: calendar.endMs(period),
  };
};

/** The agreement of a request, or a refusal (404 AGREEMENT_UNKNOWN). */
export const knownAgreement = async (
  store: AgreementStore,
  id: string,
): Promise<StoredAgreement> => {
  const agreement = await store.find(id.toLowerCase());
  if (agreement !== undefined) return agreement;
  throw refusal(agreementEdgeErrors, 'AGREEMENT_UNKNOWN', { status: 404, facts: { id } });
};

/** What the step refuses a correction with. */
const codes: Partial<FaultCodes> = { ...ingestErrors, ...agreementEdgeErrors };

@Injectable()
export class DataRecordsService {
  constructor(
    @Inject(AGREEMENT_STORE) private readonly agreements: AgreementStore,
    @Inject(DATA_RECORD_STORE) private readonly store: DataRecordStore,
    @Inject(RUNNING_TOTALS) private readonly totals: RunningTotals,
    @Inject(USAGE_INPUT) private readonly input: UsageInput,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(CORRECTION_MAX_FUTURE_SKEW_MS) private readonly maxFutureSkewMs: number,
  ) {}

  /** The records in force of a period behind one of them, newest first, in pieces of a page. */
  async pieces(
    request: PeriodRequest,
    after?: RecordAfter,
  ): Promise<AsyncGenerator<readonly DataRecordJson[]>> {
    const agreement = await knownAgreement(this.agreements, request.agreementId);
    const key = { ...request, agreementId: agreement.id };
    const rows = this.#rows(periodRows(agreement, request), after);
    return (async function* () {
      for await (const some of rows) yield some.map((row) => dataRecordJson(row, key));
    })();
  }

  /** A page of the same, at most `limit`. */
  async page(request: PeriodRequest, { after, limit }: RecordPage): Promise<DataRecordJson[]> {
    const found: DataRecordJson[] = [];
    for await (const some of await this.pieces(request, after)) {
      found.push(...some.slice(0, limit - found.length));
      if (found.length === limit) break;
    }
    return found;
  }

  /**
   * The bytes of a period, counted and late: the total the task keeps, or the sum of the rows where
   * no task here has it.
   */
  async totalBytes(request: PeriodRequest): Promise<number | bigint> {
    const running = await this.totals.total(request.agreementId, request);
    if (running !== undefined) return running;
    const agreement = await knownAgreement(this.agreements, request.agreementId);
    let total = 0n;
    for await (const some of this.#rows(periodRows(agreement, request))) {
      for (const { recordedBytes } of some) total += BigInt(recordedBytes);
    }
    return total;
  }

  /** Corrects or adds a record through the log; answers when its row can be read. */
  async correct(request: CorrectionRequest): Promise<DataRecordJson> {
    const agreement = await knownAgreement(this.agreements, request.agreementId);
    if (request.recordedAtMs > this.now() + this.maxFutureSkewMs) {
      throw refusal(dataRecordsErrors, 'CORRECTION_IN_FUTURE', { status: 400 });
    }
    const recordId = request.internalRecordId.toLowerCase();
    await this.#send(agreement, { ...request, recordId });
    const { recordedAtMs, recordedBytes } = request;
    const identity = { msisdn: agreement.msisdn, recordedAtMs, recordId };
    const row = (await this.store.find(identity)) ?? { ...identity, recordedBytes };
    const period = billingCalendar(agreement.billingPeriodTimeZone).periodOf(recordedAtMs);
    const key = { agreementId: agreement.id, year: yearOf(period), month: monthOf(period) };
    return dataRecordJson(row, key);
  }

  #rows(period: PeriodRows, after?: RecordAfter): AsyncGenerator<readonly DataRecordRow[]> {
    const { store } = this;
    const before = after && { ...after, version: beforeAllVersions };
    return inForce(
      pagesBehind((page) => store.page(period, page), { before }),
      period.agreementId,
    );
  }

  async #send(agreement: Agreement, correction: CorrectionRequest & { recordId: string }) {
    const events = new UsageEvents(1);
    events.pushControl(eventTypes.correction, {
      msisdn: agreement.msisdn,
      timestampMs: correction.recordedAtMs,
      payload: correctionPayload({ ...correction, agreementId: agreement.id }),
    });
    const { refused } = await this.input.send(events);
    const why = refused.get(0);
    if (why === undefined) return;
    throw new Refusal(why.code, why.message, {
      status: 409,
      next: (codes[why.code] ?? dataRecordsErrors.CORRECTION_REFUSED).next,
    });
  }
}
