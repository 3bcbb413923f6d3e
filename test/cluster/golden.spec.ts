import { agreementToJson } from '../../src/agreements/index.js';
import { AgreementsGenerator, CdrFileGenerator } from '../../src/generator/index.js';
import { ProgramInTest } from '../support/running-program.js';
import { queryStore } from '../support/store-contents.js';
import { assertRight } from './checker/check.js';
import { columns, type World } from './checker/world.js';
import { SmallCluster } from './golden-run/small-cluster.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';

jest.setTimeout(600_000);

const env = { FEED_MAX_OUT_OF_ORDERNESS: 'PT0S', LOG_LEVEL: 'warn' };

/** What both ways to run the program have in common, in one order. */
interface Outcome {
  readonly rows: readonly string[];
  /** By key, in the order in which they were sent. */
  readonly messages: Readonly<Record<string, readonly string[]>>;
  readonly books: readonly unknown[];
}

const byKey = (messages: readonly { readonly key: string; readonly text: string }[]) => {
  const found: Record<string, string[]> = {};
  for (const { key, text } of messages) (found[key] ??= []).push(text);
  return found;
};

const bookOf = (book: Readonly<Record<string, unknown>>): unknown[] =>
  ['name', 'feed', 'state', 'lines', ...columns].map((field) => book[field]);

const newest = (rows: readonly (readonly [identity: string, version: number, rest: string])[]) => {
  const found = new Map<string, readonly [number, string]>();
  for (const [identity, version, rest] of rows) {
    const [known = -1] = found.get(identity) ?? [];
    if (version > known) found.set(identity, [version, rest]);
  }
  return [...found].map(([identity, [, rest]]) => `${identity} ${rest}`).sort();
};

const outcomeOfCluster = (world: World, books: readonly object[]): Outcome => ({
  rows: newest(
    world.rows.map((row) => [
      `${row.msisdn} ${row.recordedAtMs} ${row.recordId}`,
      row.version,
      `${row.agreementId} ${row.recordedBytes} ${row.status} line ${row.lineNo}`,
    ]),
  ),
  messages: byKey(
    world.messages.map(({ key = '', timestampMs, headers, value }) => ({
      ...{ key, text: JSON.stringify([timestampMs, Object.entries(headers).sort(), value]) },
    })),
  ),
  books: books.map((book) => bookOf(book as Record<string, unknown>)),
});

/** The same files through the embedded program, in this process. */
const embeddedOutcome = async (
  agreements: readonly object[],
  file: { readonly name: string; readonly text: string },
): Promise<Outcome> => {
  const program = await ProgramInTest.start(env);
  try {
    await program.postAgreements(agreements);
    program.drop(file.name, file.text);
    const books = await program.done(1);
    const { rows } = await program.stopAndRead();
    const path = `${program.dataDir}/overage.duckdb`;
    const [messages] = await queryStore(path, ['SELECT * FROM message ORDER BY "offset"']);
    return {
      rows: newest(
        rows.map((row) => [
          `${row.msisdn} ${row.recordedAtMs} ${row.recordId}`,
          row.version,
          `${row.agreementId} ${row.recordedBytes} ${row.status} line ${row.lineNo}`,
        ]),
      ),
      messages: byKey(
        messages.map(({ key, timestamp, headers, value }) => {
          const sorted = Object.entries(JSON.parse(String(headers)) as object).sort();
          return { key: String(key), text: JSON.stringify([Number(timestamp), sorted, value]) };
        }),
      ),
      books: books.map((book) => bookOf({ ...book })),
    };
  } finally {
    program.remove();
  }
};

const runBoth = async (
  name: string,
  { subscribers, months, processes }: { subscribers: number; months: number; processes: number },
): Promise<{ world: World; cluster: Outcome; embedded: Outcome }> => {
  const agreements = new AgreementsGenerator().next(subscribers).map(agreementToJson);
  const generated = new CdrFileGenerator().nextFile({ batchSize: subscribers, months });
  const text = Buffer.concat([...generated.chunks()]).toString();
  const cluster = await SmallCluster.start(name, env, processes);
  try {
    await cluster.postAgreements(agreements);
    cluster.drop({ name: generated.name, feed: 'default', text });
    const books = await cluster.done(120_000);
    const world = await cluster.stopAndRead();
    const embedded = await embeddedOutcome(agreements, { name: generated.name, text });
    return { world, cluster: outcomeOfCluster(world, books), embedded };
  } finally {
    await cluster.remove();
  }
};

const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const about = '"billingPeriodTimeZone":"Europe/Warsaw","maxBytesInBillingPeriod":5368709120';

/** The golden run: the two messages of the first system. */
const golden = [
  `{"agreementId":"${agreementId}","year":2020,"month":1,` +
    '"latestRecordedAt":"Fri Jan 10 23:00:00 UTC 2020",' +
    '"latestInternalRecordId":"523d8cc7-e611-3508-90bc-fab260b2973e",' +
    `"totalRecordedBytes":5697948758,${about},"type":"DATA_PLAN_EXCEEDED"}`,
  `{"agreementId":"${agreementId}","year":2020,"month":1,` +
    '"latestRecordedAt":"Thu Jan 30 23:00:00 UTC 2020",' +
    '"latestInternalRecordId":"b58a3008-23a9-384c-b4e6-2cc837d1ef07",' +
    `"totalRecordedBytes":13559994361,${about},"type":"BILLING_PERIOD_CLOSED"}`,
];

describe(chapterOnServers('the same program on Kafka and Cassandra'), () => {
  testOnServers('the golden run gives the two messages of the first system', async () => {
    const size = { subscribers: 1, months: 1, processes: 1 };
    const { world, cluster, embedded } = await runBoth('golden', size);
    assertRight(world);
    expect(world.messages.map(({ key, timestampMs, value }) => [key, timestampMs, value])).toEqual(
      golden.map((value) => [agreementId, 1580511599999, value]),
    );
    expect(cluster).toEqual(embedded);
  });

  testOnServers('1,000 subscribers over 3 months: as on one machine, to the byte', async () => {
    const size = { subscribers: 1000, months: 3, processes: 2 };
    const { world, cluster, embedded } = await runBoth('thousand', size);
    assertRight(world);
    expect(cluster.books).toEqual(embedded.books);
    expect(Object.keys(cluster.messages)).toHaveLength(1000);
    // Each by itself, so that a failing run names the first that differs.
    for (const [key, messages] of Object.entries(embedded.messages)) {
      expect([key, cluster.messages[key]]).toEqual([key, messages]);
    }
    const missing = embedded.rows.filter((row, at) => row !== cluster.rows[at]);
    expect(missing.slice(0, 3)).toEqual([]);
    expect(cluster.rows).toHaveLength(embedded.rows.length);
  });
});
