import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertRight } from './checker/check.js';
import { LogReader } from './checker/log-event.js';
import { instantOf } from './checker/input.js';
import { lagOf, readWorld, unprocessed } from './checker/read-world.js';
import { SecondReader } from './checker/topic-reading.js';
import type { World } from './checker/world.js';
import { Feeder } from './faults-run/feeder.js';
import { faultsOfRound } from './faults-run/faults.js';
import { Fleet, placeOf, settingsOf } from './faults-run/fleet.js';
import { builtMain, migrate } from './faults-run/member.js';
import { Random } from './faults-run/random.js';
import { runFaults, type DoneFault } from './faults-run/run-faults.js';
import { FaultyServers } from './faults-run/servers.js';
import { workloadOf } from './faults-run/workload.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';

/** The seed of the run, for doing it again; `npm run test:faults` goes on for FAULT_MINUTES. */
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000_000);
const minutes = Number(process.env.FAULT_MINUTES ?? 0);
/** A round of 47 faults takes about so long. */
const roundMinutes = 4;
/** For a quick look: about so many of the faults, of every kind some. Such a run proves less. */
const wanted = Number(process.env.FAULT_COUNT ?? Infinity);
/** How long the last files may take once the faults are over. */
const settleMs = Number(process.env.FAULT_SETTLE_SECONDS ?? 60) * 1000;
const rounds = Math.max(1, Math.round(minutes / roundMinutes));

// Far above what it takes: what must be fast is asked for by itself.
jest.setTimeout((rounds * 30 + 10) * 60_000);

const size = {
  ...{ files: 72 * rounds, lines: 100_000 * rounds, subscribers: 400 },
  seed,
};

const env = {
  ...{ KAFKA_SESSION_TIMEOUT: 'PT6S', KAFKA_TRANSACTION_TIMEOUT: 'PT10S' },
  ...{ UNHEALTHY_AFTER: 'PT30S', FEED_MAX_OUT_OF_ORDERNESS: 'PT4H' },
  // Small ones, so that much is half done whenever something dies.
  ...{ BATCH_EVENTS: '1000', SNAPSHOT_EVERY_EVENTS: '4000', LOG_LEVEL: 'info' },
};

const tell = (line: string): void => void process.stderr.write(`  faults: ${line}\n`);

let servers: FaultyServers | undefined;
let fleet: Fleet | undefined;
let reader: SecondReader | undefined;
let folder: string;
let isRight = false;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'overage-faults-'));
});

afterAll(async () => {
  await reader?.stop();
  await fleet?.close();
  await servers?.stop();
  if (isRight) rmSync(folder, { recursive: true, force: true });
  else tell(`seed ${seed}; what the processes said is in ${folder}`);
});

/** Waits until all is counted; throws with what is left when that takes too long. */
const settle = async (running: Fleet, withinMs: number): Promise<number> => {
  const beganMs = Date.now();
  const { place } = running;
  while (Date.now() - beganMs < withinMs) {
    if ((await filesLeft(running)) === 0) {
      const lag = await lagOf(place);
      // Behind an undone transaction lie offsets that nobody will ever read.
      if (lag === 0 || (await unprocessed(place)) === 0) return Date.now() - beganMs;
    }
    await sleep(500);
  }
  const left = [await filesLeft(running), await unprocessed(place)];
  throw new Error(`after ${withinMs} ms ${left[0]} files and ${left[1]} messages are left`);
};

const filesLeft = async (running: Fleet): Promise<number> => {
  type Page = { items: { state: string }[]; next: number | null };
  let left = running.dropped.length;
  for (let next: number | null | undefined; next !== null;) {
    const after: string = next === undefined ? '' : `&after=${next}`;
    const page = await running.anyMember?.json<Page>(`/api/import-files?limit=100${after}`);
    if (page === undefined) return running.dropped.length;
    left -= page.items.filter(({ state }) => state === 'done').length;
    next = page.next;
  }
  return left;
};

/** What REST acknowledged is in the log. */
const expectAcknowledged = (world: World, feeder: Feeder): void => {
  const read = new LogReader(world.files);
  const there = new Set(
    world.log.flatMap((message) => {
      const event = read.read(message);
      if (event.type !== 'correction') return [];
      const { agreementId, recordedAtMs, recordId, recordedBytes } = event.correction;
      return [`${agreementId} ${recordedAtMs} ${recordId} ${recordedBytes}`];
    }),
  );
  const lost = feeder.acknowledged.filter(
    ({ agreementId, recordedAt, internalRecordId: id, recordedBytes }) =>
      !there.has(`${agreementId} ${instantOf(recordedAt)} ${id} ${recordedBytes}`),
  );
  expect(lost).toEqual([]);
};

const report = (done: readonly DoneFault[], world: World): void => {
  const count = (type: string): number =>
    world.messages.filter(({ headers }) => headers.type === type).length;
  const types = ['DATA_PLAN_EXCEEDED', 'BILLING_PERIOD_CLOSED', 'BILLING_PERIOD_ADJUSTED'];
  tell(
    `${done.length} faults, ${world.log.length} messages in the log, ${world.rows.length} rows, ` +
      types.map((type) => `${count(type)} ${type}`).join(', '),
  );
};

describe(chapterOnServers('three processes, four partitions, and all that can go wrong'), () => {
  testOnServers('whatever dies, each line is counted once and each message sent once', async () => {
    if (!existsSync(builtMain)) throw new Error(`${builtMain} is not there: npm run build`);
    tell(`FAULT_SEED=${seed}, ${rounds} round(s), ${size.lines} lines, folder ${folder}`);
    servers = await FaultyServers.start();
    const place = placeOf('faulty', servers.ports, { partitions: 4, shards: 8 });
    await migrate(folder, { ...settingsOf(place), ...env });
    fleet = new Fleet(place, folder, env);
    await fleet.open(3);
    reader = new SecondReader(place.kafkaPort, [place.topics.log, place.topics.messages]);
    reader.start();
    const workload = workloadOf(size);
    const feeder = new Feeder(fleet, workload);
    await feeder.begin();

    const random = new Random(seed);
    const all = Array.from({ length: rounds }, () => faultsOfRound(random)).flat();
    const every = Math.max(1, Math.round(all.length / wanted));
    const faults = all.filter((_, at) => at % every === 0);
    const done = await runFaults(faults, { fleet, feeder, servers }, { seed, tell });

    await fleet.heal();
    await feeder.finish();
    const settledMs = await settle(fleet, settleMs);
    tell(`all is counted ${settledMs} ms behind the last fault; ended alone: ${fleet.endedAlone}`);
    const endings = await fleet.stop();
    const seen = await reader.stop();

    const world = await readWorld(place, { dropped: fleet.dropped, seen });
    report(done, world);
    if (process.env.FAULT_WORLD) writeFileSync(process.env.FAULT_WORLD, JSON.stringify(world));
    assertRight(world);
    expectAcknowledged(world, feeder);
    expect(endings).toEqual([0, 0, 0]);
    expect(done.filter(({ happened }) => !happened)).toEqual([]);
    expect(done.length).toBeGreaterThanOrEqual(Math.min(40, faults.length));
    expect(world.seen.length).toBeGreaterThan(0);
    isRight = true;
  });
});
