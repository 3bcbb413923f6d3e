import { usageApplication } from '../../billing-window/index.js';
import { DataRecordRows, recordStatuses } from '../../ingest/index.js';
import { parseUuid } from '../../values/index.js';
import { WindowTotals } from './window-totals.js';

const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const january = Date.UTC(2020, 0, 15);

/** A state with one agreement and a total of 10 bytes for January 2020. */
const stateWithTotal = () => {
  const state = usageApplication.newState();
  const { index } = state.agreements.put({
    ...{ id: agreementId, msisdn: 48123456789, signedAtMs: 0, serviceStartAtMs: 0 },
    ...{ billingPeriodTimeZone: 'Europe/Warsaw', maxBytesInBillingPeriod: 100 },
  });
  const calendar = state.agreements.calendar(state.agreements.zoneIndex[index]);
  const window = state.windows.add(index, calendar.periodOf(january));
  state.windows.totals[window] = 10;
  return state;
};

interface Given {
  readonly bytes: number;
  readonly recordedAtMs?: number;
  readonly status?: (typeof recordStatuses)[number];
  readonly agreementId?: string;
}

const differencesOf = (given: readonly Given[]): string[] => {
  const rows = new DataRecordRows();
  const totals = new WindowTotals(stateWithTotal());
  for (const { bytes, recordedAtMs = january, status = 'counted', ...row } of given) {
    rows.push({
      ...{ msisdn: 48123456789, recordedAtMs, version: rows.length, recordedBytes: bytes },
      ...{ recordIds: new Uint32Array(4), recordIdAt: 0, fileId: 1, lineNo: 1 },
      agreementIds: parseUuid(row.agreementId ?? agreementId) as Uint32Array,
      agreementIdAt: 0,
      status: recordStatuses.indexOf(status),
    });
    totals.add(rows, rows.length - 1);
  }
  const found: string[] = [];
  totals.compare((line) => found.push(line));
  return found;
};

describe('totals of rows', () => {
  it('are those of the log when counted and late rows add up to them', () => {
    expect(differencesOf([{ bytes: 4 }, { bytes: 6, status: 'late' }])).toEqual([]);
  });

  it('do not have the bytes of rows that wait', () => {
    expect(differencesOf([{ bytes: 10 }, { bytes: 5, status: 'waiting' }])).toEqual([]);
  });

  it('are told of when they are others', () => {
    expect(differencesOf([{ bytes: 4 }])).toEqual([
      `total of ${agreementId} 2020-1: rows 4, log 10`,
    ]);
  });

  it('are told of when the log has no such period or agreement', () => {
    const other = 'c0ffee00-0000-4000-8000-000000000001';
    const february = Date.UTC(2020, 1, 15);
    expect(
      differencesOf([
        { bytes: 10 },
        { bytes: 1, recordedAtMs: february },
        { bytes: 2, agreementId: other },
      ]),
    ).toEqual([
      `total of ${agreementId} 2020-2: rows 1, the log has no such window`,
      `total of ${other}: rows 2, the log has no such window`,
    ]);
  });
});
