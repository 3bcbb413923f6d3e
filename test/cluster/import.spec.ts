import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { partitionOfKey } from '../../src/streaming/index.js';
import { numbersFrom } from '../support/random-numbers.js';
import { seed } from '../support/seed.js';
import { chapterOnServers, testOnServers } from './support/cluster-in-test.js';
import { ImportCluster, partitions, until } from './support/import-cluster.js';

jest.setTimeout(300_000);

const badLineEvery = 500;
const kills = 5;

/** Lines of many subscribers; each 500th has no bytes. */
const csv = (lines: number): string =>
  Array.from({ length: lines }, (_, n) => {
    const recordedAt = new Date(Date.UTC(2020, 0, 2) + n * 100).toISOString();
    const bytes = n % badLineEvery === 0 ? 'none' : String(n);
    return `record-${n};${recordedAt};48${100_000 + (n % 9_973)};${bytes}\n`;
  }).join('');

const goodLinesOf = (lines: number): number => lines - Math.ceil(lines / badLineEvery);

interface Json {
  readonly msisdn: string;
  readonly recordedBytes: number;
  readonly fileId: number;
  readonly lineNo: number;
}

/** Lines by file, each with how often it stands in the log; throws when one is misplaced. */
const linesIn = (log: ReadonlyMap<number, readonly KafkaMessage[]>): Map<number, Uint8Array> => {
  const files = new Map<number, Uint8Array>();
  for (const [partition, messages] of log) {
    const last = new Map<number, number>();
    for (const { key, value, headers, offset } of messages) {
      if (headers?.type !== undefined) continue;
      const line = JSON.parse(String(value)) as Json;
      const { fileId, lineNo } = line;
      const place = `line ${lineNo} of file ${fileId} at ${partition}/${offset}`;
      if (partitionOfKey(String(key), partitions) !== partition) throw new Error(place);
      if (line.recordedBytes !== lineNo - 1) throw new Error(`${place} has another's bytes`);
      if (lineNo <= (last.get(fileId) ?? 0)) throw new Error(`${place} stands behind its next`);
      last.set(fileId, lineNo);
      const counts = files.get(fileId) ?? new Uint8Array(200_000);
      counts[lineNo]++;
      files.set(fileId, counts);
    }
  }
  return files;
};

const feedEventsIn = (messages: readonly KafkaMessage[]): string[] =>
  messages.flatMap(({ headers, value }) =>
    String(headers?.type) === 'feed' ? [String(value)] : [],
  );

describe(chapterOnServers(`the importer on real servers (seed ${seed})`), () => {
  let cluster: ImportCluster;
  /** Lines by name of all files that were dropped. */
  const dropped = new Map<string, number>();
  let nextFile = 1;

  const drop = (files: number, lines: number): void => {
    const content = csv(lines);
    for (let n = 0; n < files; n++) {
      const name = `file-${String(nextFile++).padStart(3, '0')}.csv`;
      dropped.set(name, lines);
      cluster.drop(name, content);
    }
  };

  const allImported = (): Promise<void> =>
    until('all files are imported', 120_000, () => cluster.waiting().length === 0);

  /** Every good line of every file once, in order, and its book as good as the file. */
  const expectEachLineOnce = async (): Promise<void> => {
    const log = await cluster.committed();
    const files = linesIn(log);
    const { keyspace } = cluster.options;
    const rows = await cluster.session.query(`SELECT id, name FROM ${keyspace}.import_file`);
    const registered = rows.map(({ id, name }) => [Number(id), String(name)] as const);
    expect([...registered.map(([, name]) => name)].sort()).toEqual([...dropped.keys()].sort());
    for (const [id, name] of registered) {
      const lines = dropped.get(name) ?? 0;
      const counts = files.get(id) ?? new Uint8Array(0);
      const sum = counts.reduce((all, count) => all + count, 0);
      const most = counts.reduce((a, b) => Math.max(a, b), 0);
      expect({ name, most, sum }).toEqual({
        ...{ name, most: 1, sum: goodLinesOf(lines) },
      });
      const book = await bookOf(id);
      expect({ name, ...book }).toEqual({
        ...{ name, state: 2, lines, rejected: lines - goodLinesOf(lines) },
      });
    }
    const events = [...log.values()].map(feedEventsIn);
    for (const ofPartition of events) expect(ofPartition).toEqual(events[0]);
    expect(events[0].length).toBeGreaterThanOrEqual(dropped.size);
  };

  const bookOf = async (id: number) => {
    const { keyspace } = cluster.options;
    const { session } = cluster;
    const select = `SELECT state, lines FROM ${keyspace}.import_progress WHERE file_id = ? LIMIT 1`;
    const count =
      `SELECT rejected FROM ${keyspace}.import_file_count ` +
      'WHERE file_id = ? AND log_partition = -1 LIMIT 1';
    const [progress] = await session.query(select, [id]);
    const [refused] = await session.query(count, [id]);
    const { state, lines } = progress;
    return { state: Number(state), lines: Number(lines), rejected: Number(refused.rejected) };
  };

  beforeAll(async () => {
    cluster = await ImportCluster.make();
  });

  afterAll(() => cluster?.remove());

  testOnServers('of two on one folder one imports; the other takes over when it ends', async () => {
    cluster.start();
    const first = await cluster.importing();
    const second = cluster.start();
    await until('the second stands by', 20_000, () => second.has('stands by'));
    drop(3, 5_000);
    await allImported();
    expect(second.isImporting).toBe(false);
    await first.end('SIGTERM');
    drop(1, 1_000);
    await allImported();
    expect(second.isImporting).toBe(true);
    await expectEachLineOnce();
    await second.end('SIGTERM');
  });

  testOnServers('killed at random moments: each line once, in order', async () => {
    const random = numbersFrom(seed);
    cluster.start();
    cluster.start();
    await cluster.importing();
    let midway = 0;
    for (let kill = 0; kill < kills; kill++) {
      const active = await cluster.importing();
      const before = await cluster.logLength();
      drop(1, 100_000);
      const some = before + 10_000 + random(60_000);
      await until('a part is committed', 60_000, async () => (await cluster.logLength()) > some);
      await sleep(random(100));
      await active.end('SIGKILL');
      if (cluster.waiting().length > 0) midway++;
      cluster.start();
    }
    // kills that hit nothing prove nothing
    expect(midway).toBeGreaterThan(kills / 2);
    await allImported();
    await expectEachLineOnce();
  });

  testOnServers('one that slept and wakes up commits nothing, and stands by', async () => {
    const sleeper = await cluster.importing();
    drop(2, 60_000);
    await sleep(500);
    sleeper.signal('SIGSTOP');
    await until('another one imports', 30_000, () =>
      cluster.processes.some((other) => other !== sleeper && other.isAlive && other.isImporting),
    );
    await sleep(500);
    sleeper.signal('SIGCONT');
    await allImported();
    await until('only one imports', 20_000, () => {
      return (
        cluster.processes.filter(({ isAlive, isImporting }) => isAlive && isImporting).length === 1
      );
    });
    await expectEachLineOnce();
  });
});
