import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agreementToJson } from '../../src/agreements/index.js';
import { AgreementsGenerator } from '../../src/generator/index.js';
import { Fleet, placeOf, settingsOf } from './faults-run/fleet.js';
import { builtMain, migrate, type Member } from './faults-run/member.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { runCql } from './support/raw-clients.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

jest.setTimeout(180_000);

const subscribers = 20;
const recordsEach = 30;
const bytesEach = (subscriber: number): number => recordsEach * (subscriber + 1);

const agreements = new AgreementsGenerator().next(subscribers);

const lines = (): string =>
  agreements
    .flatMap(({ msisdn }, subscriber) =>
      Array.from({ length: recordsEach }, (_, at) => {
        const id = `b0ffee00-0000-4000-8000-${String(subscriber * 1000 + at).padStart(12, '0')}`;
        const time = new Date(Date.UTC(2020, 0, 10, 0, at)).toISOString();
        return `${id};${time};${msisdn};${subscriber + 1}`;
      }),
    )
    .join('\n') + '\n';

const portOf = (address: string): number => Number(address.split(':')[1]);

const totalsOf = (member: Member): Promise<(number | undefined)[]> =>
  Promise.all(
    agreements.map(async ({ id }) => {
      const path = `/api/data-records/${id}/2020/1/total-data-used`;
      const answer = await member.request(path, { headers: { accept: 'application/json' } });
      const body = (await answer?.json()) as { totalRecordedBytes: number } | undefined;
      return body?.totalRecordedBytes;
    }),
  );

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const endMs = Date.now() + 30_000; Date.now() < endMs; await sleep(100)) {
    if (await isSo()) return;
  }
  throw new Error(`not in time: ${what}`);
};

describe(chapterOnServers('totals of a process that does not count'), () => {
  let folder: string;
  let fleet: Fleet | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'overage-totals-'));
  });
  afterAll(async () => {
    await fleet?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  testOnServers(
    'are those of the processes that count, and sums of rows without them',
    async () => {
      if (!existsSync(builtMain)) throw new Error(`${builtMain} is not there: npm run build`);
      const { kafka, cassandra } = sharedServers();
      const ports = { kafka: portOf(kafka), cassandra: portOf(cassandra) };
      const name = nameOfSpec('totals').replaceAll('-', '_').toLowerCase();
      const place = placeOf(name, ports, { partitions: 2, shards: 2 });
      await migrate(folder, settingsOf(place));
      fleet = new Fleet(place, folder, { LOG_LEVEL: 'info' });
      await fleet.open(3, ['api', 'import,ingest', 'ingest']);
      const [asked, ...counting] = fleet.slots.map(({ member }) => member as Member);
      const body = JSON.stringify(agreements.map(agreementToJson));
      expect(await asked.send('POST', '/api/agreements', [body, 'application/json'])).toBe(true);
      fleet.drop({ feed: 'default', name: 'one.csv', text: lines() });
      const expected = agreements.map((_, subscriber) => bytesEach(subscriber));
      const isCounted = async (): Promise<boolean> =>
        (await totalsOf(asked)).every((total, at) => total === expected[at]);
      await until('every total is there', isCounted);

      // without rows only the processes that count can say what they counted
      await runCql(ports.cassandra, [`TRUNCATE ${place.keyspace}.usage_record`]);
      await until('the owners are asked', isCounted);
      expect(await totalsOf(asked)).toEqual(expected);
      for (const member of counting) {
        const outside = await member.request('/api/agreements?limit=1');
        expect(outside?.status).toBe(404); // no API, and answers other processes all the same
      }

      for (const slot of fleet.slots.slice(1)) slot.isWanted = false;
      for (const member of counting) member.signal('SIGKILL');
      await Promise.all(counting.map(({ ended }) => ended));
      expect(await totalsOf(asked)).toEqual(expected.map(() => 0));
    },
  );
});
