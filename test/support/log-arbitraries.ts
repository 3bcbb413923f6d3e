import fc from 'fast-check';
import { placed, type Unplaced } from './builders.js';
import type {
  OracleAgreement,
  OracleEvent,
  OracleFeedProgress,
  OracleRecord,
} from './oracle-model.js';

/**
 * Logs in which everything meets everything: few subscribers, few instants, few ids and sizes, so
 * that duplicates, conflicts, late and waiting records, corrections and closings are frequent.
 */
const at = (text: string): number => Date.parse(text);

export const msisdns = [48_500_000_001, 48_500_000_002, 7] as const;

const zones = ['Europe/Warsaw', 'America/New_York', 'Asia/Kolkata', 'UTC'] as const;

const uuidOf = (kind: string, index: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${String(index).padStart(12, '0')}`;

const agreementIds = Array.from({ length: 6 }, (_, index) => uuidOf('a', index));

/** Agreement ids belong to one subscriber each: two ids a subscriber. */
const msisdnOfAgreement = (id: string): number =>
  msisdns[agreementIds.indexOf(id) % msisdns.length];

const recordIds = [uuidOf('b', 1), uuidOf('b', 2), '00000001-0000-3000-8000-ffffffffffff'];

/** Around the ends of January in all zones, exact starts of periods, and the middle of months. */
const instants = [
  at('2019-12-31T22:59:59.999Z'),
  at('2019-12-31T23:00:00Z'),
  at('2020-01-01T00:00:00Z'),
  at('2020-01-01T00:00:00.001Z'),
  at('2020-01-10T12:00:00Z'),
  at('2020-01-10T12:00:00.500Z'),
  at('2020-01-31T18:30:00Z'),
  at('2020-01-31T22:59:59.999Z'),
  at('2020-01-31T23:00:00Z'),
  at('2020-01-31T23:59:59Z'),
  at('2020-02-01T00:00:00Z'),
  at('2020-02-01T05:00:00Z'),
  at('2020-02-15T00:00:00Z'),
  at('2020-02-29T23:30:00Z'),
  at('2020-03-15T08:00:00Z'),
  at('2020-04-01T04:00:00Z'),
];

const smallBytes = [0, 1, 10, 60, 100, 1000];

const bytesArbitrary: fc.Arbitrary<number> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...smallBytes) },
  { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 60) },
);

const agreementArbitrary: fc.Arbitrary<OracleAgreement> = fc
  .record({
    id: fc.constantFrom(...agreementIds),
    signedAtMs: fc.constantFrom(at('2019-11-01T00:00:00Z'), at('2019-12-01T00:00:00Z')),
    serviceStartAtMs: fc.constantFrom(
      at('2019-12-01T00:00:00Z'),
      at('2019-12-31T23:00:00Z'),
      at('2020-01-10T12:00:00Z'),
      at('2020-02-01T00:00:00Z'),
    ),
    billingPeriodTimeZone: fc.constantFrom(...zones),
    maxBytesInBillingPeriod: fc.constantFrom(0, 1, 100, 160, 1000, Number.MAX_SAFE_INTEGER),
  })
  .map((agreement) => ({ ...agreement, msisdn: msisdnOfAgreement(agreement.id) }));

const recordArbitrary = fc.record({
  msisdn: fc.constantFrom(...msisdns),
  recordedAtMs: fc.constantFrom(...instants),
  recordId: fc.constantFrom(...recordIds),
  recordedBytes: bytesArbitrary,
  fileId: fc.constantFrom(1, 1, 2, 3, 0),
  lineNo: fc.integer({ min: 1, max: 9 }),
  isLast: fc.constantFrom(false, false, true),
});

/** Lines that were cut off are lines of files. */
const lineArbitrary: fc.Arbitrary<OracleRecord> = recordArbitrary.map(({ isLast, ...record }) =>
  isLast && record.fileId !== 0 ? { ...record, unterminated: true } : record,
);

const correctionArbitrary = fc
  .record({
    agreementId: fc.constantFrom(...agreementIds),
    recordedAtMs: fc.constantFrom(...instants),
    recordId: fc.constantFrom(...recordIds),
    recordedBytes: bytesArbitrary,
  })
  .map((correction) => ({ ...correction, msisdn: msisdnOfAgreement(correction.agreementId) }));

const progressArbitrary: fc.Arbitrary<OracleFeedProgress> = fc.record(
  {
    feed: fc.constantFrom('default', 'roaming', 'topic'),
    status: fc.constantFrom('active', 'active', 'active', 'idle', 'ended'),
    completeThroughMs: fc.constantFrom(...instants),
    maxOutOfOrdernessMs: fc.constantFrom(0, 0, 3_600_000, 86_400_000),
    stampMs: fc.constantFrom(...instants, Date.UTC(2030, 0)),
  },
  { requiredKeys: ['feed'] },
);

const eventArbitrary: fc.Arbitrary<Unplaced> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('record'), record: lineArbitrary }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('agreement'), agreement: agreementArbitrary }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('correction'), correction: correctionArbitrary }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('feed'), progress: progressArbitrary }) },
);

/** A log of up to `maxLength` events; the first ones are often agreements, so that rows count. */
export const logArbitrary = (maxLength = 60): fc.Arbitrary<OracleEvent[]> =>
  fc
    .record({
      agreements: fc.array(agreementArbitrary, { maxLength: 4 }),
      events: fc.array(eventArbitrary, { minLength: 1, maxLength, size: 'max' }),
      gaps: fc.array(fc.constantFrom(0, 0, 0, 1, 5), { maxLength: maxLength + 4 }),
    })
    .map(({ agreements, events, gaps }) =>
      placed(
        [...agreements.map((agreement) => ({ type: 'agreement', agreement }) as const), ...events],
        gaps,
      ),
    );

/** Sizes of the batches a log is cut into, used over and over. */
export const cutsArbitrary: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 20 }), {
  minLength: 1,
  maxLength: 6,
});
