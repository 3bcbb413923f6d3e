import * as fc from 'fast-check';
import { explainTotal } from '../../../test/support/explain-total.js';
import { readLedger, type CountingPlace, type LedgerPage, type RecordVersion } from './ledger.js';

const agreementId = 'a';

const row = (recordId: string, version: number, fields: Partial<RecordVersion> = {}) => ({
  recordId,
  version,
  recordedAtMs: 0,
  agreementId,
  recordedBytes: 10,
  status: 'counted',
  isProvisional: false,
  fileId: 1,
  lineNo: version,
  ...fields,
});

const falling = (a: RecordVersion, b: RecordVersion): number =>
  b.recordedAtMs - a.recordedAtMs ||
  (a.recordId < b.recordId ? 1 : a.recordId > b.recordId ? -1 : b.version - a.version);

/** As a store gives them: those of a record together, newest first, cut anywhere. */
const inPages = (versions: readonly RecordVersion[], pageRows: number) =>
  async function* () {
    const rows = [...versions].sort(falling);
    for (let at = 0; at < rows.length; at += pageRows) yield rows.slice(at, at + pageRows);
  };

const explain = (versions: readonly RecordVersion[], allowanceBytes = 25) =>
  readLedger(inPages(versions, 2), { agreementId, allowanceBytes, limit: 1000 });

describe('explanation of a total', () => {
  it('has running totals in order of counting and ends at the total', async () => {
    const { records, totalBytes } = await explain([row('x', 1), row('y', 2), row('z', 3)]);
    expect(records.map((record) => record.runningTotalBytes)).toEqual([10, 20, 30]);
    expect(totalBytes).toBe(30);
  });

  it('names the record that took the total to the allowance', async () => {
    const { crossing } = await explain([row('x', 1), row('y', 2), row('z', 3)], 20);
    expect(crossing).toMatchObject({ recordId: 'y', runningTotalBytes: 20 });
  });

  it('names the first record that counts when the allowance is 0, not one that waits', async () => {
    const waits = row('x', 1, { agreementId: undefined, status: 'waiting' });
    const zero = row('y', 2000, { recordedBytes: 0 });
    const { crossing } = await explain([waits, zero, row('x', 3000)], 0);
    expect(crossing).toMatchObject({ recordId: 'y', runningTotalBytes: 0 });
  });

  it('names no crossing record below the allowance', async () => {
    expect((await explain([row('x', 1)])).crossing).toBeUndefined();
  });

  it('puts a corrected record where its correction was counted, with what it was', async () => {
    const { records, totalBytes } = await explain([
      row('x', 1),
      row('y', 2),
      row('x', 3, { recordedBytes: 4 }),
    ]);
    expect(totalBytes).toBe(14);
    expect(records.map((record) => [record.recordId, record.runningTotalBytes])).toEqual([
      ['y', 20],
      ['x', 14],
    ]);
    expect(records[1].earlierVersions).toMatchObject([{ version: 1, recordedBytes: 10 }]);
  });

  it('forgets a crossing that a correction took back', async () => {
    const { crossing } = await explain([row('x', 1, { recordedBytes: 30 }), row('x', 2)]);
    expect(crossing).toBeUndefined();
  });

  it('counts a waiting record only from its release on', async () => {
    const { records, totalBytes } = await explain([
      row('x', 1, { agreementId: undefined, status: 'waiting' }),
      row('y', 2),
      row('x', 3),
    ]);
    expect(totalBytes).toBe(20);
    expect(records.map((record) => record.recordId)).toEqual(['y', 'x']);
    expect(records[1].earlierVersions[0]).toMatchObject({
      status: 'waiting',
      runningTotalBytes: 0,
    });
  });

  it('leaves out what another agreement got', async () => {
    expect((await explain([row('x', 1, { agreementId: 'b' }), row('y', 2)])).totalBytes).toBe(10);
  });

  it('sums counted and late apart', async () => {
    const { countedBytes, lateBytes } = await explain([
      row('x', 1),
      row('y', 2, { status: 'late' }),
    ]);
    expect([countedBytes, lateBytes]).toEqual([10, 10]);
  });
});

/** Histories of a few records: waiting, counted, late, corrected up and down, of two agreements. */
const histories = fc
  .array(
    fc.record({
      recordId: fc.constantFrom('k', 'l', 'm', 'n'),
      recordedAtMs: fc.nat(2),
      step: fc.constantFrom(0, 1, 1, 2, 900),
      agreement: fc.constantFrom('a', 'a', 'a', 'b', undefined),
      bytes: fc.nat(20),
      late: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((all) => {
    let version = 0;
    const seen = new Set<string>();
    return all.flatMap(({ step, agreement, bytes, late, ...identity }) => {
      version += step;
      const name = `${identity.recordId}/${identity.recordedAtMs}/${version}`;
      if (seen.has(name)) return [];
      seen.add(name);
      const status = agreement === undefined ? 'waiting' : late ? 'late' : 'counted';
      const what = { agreementId: agreement, recordedBytes: bytes, status, fileId: 0, lineNo: 0 };
      return [{ ...identity, version, ...what, isProvisional: false }];
    });
  });

const byPlace = (a: RecordVersion, b: RecordVersion): number =>
  a.version - b.version || a.recordedAtMs - b.recordedAtMs || (a.recordId < b.recordId ? -1 : 1);

test('page by page it says the same as all at once, whatever the pages', () =>
  fc.assert(
    fc.asyncProperty(
      histories,
      fc.integer({ min: 1, max: 60 }),
      fc.record({
        limit: fc.integer({ min: 1, max: 5 }),
        pageRows: fc.integer({ min: 1, max: 7 }),
      }),
      async (versions, allowanceBytes, { limit, pageRows }) => {
        const whole = explainTotal([...versions].sort(byPlace), { agreementId, allowanceBytes });
        const records: unknown[] = [];
        let after: CountingPlace | undefined;
        let page: LedgerPage;
        do {
          const options = { agreementId, allowanceBytes, after, limit };
          page = await readLedger(inPages(versions, pageRows), options);
          expect(page.records.length).toBeLessThanOrEqual(limit);
          records.push(...page.records);
          const { totalBytes, countedBytes, lateBytes, crossing } = whole;
          expect(page).toMatchObject({ totalBytes, countedBytes, lateBytes });
          expect(page.crossing).toEqual(crossing);
          after = page.next;
        } while (after !== undefined);
        expect(records).toEqual(whole.records);
      },
    ),
    { numRuns: 300 },
  ));
