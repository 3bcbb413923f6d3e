import { slotOf } from './slots.js';
import { emptyBook, type StoredRow, type TopicMessage, type World } from './world.js';

/** A world that may be changed: tests plant faults in it. */
export type Changeable<T> = T extends (infer Item)[] | readonly (infer Item)[]
  ? Changeable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Changeable<T[K]> }
    : T;

const partitions = 2;
const shards = 4;
const agreementId = '11111111-1111-4111-8111-111111111111';
const ids = {
  first: 'aaaaaaaa-0000-4000-8000-000000000001',
  crossing: 'aaaaaaaa-0000-4000-8000-000000000002',
  late: 'aaaaaaaa-0000-4000-8000-000000000003',
  waiting: 'aaaaaaaa-0000-4000-8000-000000000004',
};

/** Two subscribers in two partitions: the first has an agreement, the second waits for one. */
const msisdnIn = (partition: number): number => {
  let msisdn = 48_500_000_001;
  while (slotOf(msisdn, partitions) !== partition) msisdn++;
  return msisdn;
};
const mine = msisdnIn(0);
const other = msisdnIn(1);

const lines = {
  first: `${ids.first};2020-01-05T10:00Z[UTC];${mine};60`,
  crossing: `${ids.crossing};2020-01-10T10:00Z[UTC];${mine};50`,
  conflict: `${ids.first};2020-01-05T10:00Z[UTC];${mine};61`,
  waiting: `${ids.waiting};2020-01-06T10:00Z[UTC];${other};7`,
  late: `${ids.late};2020-01-20T10:00Z[UTC];${mine};5`,
};

const topicMessage = (
  partition: number,
  offset: number,
  rest: Partial<TopicMessage>,
): TopicMessage => ({
  ...{ topic: 'incoming-data-records', key: undefined, timestampMs: 0, headers: {}, value: '' },
  ...{ ...rest, partition, offset },
});

const record = (at: [number, number], line: string, place: [number, number]): TopicMessage => {
  const [externalId, recordedAt, msisdn, bytes] = line.split(';');
  const value = JSON.stringify({
    ...{ externalId, recordedAt, msisdn, recordedBytes: Number(bytes), internalId: externalId },
    ...{ fileId: place[0], lineNo: place[1] },
  });
  return topicMessage(at[0], at[1], { key: msisdn, value, headers: { source: 'import' } });
};

const feed = (at: [number, number], progress: object): TopicMessage =>
  topicMessage(at[0], at[1], {
    headers: { type: 'feed' },
    value: JSON.stringify(progress),
    timestampMs: Date.UTC(2021, 0),
  });

const endOfFirst = {
  ...{ feed: 'default', status: 'active', maxOutOfOrdernessMs: 0 },
  completeThroughMs: Date.UTC(2020, 1, 2),
};
const endOfSecond = { ...endOfFirst, feed: 'roaming' };

const agreementJson = JSON.stringify({
  ...{ id: agreementId, msisdn: String(mine), signedAt: '2019-11-20T00:00Z[UTC]' },
  ...{ serviceStartAt: '2019-12-01T00:00Z[UTC]', billingPeriodTimeZone: 'UTC' },
  maxBytesInBillingPeriod: 100,
});

const log = (): TopicMessage[] => [
  topicMessage(0, 0, {
    ...{ key: String(mine), headers: { type: 'agreement' }, value: agreementJson },
  }),
  record([0, 2], lines.first, [1, 1]),
  record([0, 3], lines.crossing, [1, 2]),
  record([0, 4], lines.first, [1, 3]),
  record([0, 5], lines.conflict, [1, 5]),
  feed([0, 6], endOfFirst),
  record([0, 8], lines.late, [2, 1]),
  feed([0, 9], endOfSecond),
  record([1, 0], lines.waiting, [1, 6]),
  feed([1, 1], endOfFirst),
  feed([1, 3], endOfSecond),
];

const message = (
  offset: number,
  [type, total, latest]: [type: string, total: number, latest: string],
  rest: object = {},
): TopicMessage => {
  const latestRecordedAt = {
    [ids.crossing]: 'Fri Jan 10 10:00:00 UTC 2020',
    [ids.late]: 'Mon Jan 20 10:00:00 UTC 2020',
  }[latest];
  const revision = String(offset + 1);
  return {
    ...{ topic: 'data-records-aggregates', partition: 0, offset, key: agreementId },
    timestampMs: Date.UTC(2020, 1, 1) - 1,
    headers: { id: `message-${offset}`, type, revision },
    value: JSON.stringify({
      ...{ agreementId, year: 2020, month: 1, latestRecordedAt, latestInternalRecordId: latest },
      ...{ totalRecordedBytes: total, billingPeriodTimeZone: 'UTC' },
      ...{ maxBytesInBillingPeriod: 100, type, ...rest },
    }),
  };
};

