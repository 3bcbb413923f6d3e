import fc from 'fast-check';
import { ChunkReader, Fault } from '../../../streaming/index.js';
import { runsOf, seed } from '../../../../test/support/seed.js';
import { numbersFrom } from '../../../../test/support/random-numbers.js';
import { DataRecordRows } from '../data-record-rows.js';
import { KnownRecords } from './known-records.js';

const dayMs = 86_400_000;
const today = 20_000;
const none = new Uint32Array(4);

interface Record {
  readonly msisdn: number;
  readonly recordedAtMs: number;
  readonly recordIds: Uint32Array;
  readonly recordIdAt: number;
}

const rowsOf = (records: readonly Record[]): DataRecordRows => {
  const rows = new DataRecordRows(records.length);
  const rest = { version: 0, agreementIds: none, agreementIdAt: 0, recordedBytes: 1, status: 0 };
  for (const record of records) rows.push({ ...record, ...rest, fileId: 1, lineNo: 1 });
  return rows;
};

/** Records of one day of many subscribers, as a network has them. */
const recordsOfDay = (count: number, day = today, from = 1): Record[] => {
  const next = numbersFrom(from);
  return Array.from({ length: count }, () => ({
    msisdn: 48_000_000_000 + next(1_000_000),
    recordedAtMs: day * dayMs + next(dayMs / 1000) * 1000,
    recordIds: Uint32Array.from({ length: 4 }, () => next(2 ** 32)),
    recordIdAt: 0,
  }));
};

const cutOff = (message: string): Fault => new Fault('CUT_OFF', 'StateCorrupt', message);

const bytesOf = (known: KnownRecords): Buffer =>
  Buffer.concat([Buffer.from(JSON.stringify(known.shape())), ...known.chunks()]);

/** As a snapshot keeps it: shape as JSON, arrays as chunks. */
const restored = (known: KnownRecords, limitBytes?: number): Promise<KnownRecords> => {
  const shape = JSON.parse(JSON.stringify(known.shape())) as ReturnType<KnownRecords['shape']>;
  const chunks = [...known.chunks()].map((chunk) => chunk.slice());
  return KnownRecords.load(shape, new ChunkReader(chunks, cutOff), limitBytes);
};

const isTakenForKnown = (known: KnownRecords, record: Record): boolean =>
  known.mayHaveRecord(record.msisdn, record.recordedAtMs, record.recordIds, record.recordIdAt);

const missedOf = (known: KnownRecords, records: readonly Record[]): Record[] =>
  records.filter((record) => !isTakenForKnown(known, record));

const wrongOf = (known: KnownRecords, others: readonly Record[]): number =>
  others.filter((record) => isTakenForKnown(known, record)).length / others.length;

const recordArbitrary = fc.record({
  msisdn: fc.constantFrom(1, 48_500_000_001, 999_999_999_999_999),
  recordedAtMs: fc
    .tuple(fc.integer({ min: -3, max: 90 }), fc.integer({ min: 0, max: 5 }))
    .map(([day, hour]) => (today + day) * dayMs + hour * 3_600_000),
  recordIds: fc
    .array(fc.constantFrom(0, 1, 2, 0xffff_ffff), { minLength: 4, maxLength: 4 })
    .map((words) => Uint32Array.from(words)),
  recordIdAt: fc.constant(0),
});

