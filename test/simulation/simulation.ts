import type { OutMessage } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import { calm, newNetworkFaults, startChaos } from './chaos.js';
import { checkAll } from './checks.js';
import {
  sessionTimeoutMs,
  standingsOf,
  transactionTimeoutMs,
  type Cluster,
  type JournalMessage,
} from './cluster.js';
import { Fleet } from './fleet.js';
import { Network, type NetworkFaults } from './network.js';
import { soundParts, type Parts } from './parts.js';
import { Reader } from './reader.js';
import { SimCassandra } from './sim-cassandra.js';
import { SimGroup } from './sim-group.js';
import { SimKafka, SimPartition } from './sim-kafka.js';
import { Violation, VirtualTime } from './virtual-time.js';
import { Watch } from './watch.js';
import { crowdOf, endOfCrowd, feeds, newWorkload, partitionsFor } from './workload.js';

/** Within so much time without faults all has to be done; slow requests take 20 s of it. */
const livenessMs = 60_000;
/** Requests that were slow during the faults have all arrived by then. */
const stragglersMs = 21_000;

const partitionsNamed = <T>(name: string, count: number): SimPartition<T>[] =>
  Array.from({ length: count }, (_, index) => new SimPartition<T>(`${name}-${index}`));

const allComplete = Date.UTC(2020, 5, 1);

/** How a run differs from the usual one. */
export interface SimulationOptions {
  readonly parts?: Parts;
  /** Subscribers whose periods end with one event: their closings take several transactions. */
  readonly crowd?: number;
}

/** One run: faults while work comes in, then none until all of it is done, then the checks. */
export class Simulation {
  readonly time: VirtualTime;
  readonly cluster: Cluster;
  readonly #faults: NetworkFaults;
  readonly #fleet: Fleet;
  readonly #reader: Reader;
  readonly #faultsEndMs: number;

  readonly #parts: Parts;
  readonly #crowd: number;

  constructor(seed: number, { parts = soundParts, crowd = 0 }: SimulationOptions = {}) {
    const time = (this.time = new VirtualTime(seed));
    const watch = new Watch(time);
    const partitions = crowd > 0 ? 1 : time.between(1, 3);
    this.#parts = parts;
    this.#crowd = crowd;
    this.#faults = newNetworkFaults(time);
    this.#faultsEndMs = time.between(5000, 25_000);
    let lastId = 0;
    const cluster: Cluster = {
      time,
      network: new Network(time, this.#faults),
      kafka: new SimKafka(time, { transactionTimeoutMs, watch }),
      cassandra: new SimCassandra(time),
      group: new SimGroup(time, { partitions, sessionTimeoutMs }),
      input: partitionsNamed<Unplaced>('input', partitions),
      output: partitionsNamed<OutMessage>('output', 2),
      journal: new SimPartition<JournalMessage>('journal'),
      importers: new SimGroup(time, { partitions: 1, sessionTimeoutMs }),
      folder: [],
      moved: new Set(),
      reserveIds: (count) => (lastId += count) - count + 1,
      isRealImport: time.chance(0.5),
      mostEventsOfFetch: crowd > 0 ? 400 : 12,
    };
    watch.cluster = this.cluster = cluster;
    const snapshotEveryEvents = time.pick([1, 5, 20, 1000]);
    this.#fleet = new Fleet({ cluster, parts, snapshotEveryEvents });
    this.#reader = new Reader(cluster);
  }

  /** Rejects with a Violation at the first thing that is wrong. */
  async run(): Promise<void> {
    const { time, cluster } = this;
    const fleet = this.#fleet;
    this.#outside();
    for (let left = time.between(1, 3); left > 0; left--) fleet.startWorker();
    fleet.startImporter();
    startChaos(cluster, fleet, this.#faultsEndMs);
    await time.runUntil(() => false, this.#faultsEndMs);
    time.say('no more faults');
    calm(this.#faults);
    cluster.kafka.slowestMarkerMs = 20;
    fleet.calm();
    await this.#becomes('all files are imported', () => this.#isImported());
    this.#endPeriods(allComplete);
    await this.#becomes('all is processed', () => this.#isDone());
    await time.runUntil(() => false, this.#faultsEndMs + stragglersMs);
    await this.#becomes('all is processed, stragglers too', () => this.#isDone());
    checkAll({ cluster, books: this.#parts.books(cluster.cassandra) });
    const { gone } = this.#reader;
    if (gone !== undefined) throw new Violation(`a reader saw what is gone: ${gone}`);
  }

  async #becomes(what: string, isSo: () => boolean): Promise<void> {
    const { time } = this;
    let nextMs = 0;
    const now = (): boolean => {
      if (time.nowMs < nextMs) return false;
      nextMs = time.nowMs + 50;
      return isSo();
    };
    if (await time.runUntil(now, this.#faultsEndMs + livenessMs)) return time.say(what);
    throw new Violation(`not in time: ${what}; ${this.#standing()}`);
  }

  #outside(): void {
    const { time, cluster } = this;
    const workload = newWorkload(time, this.#faultsEndMs);
    for (const event of crowdOf(this.#crowd)) this.#append(event);
    if (this.#crowd > 0) {
      time.after(time.below(this.#faultsEndMs), () => this.#endPeriods(endOfCrowd));
    }
    for (const { atMs, what } of workload.events) time.after(atMs, () => this.#append(what));
    for (const { atMs, what } of workload.files) {
      time.after(atMs, () => {
        cluster.folder.push(what);
        time.say(`${what.name} is there, ${what.bytes.length} bytes of ${what.feed}`);
      });
    }
  }

  /** One feed is complete through an instant, and the others are no longer waited for. */
  #endPeriods(completeThroughMs: number): void {
    const [feed, ...others] = feeds;
    this.#append({ type: 'feed', progress: { feed, status: 'active', completeThroughMs } });
    for (const other of others) {
      this.#append({ type: 'feed', progress: { feed: other, status: 'ended' } });
    }
  }

  /** As any other producer does, without a transaction. */
  #append(event: Unplaced): void {
    const { input } = this.cluster;
    for (const partition of partitionsFor(event, input.length)) input[partition].append([event]);
  }

  #isImported(): boolean {
    const { folder, kafka } = this.cluster;
    const states = new Map(standingsOf(this.cluster).map(({ name, state }) => [name, state]));
    const isDone = folder.every(({ name }) => states.get(name) === 'done');
    return isDone && kafka.openTransactions.length === 0;
  }

  #isDone(): boolean {
    const { input, kafka } = this.cluster;
    if (kafka.openTransactions.length > 0) return false;
    const { running } = this.#fleet;
    return input.every((log, partition) => {
      const { offset, cursor } = kafka.position(partition);
      const isRead = log.read(offset, 1).entries.length === 0 && cursor === 0;
      return isRead && running.get(partition)?.length === 1;
    });
  }

  #standing(): string {
    const { input, kafka } = this.cluster;
    const { running } = this.#fleet;
    const partitions = input.map((log, partition) => {
      const { offset, cursor } = kafka.position(partition);
      const owners = running.get(partition)?.join(' and ') ?? 'nobody';
      return `partition ${partition} at ${offset}/${cursor} of ${log.entries.length}, ${owners}`;
    });
    return [...partitions, `open: ${kafka.openTransactions.join(', ')}`].join('; ');
  }
}