const row = (id: string, rest: Partial<StoredRow> & { recordedAtMs: number }): StoredRow => {
  const { recordedAtMs, msisdn = mine } = rest;
  return {
    ...{ shard: slotOf(msisdn, shards), day: new Date(recordedAtMs).toISOString().slice(0, 10) },
    ...{ msisdn, recordId: id, version: 0, agreementId, recordedBytes: 0, status: 'counted' },
    ...{ fileId: 1, lineNo: 1, ...rest },
  };
};

const rows = (): StoredRow[] => [
  row(ids.first, {
    ...{ recordedAtMs: Date.UTC(2020, 0, 5, 10), version: 2, recordedBytes: 60, lineNo: 1 },
  }),
  row(ids.crossing, {
    ...{ recordedAtMs: Date.UTC(2020, 0, 10, 10), version: 3, recordedBytes: 50, lineNo: 2 },
  }),
  row(ids.late, {
    ...{ recordedAtMs: Date.UTC(2020, 0, 20, 10), version: 8, recordedBytes: 5 },
    ...{ status: 'late', fileId: 2, lineNo: 1 },
  }),
  row(ids.waiting, {
    ...{ recordedAtMs: Date.UTC(2020, 0, 6, 10), msisdn: other, version: 0, recordedBytes: 7 },
    ...{ agreementId: undefined, status: 'waiting', lineNo: 6 },
  }),
];

const january = { agreementId, year: 2020, month: 1 };

/** A small world, every value of it written by hand, in which all is right. */
export const smallWorld = (): Changeable<World> => {
  const messages = [
    message(0, ['DATA_PLAN_EXCEEDED', 110, ids.crossing]),
    message(1, ['BILLING_PERIOD_CLOSED', 110, ids.crossing]),
    message(2, ['BILLING_PERIOD_ADJUSTED', 115, ids.late], { delta: 5 }),
  ];
  const { first, crossing, conflict, waiting } = lines;
  const text = [first, crossing, first, 'no line', conflict, waiting, ''].join('\n');
  const world: World = {
    ...{ partitions, shards, log: log(), messages, rows: rows(), seen: [...log(), ...messages] },
    dropped: [
      { name: 'one.csv', feed: 'default', text },
      { name: 'two.csv', feed: 'roaming', text: `${lines.late}\n` },
    ],
    waitingRows: rows().filter(({ status }) => status === 'waiting'),
    dataRecords: [
      {
        ...january,
        recordedAtMs: Date.UTC(2020, 0, 5, 10),
        recordId: ids.first,
        recordedBytes: 60,
      },
      {
        ...{ ...january, recordedAtMs: Date.UTC(2020, 0, 10, 10) },
        ...{ recordId: ids.crossing, recordedBytes: 50 },
      },
      { ...january, recordedAtMs: Date.UTC(2020, 0, 20, 10), recordId: ids.late, recordedBytes: 5 },
    ],
    agreements: [{ id: agreementId, msisdn: mine, version: 0, logPartition: 0 }],
    files: [
      { id: 1, name: 'one.csv', feed: 'default', lines: 6, isDone: true },
      { id: 2, name: 'two.csv', feed: 'roaming', lines: 1, isDone: true },
    ],
    books: [
      { ...emptyBook(), fileId: 1, logPartition: -1, rejected: 1 },
      { ...emptyBook(), fileId: 1, logPartition: 0, counted: 2, duplicate: 1, rejected: 1 },
      { ...emptyBook(), fileId: 1, logPartition: 1, waiting: 1 },
      { ...emptyBook(), fileId: 2, logPartition: 0, late: 1 },
    ],
    deadLetters: [
      { fileId: 1, lineNo: 4, logPartition: 0, offset: -1, code: 'CDR_FIELDS_TOO_FEW' },
      { fileId: 1, lineNo: 5, logPartition: 0, offset: 5, code: 'CONFLICTING_RECORD' },
    ],
    messageCopies: messages.map(({ key, headers, value }) => ({
      ...{ key: key ?? '', revision: Number(headers.revision) },
      ...{ id: headers.id, type: headers.type, value },
    })),
    positions: [
      { partition: 0, offset: 10, cursor: 0 },
      { partition: 1, offset: 4, cursor: 0 },
    ],
    ends: [
      { topic: 'incoming-data-records', partition: 0, committed: 11, all: 11 },
      { topic: 'data-records-aggregates', partition: 0, committed: 4, all: 4 },
    ],
  };
  return structuredClone(world) as Changeable<World>;
};