describe(`known records (seed ${seed})`, () => {
  test('do not miss a record, whatever days come, are forgotten, saved and loaded', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(recordArbitrary, { maxLength: 300 }), { maxLength: 8 }),
        fc.constantFrom(0, 1_000, 5_000, 40_000, 2 ** 27),
        fc.array(fc.boolean(), { maxLength: 8 }),
        async (batches, limitBytes, restarts) => {
          let known = new KnownRecords(limitBytes);
          const stored: Record[] = [];
          for (const [at, batch] of batches.entries()) {
            known.addAll(rowsOf(batch));
            stored.push(...batch);
            if (restarts[at]) known = await restored(known, limitBytes);
            expect(missedOf(known, stored)).toEqual([]);
            expect(known.byteSize).toBeLessThanOrEqual(limitBytes);
          }
        },
      ),
      { seed, numRuns: runsOf(60) },
    ));

  test('do not depend on how batches are cut, nor on a restart between them', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(recordArbitrary, { maxLength: 400 }),
        fc.integer({ min: 0, max: 400 }),
        async (records, cut) => {
          const straight = new KnownRecords(30_000);
          straight.addAll(rowsOf(records));
          const inTwo = new KnownRecords(30_000);
          inTwo.addAll(rowsOf(records.slice(0, cut)));
          const again = await restored(inTwo, 30_000);
          again.addAll(rowsOf(records.slice(cut)));
          expect(bytesOf(again).equals(bytesOf(straight))).toBe(true);
        },
      ),
      { seed, numRuns: runsOf(60) },
    ));

  describe('of a day of 120,000 records', () => {
    const records = recordsOfDay(120_000);
    const others = recordsOfDay(60_000, today, 2);
    const known = new KnownRecords();
    const sizes: number[] = [];
    beforeAll(() => {
      for (let at = 0; at < records.length; at += 10_000) {
        known.addAll(rowsOf(records.slice(at, at + 10_000)));
        sizes.push(known.byteSize / known.count);
      }
    });

    it('do not miss one through all growth, nor once they are restored', async () => {
      expect(missedOf(known, records)).toHaveLength(0);
      const again = await restored(known);
      expect(missedOf(again, records)).toHaveLength(0);
      expect(again.byteSize).toBe(known.byteSize);
    });

    it('do not take more than 2 bytes a record once there are some', () => {
      expect(Math.max(...sizes.slice(5))).toBeLessThanOrEqual(2);
    });

    it('do not take more than three new ones in a thousand for known', () => {
      expect(wrongOf(known, others)).toBeGreaterThan(0);
      expect(wrongOf(known, others)).toBeLessThan(0.003);
    });

    it('do not confuse records that differ in one word of their id only', () => {
      for (const word of [0, 1, 2, 3]) {
        const alike = records.slice(0, 20_000).map((record) => {
          const recordIds = record.recordIds.slice();
          recordIds[word]++;
          return { ...record, recordIds };
        });
        expect(wrongOf(known, alike)).toBeLessThan(0.003);
      }
    });
  });

  it('do not grow beyond their memory: the oldest days are forgotten and always looked up', () => {
    const limitBytes = 120_000;
    const known = new KnownRecords(limitBytes);
    for (let day = today; day < today + 10; day++) {
      known.addAll(rowsOf(recordsOfDay(16_000, day, day)));
      expect(known.byteSize).toBeLessThanOrEqual(limitBytes);
    }
    expect(known.forgotten).toBeGreaterThan(5);
    const sinceMs = known.sinceMs as number;
    expect(wrongOf(known, recordsOfDay(100, sinceMs / dayMs - 1, 3))).toBe(1);
    expect(wrongOf(known, recordsOfDay(10_000, sinceMs / dayMs, 4))).toBeLessThan(0.003);
  });

  it('one day far ahead does not make them forget the days before it', () => {
    const known = new KnownRecords();
    const records = recordsOfDay(1000);
    known.addAll(rowsOf(records));
    known.addAll(rowsOf(recordsOfDay(1, today + 36_500)));
    expect(missedOf(known, records)).toEqual([]);
    expect(wrongOf(known, recordsOfDay(10_000, today, 5))).toBeLessThan(0.003);
  });

  it('a day as large as the one before it is one part', () => {
    const known = new KnownRecords();
    known.addAll(rowsOf(recordsOfDay(70_000, today, 1)));
    known.addAll(rowsOf(recordsOfDay(70_000, today + 1, 2)));
    const parts = known.shape().days.map((day) => day.parts.length);
    expect(parts).toEqual([2, 1]);
  });
});
