import fc from 'fast-check';
import {
  DataRecordRows,
  recordStatuses,
  type DataRecordRow,
  type FoundRecords,
  type RecordLookups,
} from '../../src/ingest/index.js';
import type { RowStore } from '../../src/streaming/index.js';
import { seed } from '../support/seed.js';

/** A store of rows; the rows of other tests may be in it, of other subscribers. */
export interface RecordRowsUnderTest {
  readonly rows: RowStore<RecordLookups, FoundRecords>;
  /** The first of a thousand MSISDNs that nobody else uses. */
  readonly firstMsisdn: number;
  /** Stores rows, the greatest version last. */
  write(rows: DataRecordRows): Promise<void>;
  dispose(): Promise<void>;
}

/** A row of a record, by small numbers: the MSISDN and hour of the record, the id at that place. */
interface Row {
  readonly of: number;
  readonly hour: number;
  readonly id: number;
  readonly version: number;
  readonly status: number;
}

const none = new Uint32Array(4);
const isWaiting = ({ status }: Row): boolean => recordStatuses[status].startsWith('waiting');
const hourMs = 3_600_000;
const timeOf = ({ hour }: Pick<Row, 'hour'>): number => Date.UTC(2020, 0, 1) + hour * hourMs;
const words = (n: number): Uint32Array => Uint32Array.of(n, 7, 0x80000000, 0xffffffff - n);

/** Each version once, as a log gives them: an event writes one row of a record at most. */
const rowsArbitrary = fc
  .array(
    fc.record({
      of: fc.integer({ min: 0, max: 2 }),
      hour: fc.constantFrom(-1, 0, 23, 24, 700),
      id: fc.integer({ min: 0, max: 2 }),
      status: fc.integer({ min: 0, max: recordStatuses.length - 1 }),
    }),
    { maxLength: 60 },
  )
  .map((rows) => rows.map((row, version): Row => ({ ...row, version: version * 3 + 1 })));

const wantedArbitrary = fc.record({
  places: fc.array(
    fc.record({
      of: fc.integer({ min: 0, max: 3 }),
      hour: fc.constantFrom(-1, 0, 22, 23, 24, 700),
    }),
    { maxLength: 6 },
  ),
  waitingOf: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
  before: fc.oneof(fc.integer({ min: 0, max: 190 }), fc.constant(2 ** 40)),
});

const textOf = ({ of, hour, id, version, status }: Row): string =>
  [of, hour, id, version, status].join();

const keyOf = ({ of, hour, id }: Row): string => [of, hour, id].join();

/** The newest version of each record. */
const newestOf = (rows: readonly Row[]): Row[] => {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    if (row.version > (newest.get(keyOf(row))?.version ?? -1)) newest.set(keyOf(row), row);
  }
  return [...newest.values()];
};

const sorted = (rows: readonly Row[]): string[] => [...new Set(rows.map(textOf))].sort();

const recordOf = (first: number, row: Row): DataRecordRow => ({
  ...{ msisdn: first + row.of, recordedAtMs: timeOf(row) },
  ...{ recordIds: words(row.id), recordIdAt: 0, version: row.version, status: row.status },
  ...{ agreementIds: isWaiting(row) ? none : words(9), agreementIdAt: 0 },
  ...{ recordedBytes: row.version * 10, fileId: row.version % 5, lineNo: row.version % 1000 },
});

const stored = (first: number, rows: readonly Row[]): DataRecordRows => {
  const records = new DataRecordRows(1);
  for (const row of rows) records.push(recordOf(first, row));
  return records;
};

const read = (first: number, found: FoundRecords): Row[] =>
  Array.from({ length: found.length }, (_, at) => ({
    of: found.msisdns[at] - first,
    hour: (found.recordedAtMs[at] - timeOf({ hour: 0 })) / hourMs,
    id: found.recordIds[at * 4],
    version: found.versions[at],
    status: found.statuses[at],
  }));

/** Look-ups that a step makes, whatever the store is: to be called in a `describe`. */
export const recordRowsContract = (
  open: () => Promise<RecordRowsUnderTest>,
  numRuns: number,
): void => {
  test(`finds what a model finds (seed ${seed})`, () =>
    fc.assert(
      fc.asyncProperty(rowsArbitrary, wantedArbitrary, async (rows, wanted) => {
        const store = await open();
        const { firstMsisdn } = store;
        await store.write(stored(firstMsisdn, rows));
        const { places, waitingOf, before } = wanted;
        const ask = {
          msisdns: places.map(({ of }) => firstMsisdn + of),
          recordedAtMs: places.map(timeOf),
        };
        const below = rows.filter(({ version }) => version < before);
        const isAt = (row: Row): boolean =>
          places.some(({ of, hour }) => row.of === of && row.hour === hour);
        const atPlaces = await store.rows.find({ ...ask, waitingOf: [] }, before);
        expect(sorted(read(firstMsisdn, atPlaces))).toEqual(sorted(below.filter(isAt)));
        const wait = waitingOf.map((of) => firstMsisdn + of);
        const ofWaiting = { msisdns: [], recordedAtMs: [], waitingOf: wait };
        const waiting = newestOf(below).filter((row) => waitingOf.includes(row.of));
        // rows that do not wait may be among them, but then also what makes them so
        const found = newestOf(read(firstMsisdn, await store.rows.find(ofWaiting, before)));
        expect(sorted(found.filter(isWaiting))).toEqual(sorted(waiting.filter(isWaiting)));
        const both = read(firstMsisdn, await store.rows.find({ ...ask, waitingOf: wait }, before));
        expect(sorted(both)).toEqual(expect.arrayContaining(sorted(below.filter(isAt))));
        expect(sorted(newestOf(both).filter(isWaiting))).toEqual(
          expect.arrayContaining(sorted(waiting.filter(isWaiting))),
        );
        await store.dispose();
      }),
      { seed, numRuns },
    ));

  test('a row is found with all its columns', async () => {
    const store = await open();
    const rows: Row[] = [
      { of: 0, hour: 5, id: 1, version: 4, status: 1 },
      { of: 0, hour: 6, id: 2, version: 2 ** 40 + 1, status: recordStatuses.indexOf('waiting') },
    ];
    await store.write(stored(store.firstMsisdn, rows));
    const wanted = { msisdns: [store.firstMsisdn], recordedAtMs: [timeOf(rows[0])] };
    const found = await store.rows.find({ ...wanted, waitingOf: [store.firstMsisdn] }, 2 ** 41);
    for (const row of rows) {
      const expected = recordOf(store.firstMsisdn, row);
      const [at] = [...found.of(expected)];
      expect(at).toBeDefined();
      expect(found.recordedBytes[at]).toBe(expected.recordedBytes);
      expect([found.fileIds[at], found.lineNos[at]]).toEqual([expected.fileId, expected.lineNo]);
      expect([found.versions[at], found.statuses[at]]).toEqual([row.version, row.status]);
      expect(found.agreementIds.slice(at * 4, at * 4 + 4)).toEqual(expected.agreementIds);
    }
    await store.dispose();
  });

  test('nothing is found of what nobody wrote, and nothing of nothing', async () => {
    const store = await open();
    const { firstMsisdn } = store;
    const places = { msisdns: [firstMsisdn], recordedAtMs: [0], waitingOf: [firstMsisdn] };
    expect((await store.rows.find(places, 2 ** 40)).length).toBe(0);
    const nothing = { msisdns: [], recordedAtMs: [], waitingOf: [] };
    expect((await store.rows.find(nothing, 2 ** 40)).length).toBe(0);
    await store.dispose();
  });
};
