import type {
  OracleAgreement,
  OracleCorrection,
  OracleEvent,
  OracleFeedProgress,
  OracleRecord,
} from './oracle-model.js';

/** An event that has no place in a log yet. */
export type Unplaced = OracleEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'offset'>
    : never
  : never;

export const ids = {
  agreement: 'aaaaaaaa-0000-4000-8000-000000000001',
  otherAgreement: 'aaaaaaaa-0000-4000-8000-000000000002',
  record: 'bbbbbbbb-0000-4000-8000-000000000001',
} as const;

/** Record id number `n`. */
export const recordId = (n: number): string =>
  `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const msisdn = 48_500_000_001;

type Times<T, K extends keyof T> = Partial<Omit<T, K>> & { readonly [k in K]?: number | string };

const ms = (time: number | string): number => (typeof time === 'number' ? time : Date.parse(time));

/** In force from 1 January 2020 in Warsaw, with a plan of 100 bytes. Instants as ISO texts. */
export const agreement = (
  over: Times<OracleAgreement, 'signedAtMs' | 'serviceStartAtMs'> = {},
): Unplaced => ({
  type: 'agreement',
  agreement: {
    id: ids.agreement,
    msisdn,
    billingPeriodTimeZone: 'Europe/Warsaw',
    maxBytesInBillingPeriod: 100,
    ...over,
    signedAtMs: ms(over.signedAtMs ?? '2019-12-01T00:00+01:00'),
    serviceStartAtMs: ms(over.serviceStartAtMs ?? '2020-01-01T00:00+01:00'),
  },
});

/** 10 bytes on 15 January 2020, line 1 of file 1. */
export const record = (over: Times<OracleRecord, 'recordedAtMs'> = {}): Unplaced => ({
  type: 'record',
  record: {
    msisdn,
    recordId: ids.record,
    recordedBytes: 10,
    fileId: 1,
    lineNo: 1,
    ...over,
    recordedAtMs: ms(over.recordedAtMs ?? '2020-01-15T00:00Z'),
  },
});

/** The record of `record()` is said to have had 20 bytes. */
export const correction = (over: Times<OracleCorrection, 'recordedAtMs'> = {}): Unplaced => ({
  type: 'correction',
  correction: {
    msisdn,
    agreementId: ids.agreement,
    recordId: ids.record,
    recordedBytes: 20,
    ...over,
    recordedAtMs: ms(over.recordedAtMs ?? '2020-01-15T00:00Z'),
  },
});

/** Feed `default` has sent everything up to an instant. */
export const completeThrough = (
  time: number | string,
  over: Partial<OracleFeedProgress> = {},
): Unplaced => ({
  type: 'feed',
  progress: { feed: 'default', status: 'active', ...over, completeThroughMs: ms(time) },
});

/** What is said of a feed beyond how far it is. */
export const feed = (progress: OracleFeedProgress): Unplaced => ({ type: 'feed', progress });

/** Gives events their offsets; `gaps` says how many to leave out before each. */
export const placed = (
  events: readonly Unplaced[],
  gaps: readonly number[] = [],
): OracleEvent[] => {
  let offset = -1;
  return events.map((event, index) => {
    offset += 1 + (gaps[index] ?? 0);
    return { ...event, offset };
  });
};
