import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ImporterPorts } from '../../src/import/importer-ports.js';
import { eventTypes, type UsageEvents } from '../../src/ingest/index.js';
import type { FeedProgress } from '../../src/streaming/index.js';
import { ImporterInTest, until } from './importer-in-test.js';

const dayMs = 86_400_000;
const startMs = Date.UTC(2020, 0, 2);

interface Told {
  readonly recordedAtMs: number;
}

/** What was appended, in order: a record's time, or what was told of a feed. */
type Logged = Told | FeedProgress;

let logged: Logged[];
let importer: ImporterInTest;

const wrapLog = (log: ImporterPorts['log']): ImporterPorts['log'] => ({
  append: (events, rows) => {
    logged.push(...loggedOf(events));
    return log.append(events, rows);
  },
});

const loggedOf = (events: UsageEvents): Logged[] =>
  Array.from({ length: events.length }, (_, at) =>
    events.types[at] === eventTypes.feed
      ? (JSON.parse(events.payloads[at]) as FeedProgress)
      : { recordedAtMs: events.timestampsMs[at] },
  );

const isTold = (entry: Logged): entry is FeedProgress => 'feed' in entry;

/** Complete-through instants in their order. */
const throughs = (): number[] =>
  logged.flatMap((entry) =>
    isTold(entry) && entry.completeThroughMs !== undefined ? [entry.completeThroughMs] : [],
  );

const statuses = (): string[] => logged.filter(isTold).map(({ status = '' }) => status);

let lineNo = 0;
const lineAt = (recordedAtMs: number, msisdn = 4812345): string =>
  `r-${++lineNo};${new Date(recordedAtMs).toISOString().slice(0, 19)}Z;${msisdn};1\n`;

beforeEach(() => {
  logged = [];
  importer = ImporterInTest.at({ wrapLog });
});

afterEach(() => importer.stopAndRemove());

describe('progress', () => {
  /** 70,000 lines a subscriber, one subscriber after the other: more than eight batches each. */
  const bySubscriber = (): string =>
    [1, 2].map((msisdn) => fileOf(70_000, (n) => lineAt(startMs + n * 1000, msisdn))).join('');

  it('is not told within a file that is sorted by subscriber', async () => {
    importer.drop('a.csv', bySubscriber());
    await importer.start();
    await importer.ended(1);
    expect(throughs()).toEqual([startMs + 69_999_000]);
    expect(logged.at(-1)).toMatchObject({ feed: 'default', status: 'active' });
  });

  it('is told within a file of a feed that is sorted by time, never behind the line', async () => {
    importer.drop(
      'a.csv',
      fileOf(140_000, (n) => lineAt(startMs + n * 1000)),
    );
    await importer.start({ isSortedByTime: (feed) => feed === 'default' });
    await importer.ended(1);
    expect(throughs()).toEqual([65_536, 131_072, 140_000].map((n) => startMs + (n - 1) * 1000));
  });

  it('is not ahead of the clock when one line of a file is', async () => {
    const nowMs = Date.UTC(2020, 0, 31, 23);
    const ahead = lineAt(nowMs + 23 * 3_600_000);
    importer.drop('a.csv', `${ahead}${lineAt(nowMs - 3000)}`);
    await importer.start({ now: () => nowMs });
    await importer.ended(1);
    expect(throughs()).toEqual([nowMs]);
  });

  it('of a feed goes on behind a file of which every line was refused', async () => {
    importer.drop('a.csv', lineAt(startMs));
    await importer.start();
    await importer.ended(1);
    importer.drop('b.csv', 'x;y\nz\n');
    await importer.ended(2);
    importer.drop('c.csv', lineAt(startMs + dayMs));
    await importer.ended(3);
    expect(throughs()).toEqual([startMs, startMs + dayMs]);
    expect(statuses()).not.toContain('idle');
  });

  it.each([
    ['refused lines only', 'bad\n'],
    ['no line', ''],
  ])('of a new feed with %s does not hold the others back for ever', async (_, content) => {
    importer.drop('dirty/a.csv', content);
    await importer.start();
    await importer.ended(1);
    expect(statuses()).toEqual(['active', 'idle']);
    importer.drop('dirty/b.csv', lineAt(startMs));
    await importer.ended(2);
    expect(statuses()).toEqual(['active', 'idle', 'active', 'active']);
    expect(throughs()).toEqual([startMs]);
  });

  it('of a feed is known after a restart: a refused file does not set it idle', async () => {
    importer.drop('a.csv', lineAt(startMs));
    await importer.start();
    await importer.ended(1);
    await importer.stop();
    importer.drop('b.csv', 'bad\n');
    await importer.start();
    await importer.ended(2);
    expect(statuses()).not.toContain('idle');
  });

  it('is held back by an older file that is still written', async () => {
    const time = { laterMs: 0 };
    await importer.start({ quietPeriodMs: 3_600_000, now: () => Date.now() + time.laterMs });
    writeFileSync(importer.path('old.csv'), lineAt(startMs));
    importer.drop('new.csv', lineAt(startMs + 40 * dayMs));
    await until('read', 5000, () => importer.names('done').includes('new.csv'));
    expect(throughs().every((ms) => ms <= startMs)).toBe(true);
    time.laterMs = 2 * 3_600_000;
    await importer.ended(2);
    expect(throughs().at(-1)).toBe(startMs + 40 * dayMs);
  });
});

const fileOf = (lines: number, line: (n: number) => string): string =>
  Array.from({ length: lines }, (_, n) => line(n)).join('');

/** Days of one element's file, each with some subscribers that were recorded at any time of it. */
const file = fc.record({
  name: fc.stringMatching(/^[a-z]{1,8}$/),
  firstDay: fc.integer({ min: 0, max: 60 }),
  days: fc.integer({ min: 1, max: 20 }),
  isBad: fc.boolean(),
});

const backlog = fc.uniqueArray(file, {
  ...{ minLength: 2, maxLength: 8, selector: ({ name }) => name },
});

const contentOf = (one: { firstDay: number; days: number; isBad: boolean }, at: number): string => {
  const lines = [1, 2, 3].flatMap((msisdn) =>
    Array.from({ length: one.days }, (_, day) =>
      lineAt(startMs + (one.firstDay + day) * dayMs, 48_000 + at * 10 + msisdn),
    ),
  );
  return `${one.isBad ? 'bad\n' : ''}${lines.join('')}`;
};

it('no record of a backlog comes behind a progress that it is older than', async () => {
  await fc.assert(
    fc.asyncProperty(backlog, async (files) => {
      logged = [];
      const one = ImporterInTest.at({ wrapLog });
      files.forEach((each, at) => one.drop(`${each.name}.csv`, contentOf(each, at)));
      await one.start();
      await one.ended(files.length);
      await one.stopAndRemove();
      let throughMs = -Infinity;
      for (const entry of logged) {
        if (!isTold(entry)) expect(entry.recordedAtMs).toBeGreaterThanOrEqual(throughMs);
        else throughMs = Math.max(throughMs, entry.completeThroughMs ?? -Infinity);
      }
      const last = Math.max(...files.map(({ firstDay, days }) => firstDay + days - 1));
      expect(throughMs).toBe(startMs + last * dayMs);
    }),
    { numRuns: 8 },
  );
}, 60_000);
