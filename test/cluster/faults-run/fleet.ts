import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DroppedFile } from '../checker/world.js';
import type { ClusterPlace } from '../checker/read-world.js';
import { KafkaProxy } from '../support/kafka-proxy.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Member } from './member.js';

/** What one process reaches its servers through: faults hit it alone. */
export interface Lines {
  readonly kafka: TcpProxy;
  readonly kafkaAnswers: KafkaProxy;
  readonly cassandra: TcpProxy;
}

/** A place for a process: the lines stay when the process is another one. */
export interface Slot {
  readonly name: string;
  readonly lines: Lines;
  /** What its process does; all of it when nothing is said. */
  readonly roles?: string;
  member: Member | undefined;
  /** Whether a process that ends by itself is started again, as a supervisor would. */
  isWanted: boolean;
}

const linesTo = async (ports: { kafka: number; cassandra: number }): Promise<Lines> => {
  const kafkaAnswers = await KafkaProxy.listen(ports.kafka);
  const kafka = await TcpProxy.listen(kafkaAnswers.port);
  kafkaAnswers.advertiseAs(kafka.port);
  return { kafka, kafkaAnswers, cassandra: await TcpProxy.listen(ports.cassandra) };
};

/** Names of topics, keyspace and group, and the settings of all processes. */
export const settingsOf = (place: ClusterPlace): Record<string, string> => ({
  KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${place.kafkaPort}`,
  CASSANDRA_CONTACT_POINT: `127.0.0.1:${place.cassandraPort}`,
  CASSANDRA_KEYSPACE: place.keyspace,
  CLUSTER_NAME: place.clusterName,
  PARTITIONS: String(place.partitions),
  SHARDS: String(place.shards),
  DATA_RECORD_TABLE: 'on',
  KAFKA_REPLICATION_FACTOR: '1',
  CASSANDRA_REPLICATION_FACTOR: '1',
  TOPIC_INCOMING_DATA_RECORDS: place.topics.log,
  TOPIC_AGREEMENTS: place.topics.agreements,
  TOPIC_DATA_RECORDS_AGGREGATES: place.topics.messages,
  TOPIC_IMPORT_FILES: place.topics.journal,
});

export const placeOf = (
  name: string,
  ports: { readonly kafka: number; readonly cassandra: number },
  size: { readonly partitions: number; readonly shards: number },
): ClusterPlace => ({
  ...{ kafkaPort: ports.kafka, cassandraPort: ports.cassandra, keyspace: name, clusterName: name },
  ...size,
  topics: {
    log: `${name}-incoming-data-records`,
    agreements: `${name}-agreements`,
    messages: `${name}-data-records-aggregates`,
    journal: `${name}-import-files`,
  },
});

/** Processes that share a folder, a log and a keyspace; each behind proxies of its own. */
export class Fleet {
  readonly slots: Slot[] = [];
  readonly dropped: DroppedFile[] = [];
  /** Processes that ended though nobody asked them to. */
  readonly endedAlone: string[] = [];
  #starts = 0;
  #watching = true;
  #watch: Promise<void> = Promise.resolve();

  constructor(
    readonly place: ClusterPlace,
    readonly folder: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    mkdirSync(this.incoming, { recursive: true });
  }

  get incoming(): string {
    return join(this.folder, 'incoming');
  }

  /** The first one should have role `api`: it is asked. */
  async open(size: number, rolesOf: readonly string[] = []): Promise<void> {
    const { kafkaPort: kafka, cassandraPort: cassandra } = this.place;
    for (let at = 0; at < size; at++) {
      const lines = await linesTo({ kafka, cassandra });
      const slot = { name: `p${at + 1}`, lines, roles: rolesOf[at], isWanted: false };
      this.slots.push({ ...slot, member: undefined });
    }
    await Promise.all(this.slots.map((slot) => this.start(slot)));
    this.#watch = this.#supervise();
  }

  /** Starts a process in the slot and waits until it is ready, or has ended, or is too slow. */
  async start(slot: Slot, timeoutMs = 60_000): Promise<boolean> {
    const { lines } = slot;
    const member = await Member.start(this.folder, `${slot.name}-${++this.#starts}`, {
      ...settingsOf(this.place),
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${lines.kafka.port}`,
      CASSANDRA_CONTACT_POINT: `127.0.0.1:${lines.cassandra.port}`,
      MOBILECS_INCOMING_DATA_RECORDS_DIR: this.incoming,
      ...(slot.roles && { ROLES: slot.roles }),
      ...this.env,
    });
    slot.member = member;
    slot.isWanted = true;
    return member.ready(timeoutMs);
  }

  /** A process that runs, or undefined while there is none. */
  get anyMember(): Member | undefined {
    return this.slots.find(({ member }) => member !== undefined && !member.hasEnded)?.member;
  }

  /** A file comes to be by a rename, as files of the real world do. */
  drop(file: DroppedFile): void {
    const feedFolder = file.feed === 'default' ? '' : file.feed;
    const path = join(this.incoming, feedFolder, file.name);
    const unfinished = join(dirname(path), `tmp_${file.name}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, file.text);
    renameSync(unfinished, path);
    this.dropped.push(file);
  }

  /** Sends to one process after the other until one has taken it. */
  async sendToAny(
    method: 'POST' | 'PUT',
    path: string,
    { body, type, timeoutMs }: { body: string; type: string; timeoutMs: number },
  ): Promise<boolean> {
    for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
      for (const { member } of this.slots) {
        if (member && !member.hasEnded && (await member.send(method, path, [body, type]))) {
          return true;
        }
      }
      await sleep(250);
    }
    return false;
  }

  /** No faults any more: lines are whole, every slot has a process that runs. */
  async heal(): Promise<void> {
    for (const { lines } of this.slots) {
      lines.kafka.set({ kind: 'none' });
      lines.cassandra.set({ kind: 'none' });
      lines.kafkaAnswers.loseNothing();
    }
    for (const slot of this.slots) {
      slot.member?.signal('SIGCONT');
      if (slot.member === undefined || slot.member.hasEnded) await this.start(slot);
    }
  }

  /** Ends all processes cleanly; answers how each ended. */
  async stop(): Promise<(number | string)[]> {
    this.#watching = false;
    await this.#watch;
    const members = this.slots.flatMap(({ member }) => (member === undefined ? [] : [member]));
    for (const slot of this.slots) slot.isWanted = false;
    const endings = await Promise.all(members.map((member) => member.stop()));
    return endings.map(({ code, signal }) => code ?? signal ?? '?');
  }

  async close(): Promise<void> {
    this.#watching = false;
    await this.#watch;
    for (const { member, lines } of this.slots) {
      member?.signal('SIGKILL');
      await member?.ended;
      await lines.kafka.close();
      await lines.kafkaAnswers.close();
      await lines.cassandra.close();
    }
  }

  /** What a supervisor does: a process that gave up is started again. */
  async #supervise(): Promise<void> {
    while (this.#watching) {
      for (const slot of this.slots) {
        const { member } = slot;
        if (!slot.isWanted || member?.ending === undefined) continue;
        this.endedAlone.push(`${slot.name} with ${member.ending.code ?? member.ending.signal}`);
        slot.isWanted = false;
        void this.start(slot);
      }
      await sleep(250);
    }
  }
}
