import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newClient } from '../checker/topic-reading.js';
import { readWorld, unprocessed, type ClusterPlace } from '../checker/read-world.js';
import type { DroppedFile, World } from '../checker/world.js';
import { Fleet, placeOf, settingsOf } from '../faults-run/fleet.js';
import { builtMain, migrate } from '../faults-run/member.js';
import { ClusterInTest } from '../support/cluster-in-test.js';

/** Servers of another run save the start: these name their ports. */
const given = {
  kafka: Number(process.env.OVERAGE_TEST_KAFKA_PORT ?? 0),
  cassandra: Number(process.env.OVERAGE_TEST_CASSANDRA_PORT ?? 0),
};

type Book = Readonly<Record<string, number | string>>;

/** Servers, a keyspace, topics and processes of one test, without any fault. */
export class SmallCluster {
  private constructor(
    readonly fleet: Fleet,
    private readonly own: ClusterInTest | undefined,
  ) {}

  static async start(
    name: string,
    env: Readonly<Record<string, string>>,
    processes = 1,
  ): Promise<SmallCluster> {
    if (!existsSync(builtMain)) throw new Error(`${builtMain} is not there: npm run build`);
    const own = given.kafka && given.cassandra ? undefined : await ClusterInTest.make();
    const started = await own?.run('up');
    if (started !== undefined && started.code !== 0) throw new Error(started.output);
    const place = placeOf(`${name}_${process.pid}_${Date.now()}`, own?.ports ?? given, {
      ...{ partitions: 4, shards: 8 },
    });
    const folder = mkdtempSync(join(tmpdir(), `overage-${name}-`));
    await migrate(folder, { ...settingsOf(place), ...env });
    const fleet = new Fleet(place, folder, env);
    await fleet.open(processes);
    return new SmallCluster(fleet, own);
  }

  get place(): ClusterPlace {
    return this.fleet.place;
  }

  get output(): string {
    return this.fleet.slots.map(({ member }) => member?.output).join('\n');
  }

  async postAgreements(agreements: readonly object[]): Promise<void> {
    const body = agreements.map((agreement) => JSON.stringify(agreement)).join('\n');
    const message = { body, type: 'application/x-ndjson', timeoutMs: 90_000 };
    if (await this.fleet.sendToAny('POST', '/api/agreements', message)) return;
    throw new Error(`nobody took the agreements:\n${this.output}`);
  }

  drop(file: DroppedFile): void {
    this.fleet.drop(file);
  }

  /** The books by REST, once all dropped files are done and all is counted. */
  async done(timeoutMs = 60_000): Promise<Book[]> {
    let books = await this.#books();
    for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; books = await this.#books()) {
      const done = books.filter(({ state }) => state === 'done').length;
      // The books are asked for again: what was counted meanwhile is not in these.
      if (done === this.fleet.dropped.length && (await unprocessed(this.place)) === 0) {
        return this.#books();
      }
      await sleep(200);
    }
    throw new Error(`not done in time: ${JSON.stringify(books)}\n${this.output}`);
  }

  async #books(): Promise<Book[]> {
    const page = await this.fleet.anyMember?.json<{ items: Book[] }>('/api/import-files?limit=100');
    return page?.items ?? [];
  }

  /** Ends the processes, which has to be clean, and reads everything that is left of them. */
  async stopAndRead(): Promise<World> {
    const endings = await this.fleet.stop();
    expect(endings).toEqual(endings.map(() => 0));
    return readWorld(this.place, { dropped: this.fleet.dropped });
  }

  async remove(): Promise<void> {
    await this.fleet.close();
    rmSync(this.fleet.folder, { recursive: true, force: true });
    if (this.own === undefined) {
      const admin = newClient(this.place.kafkaPort).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: Object.values(this.place.topics) });
      await admin.disconnect();
    }
    await this.own?.run('down');
    this.own?.remove();
  }
}
