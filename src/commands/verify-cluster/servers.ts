import {
  cassandraOptions,
  kafkaOptions,
  usageGroup,
} from '../../wiring/cluster/cluster-options.js';
import type { Settings } from '../../config/index.js';
import type { UsageEvents } from '../../ingest/index.js';
import { cassandraRecordRowStore } from '../../ingest/adapters/cassandra-record-row-store.js';
import { UsageDecoder } from '../../ingest/adapters/kafka-usage-codec.js';
import { CassandraSession } from '../../platform/cassandra/index.js';
import {
  GroupOffsets,
  kafkaFault,
  KafkaPartitionLog,
  newKafka,
  PartitionFetcher,
  type Admin,
  type Kafka,
} from '../../platform/kafka/index.js';
import { pauseFor } from '../../platform/pause.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { Fault } from '../../streaming/index.js';
import type { ReplayPorts } from '../replay.js';

type Fetched = Awaited<ReturnType<PartitionFetcher['fetch']>>;

const triesOfRead = 20;
const retryAfterMs = 500;
const lookMs = 1;

/** A server that is away for some seconds does not end a check of hours. */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof Fault && error.reaction === 'Retry';
      if (!isPassing || tries === triesOfRead) throw error;
      await pauseFor(retryAfterMs);
    }
  }
};

/** Reads one partition of a topic, committed messages only. */
export class PatientFetcher {
  readonly #fetcher: PartitionFetcher;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    ...[kafka, place, maxWaitMs]: [Kafka, { topic: string; partition: number }, number?]
  ) {
    this.#fetcher = new PartitionFetcher(kafka, { ...place, maxWaitMs });
  }

  fetch(offset: number): Promise<Fetched> {
    const fetched = patiently(() => this.#fetcher.fetch(offset));
    this.#last = fetched.catch(() => undefined);
    return fetched;
  }

  ends(): Promise<{ first: number; next: number }> {
    return patiently(() => this.#fetcher.ends());
  }

  /** Everything below is decided: committed or aborted. */
  async stableEnd(): Promise<number> {
    const { next } = await this.ends();
    return (await this.fetch(next)).stableEnd;
  }

  /** A fetch that is on its way, for a log is read ahead, would connect again. */
  async close(): Promise<void> {
    await this.#last;
    await this.#fetcher.close();
  }
}

/** The connections of one run. It writes nothing. */
export class Servers {
  private constructor(
    readonly settings: Settings,
    readonly logger: Logger,
    private readonly open: {
      readonly session: CassandraSession;
      readonly kafka: Kafka;
      readonly admin: Admin;
    },
  ) {}

  /** Rejects with the faults of both servers. */
  static async open(settings: Settings, logger: Logger): Promise<Servers> {
    const session = await CassandraSession.open(cassandraOptions(settings));
    const kafka = newKafka(kafkaOptions(settings), logger);
    const admin = kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      await session.close();
      throw kafkaFault(error);
    }
    return new Servers(settings, logger, { session, kafka, admin });
  }

  get session(): CassandraSession {
    return this.open.session;
  }

  /** The committed positions of the partitions of the log. */
  get offsets(): GroupOffsets {
    const { settings, open } = this;
    const topic = settings.topicIncomingDataRecords;
    return new GroupOffsets(open, { groupId: usageGroup(settings), topic });
  }

  /** A look at a partition of the log that waits for nothing. */
  logLook(partition: number): PatientFetcher {
    const topic = this.settings.topicIncomingDataRecords;
    return new PatientFetcher(this.open.kafka, { topic, partition }, lookMs);
  }

  /** The same at a partition of the messages. */
  messagesLook(partition: number): PatientFetcher {
    const topic = this.settings.topicDataRecordsAggregates;
    return new PatientFetcher(this.open.kafka, { topic, partition }, lookMs);
  }

  /** What a partition of the log is replayed with; to be closed. */
  replayPorts(partition: number): ReplayPorts & { close(): Promise<void> } {
    const { partitions, shards, batchEvents, topicIncomingDataRecords } = this.settings;
    const decoder = new UsageDecoder({ partition, partitions });
    const place = { topic: topicIncomingDataRecords, partition };
    const log = new KafkaPartitionLog<UsageEvents>({
      fetcher: new PatientFetcher(this.open.kafka, place),
      decode: (messages) => decoder.decode(messages),
      batchEvents,
    });
    const rows = cassandraRecordRowStore(this.session, { shards });
    return { log, rows, close: () => log.close() };
  }

  async close(): Promise<void> {
    await this.open.admin.disconnect().catch(() => undefined);
    await this.session.close();
  }
}
