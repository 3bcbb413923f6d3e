import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertRight } from './checker/check.js';
import { lagOf, readWorld } from './checker/read-world.js';
import { Feeder } from './faults-run/feeder.js';
import { Fleet, placeOf, settingsOf } from './faults-run/fleet.js';
import { builtMain, migrate, type Member } from './faults-run/member.js';
import { workloadOf } from './faults-run/workload.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { nameOfSpec, sharedServers } from './support/servers.js';

/** How long each server is out of reach; a minute by OUTAGE_SECONDS=60. */
const outageMs = Number(process.env.OUTAGE_SECONDS ?? 20) * 1000;
const unhealthyAfterMs = 8000;
/** What an outage may add to the memory of a process: less than the events that wait behind it. */
const mostGrowthMib = 150;

jest.setTimeout(120_000 + 6 * outageMs);

const env = {
  ...{ KAFKA_SESSION_TIMEOUT: 'PT6S', KAFKA_TRANSACTION_TIMEOUT: 'PT10S' },
  ...{ UNHEALTHY_AFTER: 'PT8S', FEED_MAX_OUT_OF_ORDERNESS: 'PT4H', LOG_LEVEL: 'info' },
};

/** A process for each, as a rule of their own says of each whether it gets on. */
const roles = ['api', 'import', 'ingest'];

let folder: string;
let fleet: Fleet | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'overage-outage-'));
});

afterAll(async () => {
  await fleet?.close();
  rmSync(folder, { recursive: true, force: true });
});

const memoryMib = ({ pid }: Member): number => {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};

const portOf = (address: string): number => Number(address.split(':')[1]);

/** Ready while it does its work, or has none; what only answers is not restarted for others. */
const isReady = async (member: Member): Promise<boolean> =>
  (await member.request('/health/ready'))?.ok ?? false;

/** Who cannot do its work without the server. */
const needs = (server: 'cassandra' | 'kafka', role: string): boolean =>
  server === 'cassandra' || role !== 'api';

const areAll = async (members: readonly Member[], ready: boolean): Promise<boolean> =>
  (await Promise.all(members.map(isReady))).every((is) => is === ready);

/** Totals and records, from Cassandra. */
const areAnswering = async (members: readonly Member[]): Promise<boolean> =>
  (await Promise.all(members.map((member) => member.request('/api/agreements?limit=1')))).every(
    (answer) => answer?.ok === true,
  );

const until = async (what: string, withinMs: number, isSo: () => Promise<boolean>) => {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(200)) {
    if (await isSo()) return;
  }
  throw new Error(`not within ${withinMs} ms: ${what}`);
};

describe(chapterOnServers('a server that is out of reach for a while'), () => {
  testOnServers(
    'nothing is lost, memory stays flat, it is told, and counting resumes',
    async () => {
      if (!existsSync(builtMain)) throw new Error(`${builtMain} is not there: npm run build`);
      const { kafka, cassandra } = sharedServers();
      const ports = { kafka: portOf(kafka), cassandra: portOf(cassandra) };
      const name = nameOfSpec('outage').replaceAll('-', '_').toLowerCase();
      const place = placeOf(name, ports, { partitions: 2, shards: 4 });
      await migrate(folder, { ...settingsOf(place), ...env });
      fleet = new Fleet(place, folder, env);
      await fleet.open(roles.length, roles);
      const feeder = new Feeder(
        fleet,
        workloadOf({ files: 24, lines: 60_000, subscribers: 200, seed: 1 }),
      );
      await feeder.begin();
      for (let file = 0; file < 8; file++) feeder.dropNext();

      const { slots } = fleet;
      const members = slots.flatMap(({ member }) => member ?? []);
      expect(members).toHaveLength(roles.length);
      for (const server of ['cassandra', 'kafka'] as const) {
        await until('all is well before', 30_000, () => areAll(members, true));
        const before = members.map(memoryMib);
        for (const { lines } of slots) lines[server].set({ kind: 'black-hole' });
        for (let file = 0; file < 4; file++) feeder.dropNext();
        const stopped = members.filter((_, at) => needs(server, roles[at]));
        await until(`${server} away is told`, outageMs, () => areAll(stopped, false));
        await sleep(outageMs - unhealthyAfterMs);
        members.forEach((member, at) => {
          expect(memoryMib(member) - before[at]).toBeLessThan(mostGrowthMib);
        });
        const others = members.filter((member) => !stopped.includes(member));
        expect(await areAll(others, true)).toBe(true);
        expect(await areAnswering(others)).toBe(true);
        for (const { lines } of slots) lines[server].set({ kind: 'none' });
        await until(`ready once ${server} is back`, 60_000, () => areAll(members, true));
      }
      await feeder.finish();
      await until('all is counted', 60_000, async () => {
        type Page = { items: { state: string }[] };
        const page = await members[0].json<Page>('/api/import-files?limit=100');
        const done = page?.items.filter(({ state }) => state === 'done').length;
        return done === fleet?.dropped.length && (await lagOf(place)) === 0;
      });
      expect(fleet.endedAlone).toEqual([]);
      expect(await fleet.stop()).toEqual([0, 0, 0]);
      assertRight(await readWorld(place, { dropped: fleet.dropped }));
    },
  );
});
