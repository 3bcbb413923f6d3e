import type { FileHandle } from 'node:fs/promises';
import { KafkaImportJournal } from '../../src/import/adapters/kafka-import-journal.js';
import {
  KafkaImportLog,
  type PartitionMessages,
} from '../../src/import/adapters/kafka-import-log.js';
import { Importer } from '../../src/import/importer.js';
import { FoldersLeftAlone } from '../../src/import/left-alone.js';
import type { ImporterPorts } from '../../src/import/importer-ports.js';
import type { FoundFile, IncomingFiles } from '../../src/import/incoming-files.js';
import { eventTypes, type UsageEvents } from '../../src/ingest/index.js';
import { Fault, type ColumnBatch } from '../../src/streaming/index.js';
import type { Unplaced } from '../support/builders.js';
import type { OracleFeedProgress } from '../support/oracle-model.js';
import { plainRows, type PlainRow } from '../support/plain-rows.js';
import { uuidText } from '../support/uuid-text.js';
import { askCassandra, writeRows } from './cassandra-clients.js';
import {
  askKafka,
  beforeTheLog,
  type JournalMessage,
  type Place,
  type SimFile,
} from './cluster.js';
import { SimProducer } from './kafka-clients.js';
import type { Upsert } from './sim-cassandra.js';
import { partitionsFor } from './workload.js';

const heartbeatMs = 1500;
const startOfYearMs = Date.UTC(2020, 5, 1);
const longestPollMs = 500;
const producersOfImport = 'import';

const eventAt = (events: UsageEvents, at: number): Unplaced => {
  if (events.types[at] === eventTypes.feed) {
    const progress = JSON.parse(events.payloads[at]) as OracleFeedProgress;
    return { type: 'feed', progress: { ...progress, stampMs: events.timestampsMs[at] } };
  }
  return {
    type: 'record',
    record: {
      msisdn: events.keys[at],
      recordedAtMs: events.timestampsMs[at],
      recordId: uuidText(events.recordIds.subarray(at * 4, at * 4 + 4)) as string,
      recordedBytes: events.recordedBytes[at],
      fileId: events.fileIds[at],
      lineNo: events.lineNos[at],
      ...(events.types[at] === eventTypes.unterminatedRecord && { unterminated: true }),
    },
  };
};

/** The events as plain values: what a step would have in memory of them. */
export const plainEvents = (events: UsageEvents): Unplaced[] =>
  Array.from({ length: events.length }, (_, at) => eventAt(events, at));

/** Files of the folder of all importers; each look at it takes a moment. */
class SimFolder implements IncomingFiles {
  constructor(private readonly place: Place) {}

  watch(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // nothing is watched
  }

  async scan(): Promise<FoundFile[]> {
    await this.#moment();
    return this.#there().map((file) => ({
      folder: folderOf(file),
      name: file.name,
      isRegular: true,
    }));
  }

  cameWhole(): Promise<() => boolean> {
    return Promise.resolve(() => true);
  }

  async look({ name }: FoundFile): Promise<ReturnType<typeof identityOf> | undefined> {
    await this.#moment();
    const file = this.#there().find((one) => one.name === name);
    return file && identityOf(file);
  }

  async open({ name }: FoundFile): Promise<FileHandle | 'gone'> {
    await this.#moment();
    const file = this.#there().find((one) => one.name === name);
    if (file === undefined) return 'gone';
    const handle = {
      file,
      read: async ({ buffer, position }: { buffer: Buffer; position: number }) => {
        await this.#moment();
        return { buffer, bytesRead: file.bytes.copy(buffer, 0, position) };
      },
      close: () => this.#moment(),
    };
    return handle as unknown as FileHandle;
  }

  async identity(handle: FileHandle): Promise<ReturnType<typeof identityOf>> {
    await this.#moment();
    return identityOf((handle as unknown as { file: SimFile }).file);
  }

  async move({ name }: FoundFile): Promise<undefined> {
    await this.#moment();
    this.place.cluster.moved.add(name);
    return undefined;
  }

  findDone(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #there(): SimFile[] {
    const { folder, moved } = this.place.cluster;
    return folder.filter(({ name }) => !moved.has(name));
  }

  #moment(): Promise<void> {
    return this.place.process.sleep(this.place.cluster.time.below(4));
  }
}

