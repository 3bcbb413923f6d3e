import { monthOf, yearOf } from '../agreements/index.js';
import type { OutMessage } from '../streaming/index.js';
import { parseUuid, uuidText, uuidV5 } from '../values/index.js';

/** Types of topic `data-records-aggregates`. */
export const aggregateTypes = [
  'DATA_PLAN_EXCEEDED',
  'DATA_PLAN_EXCEEDED_RETRACTED',
  'BILLING_PERIOD_CLOSED',
  'BILLING_PERIOD_ADJUSTED',
] as const;

export type AggregateType = (typeof aggregateTypes)[number];

/** A window as a message tells it. Times are epoch ms, amounts bytes. */
export interface Aggregate {
  readonly agreementId: string;
  readonly period: number;
  readonly periodEndMs: number;
  readonly latestRecordedAtMs: number;
  readonly latestInternalRecordId: string;
  readonly totalRecordedBytes: number;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
  readonly type: AggregateType;
  /** Messages sent about this window before, plus one. */
  readonly revision: number;
  /** Of an adjustment: by how much the total moved, and the record that moved it. */
  readonly adjustment?: {
    readonly deltaBytes: number;
    readonly recordedAtMs: number;
    readonly internalRecordId: string;
  };
}

const namespace = parseUuid('6ba0f1b5-6c0c-5a39-9a50-0f3ad2b1d7a4') as Uint32Array;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The text of Java's Date.toString in UTC: `Fri Jan 10 23:00:00 UTC 2020`. */
export const javaDateText = (epochMs: number): string => {
  const date = new Date(epochMs);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const time = date.toISOString().slice(-13, -5);
  const month = months[date.getUTCMonth()];
  return `${days[date.getUTCDay()]} ${month} ${day} ${time} UTC ${date.getUTCFullYear()}`;
};

/**
 * The message on the wire: key agreement id, timestamp one millisecond before the period's end,
 * the fields of the wire contract in its order, those of an adjustment behind them. The id in the
 * headers is made of agreement, period, type and revision, so that a consumer can deduplicate.
 */
export const aggregateMessage = (aggregate: Aggregate): OutMessage => {
  const { agreementId, period, type, revision, adjustment } = aggregate;
  const name = `${agreementId}/${yearOf(period)}-${monthOf(period)}/${type}/${revision}`;
  const value = {
    agreementId,
    year: yearOf(period),
    month: monthOf(period),
    latestRecordedAt: javaDateText(aggregate.latestRecordedAtMs),
    latestInternalRecordId: aggregate.latestInternalRecordId,
    totalRecordedBytes: aggregate.totalRecordedBytes,
    billingPeriodTimeZone: aggregate.billingPeriodTimeZone,
    maxBytesInBillingPeriod: aggregate.maxBytesInBillingPeriod,
    type,
    ...(adjustment && {
      delta: adjustment.deltaBytes,
      revision,
      record: {
        recordedAt: new Date(adjustment.recordedAtMs).toISOString(),
        internalRecordId: adjustment.internalRecordId,
      },
    }),
  };
  return {
    key: agreementId,
    timestampMs: aggregate.periodEndMs - 1,
    headers: { id: uuidText(uuidV5(namespace, name)), type, revision: String(revision) },
    value: JSON.stringify(value),
  };
};
