import { explainTotal, type RecordVersion } from './explanation.js';

const agreementId = 'a';

const row = (recordId: string, version: number, fields: Partial<RecordVersion> = {}) => ({
  recordId,
  version,
  recordedAtMs: 0,
  agreementId,
  recordedBytes: 10,
  status: 'counted',
  fileId: 1,
  lineNo: version,
  ...fields,
});

const explain = (versions: readonly RecordVersion[], allowanceBytes = 25) =>
  explainTotal(versions, { agreementId, allowanceBytes });

describe('explanation of a total', () => {
  it('has running totals in order of counting and ends at the total', () => {
    const { records, totalBytes } = explain([row('x', 1), row('y', 2), row('z', 3)]);
    expect(records.map((record) => record.runningTotalBytes)).toEqual([10, 20, 30]);
    expect(totalBytes).toBe(30);
  });

  it('names the record that took the total to the allowance', () => {
    const { crossing } = explain([row('x', 1), row('y', 2), row('z', 3)], 20);
    expect(crossing).toMatchObject({ recordId: 'y', runningTotalBytes: 20 });
  });

  it('names no crossing record below the allowance', () => {
    expect(explain([row('x', 1)]).crossing).toBeUndefined();
  });

  it('puts a corrected record where its correction was counted, with what it was before', () => {
    const { records, totalBytes } = explain([
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

  it('forgets a crossing that a correction took back', () => {
    const { crossing } = explain([row('x', 1, { recordedBytes: 30 }), row('x', 2)]);
    expect(crossing).toBeUndefined();
  });

  it('counts a waiting record only from its release on', () => {
    const { records, totalBytes } = explain([
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

  it('leaves out what another agreement got', () => {
    expect(explain([row('x', 1, { agreementId: 'b' }), row('y', 2)]).totalBytes).toBe(10);
  });

  it('sums counted and late apart', () => {
    const { countedBytes, lateBytes } = explain([row('x', 1), row('y', 2, { status: 'late' })]);
    expect([countedBytes, lateBytes]).toEqual([10, 10]);
  });
});