const folderOf = ({ feed }: SimFile): string => (feed === 'default' ? '' : feed);

/** A stamp is the inode and more behind a dash. */
const inodeOf = (name: string): string => name.replaceAll('-', '');

const identityOf = ({ name, bytes }: SimFile) => ({
  inode: inodeOf(name),
  stamp: `${inodeOf(name)}-1`,
  bytes: bytes.length,
  changedMs: startOfYearMs,
});

/** Rows of the import, with the counts of refused lines as they stand behind a line. */
class SimImportRows {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly place: Place) {}

  write(rows: readonly ColumnBatch[]): Promise<void> {
    const tables = new Map<string, PlainRow[]>();
    for (const batch of rows) {
      const { name } = batch.schema;
      tables.set(name, [...(tables.get(name) ?? []), ...plainRows(batch)]);
    }
    const written = this.#last.then(() => this.#write(tables));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #write(tables: ReadonlyMap<string, readonly PlainRow[]>): Promise<void> {
    const plain = (table: string, keyOf: (row: PlainRow) => string): Upsert[] =>
      (tables.get(table) ?? []).map((row) => ({ table, key: keyOf(row), row }));
    const letters = (tables.get('dead_letter') ?? []).map((letter): Upsert => {
      const { file_id: fileId, line_no: lineNo, code } = letter;
      const key = `file ${String(fileId)} line ${String(lineNo)}`;
      return { table: 'dead_letter', key, row: { fileId, lineNo, code } };
    });
    await writeRows(this.place, [
      plain('import_file', (row) => String(row.id)),
      plain('import_progress', (row) => `${String(row.file_id)} ${String(row.seq)}`),
      letters,
      await this.#counts(letters),
    ]);
  }

  async #counts(letters: readonly Upsert[]): Promise<Upsert[]> {
    const { cassandra } = this.place.cluster;
    const lines = new Map<number, number[]>();
    for (const { row } of letters) {
      const fileId = row.fileId as number;
      lines.set(fileId, [...(lines.get(fileId) ?? []), row.lineNo as number]);
    }
    const table = 'import_file_count';
    return Promise.all(
      Array.from(lines, async ([fileId, its]) => {
        const before = await askCassandra(this.place, 'readBook', () =>
          cassandra.book(fileId, beforeTheLog, its[0]),
        );
        const counts = [0, 0, 0, 0, (before?.counts[4] ?? 0) + its.length];
        const version = its[its.length - 1];
        const row = { fileId, partition: beforeTheLog, version, counts };
        return { table, key: `${fileId} ${beforeTheLog} v${version}`, row };
      }),
    );
  }
}

/** What both adapters want of a transactional sender. */
class SimSender {
  readonly #producer: SimProducer;

  constructor(private readonly place: Place) {
    this.#producer = new SimProducer(place, producersOfImport);
  }

  fence(): Promise<void> {
    return this.#producer.fence();
  }

  async transact({ messages }: Parameters<KafkaImportParts['sender']['transact']>[0]) {
    const { input, journal } = this.place.cluster;
    for (const { topic, partition, messages: taken } of messages) {
      const values = taken as unknown as readonly object[];
      if (values.length === 0) continue;
      if (topic === 'journal') await this.#producer.produce(journal, values as JournalMessage[]);
      else await this.#producer.produce(input[partition], values as Unplaced[]);
    }
    await this.#producer.commit();
  }

  close(): Promise<void> {
    this.#producer.drop();
    return Promise.resolve();
  }
}

