import type { Kafka } from 'kafkajs';
import { BatchedWriter, type RowGroup } from '../../../src/platform/cassandra/index.js';
import {
  GroupOffsets,
  KafkaPartitionLog,
  KafkaPartitionTransactions,
  newKafka,
  PartitionFetcher,
  RecordWriter,
  TopicReader,
  type FetchedMessage,
} from '../../../src/platform/kafka/index.js';
import {
  RowsFirstCommitPoint,
  type ColumnBatch,
  type EffectsWriter,
} from '../../../src/streaming/index.js';
import type { CommitPointUnderTest } from '../../contracts/commit-point.contract.js';
import { NoteEvents } from '../../contracts/note-events.js';
import { decidedEnds } from '../checker/log-ends.js';
import { KeyspaceInTest } from './keyspace-in-test.js';
import { nameOfSpec, sharedServers } from './servers.js';

let kafka: Kafka;
let keyspace: KeyspaceInTest;

const log = { debug: () => undefined, warn: () => undefined };

/** To be called before any test. */
export const openNoteServers = async (): Promise<void> => {
  kafka = newKafka({ bootstrapServers: [sharedServers().kafka], clientId: 'contracts' }, log);
  keyspace = await KeyspaceInTest.open({ shards: 1, partitions: 1 });
  await keyspace.client.execute(
    'CREATE TABLE note_row (run text, id bigint, note text, PRIMARY KEY (run, id))',
  );
};

export const closeNotes = (): Promise<void> => keyspace.close();

interface Note {
  readonly type: number;
  readonly key: number;
  readonly timestampMs: number;
  readonly note: string;
}

const messagesOf = ({ length, types, keys, timestampsMs, notes }: NoteEvents) =>
  Array.from({ length }, (_, at) => {
    const [type, key, timestampMs] = [types[at], keys[at], timestampsMs[at]];
    return { value: JSON.stringify({ type, key, timestampMs, note: notes[at] } satisfies Note) };
  });

const decode = (messages: readonly FetchedMessage[]): NoteEvents => {
  const events = new NoteEvents(messages.length);
  for (const { value, offset } of messages) {
    events.push(JSON.parse(String(value)) as Note);
    events.offsets[events.length - 1] = offset;
  }
  return events;
};

const statement = { cql: 'INSERT INTO note_row (run, id, note) VALUES (?, ?, ?)', values: 3 };

const noteGroup = (run: string, batch: ColumnBatch): RowGroup => ({
  ...{ statement, onePartition: true, length: batch.length },
  put: (to, row) => {
    to.text(run);
    to.bigint((batch.column(0) as Float64Array)[row]);
    to.text((batch.column(1) as string[])[row]);
  },
});

const noteWriter = (run: string): EffectsWriter => {
  const rows = new BatchedWriter(keyspace.session);
  return {
    startAt: () => undefined,
    write: (effects) => rows.write(effects.rows.map((batch) => noteGroup(run, batch))),
  };
};

export interface NotesUnderTest extends CommitPointUnderTest {
  /** Another owner of the same partition, as in another process. */
  another(): Promise<NotesUnderTest>;
  reopen(): Promise<NotesUnderTest>;
}

const createTopics = async (topics: readonly string[]): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  const made = topics.map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }));
  await admin.createTopics({ topics: made, waitForLeaders: true });
  await admin.disconnect();
};

/** A partition of two new topics and rows in a table, on the adapters of the cluster. */
export const openNotes = async ({
  batchEvents = 1000,
  name,
}: {
  readonly batchEvents?: number;
  readonly name?: string;
}): Promise<NotesUnderTest> => {
  const run = name ?? nameOfSpec('notes');
  const topics = { input: `${run}-input`, output: `${run}-output` };
  if (name === undefined) await createTopics(Object.values(topics));
  const admin = kafka.admin();
  await admin.connect();
  const writer = new RecordWriter(kafka, topics.input);
  const messages = new TopicReader(kafka, topics.output, 1);
  const transactions = new KafkaPartitionTransactions(
    kafka,
    new GroupOffsets({ kafka, admin }, { groupId: run, topic: topics.input }),
    {
      ...{ transactionalId: run, transactionTimeoutMs: 10_000, groupId: run },
      input: { topic: topics.input, partition: 0 },
      output: { topic: topics.output, partitions: 1 },
    },
  );
  const partitionLog = new KafkaPartitionLog({
    fetcher: new PartitionFetcher(kafka, { topic: topics.input, partition: 0 }),
    ...{ decode, batchEvents },
  });
  const end = async (): Promise<void> => {
    await partitionLog.close();
    await Promise.all([transactions.close(), writer.close(), messages.close()]);
    await admin.disconnect();
  };
  // one append after the other: offsets rise in the order of the calls
  let appended: Promise<unknown> = Promise.resolve();
  return {
    rowsFirst: true,
    commitPoint: new RowsFirstCommitPoint(noteWriter(run), transactions),
    log: {
      read: (offset) => partitionLog.read(offset),
      stored: (from, to) => partitionLog.stored(from, to),
      append: (events) => {
        const written = appended.then(async () => {
          const [{ offsets }] = await writer.write([messagesOf(events)]);
          return { firstOffset: offsets[0], nextOffset: offsets[offsets.length - 1] + 1 };
        });
        appended = written.catch(() => undefined);
        return written;
      },
      close: () => void partitionLog.close(),
    },
    noteRows: async () => {
      const found = await keyspace.rows('SELECT note FROM note_row WHERE run = ?', [run]);
      return found.map(({ note }) => String(note));
    },
    messages: async () => {
      await decidedEnds(Number(sharedServers().kafka.split(':')[1]), topics.output, [0]);
      const found = await messages.all();
      return found.map(({ key, timestampMs, headers, value }) => ({
        ...{ key, timestampMs, headers, value },
      }));
    },
    another: () => openNotes({ batchEvents, name: run }),
    reopen: async () => {
      await end();
      return openNotes({ batchEvents, name: run });
    },
    dispose: end,
  };
};