type KafkaImportParts = ConstructorParameters<typeof KafkaImportLog>[0];

/** The journal's topic, as its adapter reads it. */
const journalReader = (place: Place) => {
  const { kafka, journal } = place.cluster;
  return {
    ends: () => askKafka(place, 'fetch', () => ({ first: 0, next: journal.entries.length })),
    fetch: async (at: number) => {
      const { entries, next } = await askKafka(place, 'fetch', () =>
        kafka.fetch(journal, { from: at, most: 20, waitMs: longestPollMs }),
      );
      const messages = entries.map(({ value }) => ({
        key: Buffer.from((value as JournalMessage).key),
        value: textOrNull((value as JournalMessage).value),
      }));
      return { messages, nextOffset: next, stableEnd: journal.lastStableOffset };
    },
  } as unknown as ConstructorParameters<typeof KafkaImportJournal>[0]['log'];
};

const textOrNull = (text: string | null): Buffer | null =>
  text === null ? null : Buffer.from(text);

/**
 * A process with the role `import`: the program's own importer, journal and log adapters, on the
 * simulated servers and folder. It imports while the group gives it the journal, as in the cluster.
 */
export class RealImport {
  constructor(private readonly place: Place) {}

  async run(): Promise<void> {
    const { cluster, process } = this.place;
    let importer: Importer | undefined;
    for (;;) {
      const isOwn = await this.#heartbeat().catch(() => importer !== undefined);
      if (isOwn && importer === undefined) {
        importer = new Importer(this.#ports());
        await importer.start();
        cluster.time.say(`${process.name} imports`);
      } else if (!isOwn && importer !== undefined) {
        await importer.stop();
        importer = undefined;
        cluster.time.say(`${process.name} stands by`);
      }
      await process.sleep(heartbeatMs);
    }
  }

  #heartbeat(): Promise<boolean> {
    const { importers } = this.place.cluster;
    return askKafka(
      this.place,
      'heartbeat',
      () => importers.heartbeat(this.place.process.name).length > 0,
    );
  }

  #ports(): ImporterPorts {
    const { place } = this;
    const { cluster, process } = place;
    const rows = new SimImportRows(place);
    const sender = new SimSender(place);
    const pauseMs = (ms: number): Promise<void> => process.sleep(ms);
    const journal = new KafkaImportJournal({
      ...{ directoryId: 'folder', log: journalReader(place), sender, rows, pauseMs },
      confirm: async () => {
        if (await this.#heartbeat()) return;
        throw new Fault('SIM_STANDS_BY', 'Retry', 'another process imports');
      },
      reserveIds: (count) => askCassandra(place, 'reserveIds', () => cluster.reserveIds(count)),
    });
    const encode = (events: UsageEvents): PartitionMessages[] => {
      const parts = cluster.input.map((): Unplaced[] => []);
      for (const event of plainEvents(events)) {
        for (const partition of partitionsFor(event, parts.length)) parts[partition].push(event);
      }
      return parts as unknown as PartitionMessages[];
    };
    const say = (message: string, facts?: object): void =>
      cluster.time.say(`${process.name} ${message} ${JSON.stringify(facts ?? '')}`);
    return {
      folder: new SimFolder(place),
      log: new KafkaImportLog({
        ...{ journal, sender, rows, encode },
        topics: { log: 'log', journal: 'journal' },
      }),
      journal,
      now: () => startOfYearMs + cluster.time.nowMs,
      pauseMs,
      maxLineBytes: 1000,
      maxFutureSkewMs: 24 * 3_600_000,
      scanIntervalMs: 700,
      quietPeriodMs: 2000,
      isSortedByTime: () => false,
      gzip: undefined,
      maxOutOfOrdernessMs: () => 0,
      leftAlone: new FoldersLeftAlone({ warn: say }),
      logger: { log: say, warn: say },
    };
  }
}
