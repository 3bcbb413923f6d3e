import type { Kafka } from 'kafkajs';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { Fault } from '../../../streaming/index.js';
import { pauseFor } from '../../pause.js';
import { kafkaErrors } from '../errors.js';
import { kafkaFault } from '../kafka-client.js';
import { ask, notCoordinating, onConnection, type Question, type Reader } from './raw-requests.js';

/** Whose offset: a consumer group on a partition. */
export interface OffsetPlace {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

/** A committed offset; below 0 when there is none. */
export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

interface Answer extends CommittedOffset {
  /** Of the protocol; 0 for none. */
  readonly code: number;
}

/** Codes of the protocol. */
const undecided = 88;
const askAgainAfterMs = 20;
const mostMs = 30_000;

const noTags = 0;
/** Lists of newer versions begin with their length and one. */
const listOfOne = 2;

/** Of a broker that leaves out what is asked for (UNKNOWN_SERVER_ERROR): not the start of a log. */
const noAnswer: Answer = { offset: -1, metadata: '', code: -1 };

const readPartition = (reader: Reader): Answer => {
  reader.int32();
  const offset = reader.int64();
  reader.int32(); // leader epoch
  const metadata = reader.compactText();
  const code = reader.int16();
  reader.skipTags();
  return { offset, metadata, code };
};

const readAnswer = (reader: Reader): Answer => {
  reader.skipTags();
  reader.int32(); // throttle time
  const found = reader.compactList(() => {
    reader.compactText();
    const partitions = reader.compactList(() => readPartition(reader));
    reader.skipTags();
    return partitions;
  });
  const code = reader.int16();
  const [answer = noAnswer] = found.flat();
  return code === 0 ? answer : { ...answer, code };
};

/**
 * OffsetFetch, version 7 (KIP-447): the first that can be told to say so while a transaction is
 * undecided; kafkajs stops at 5.
 */
const question = ({ groupId, topic, partition }: OffsetPlace): Question<Answer> => ({
  api: { key: 9, version: 7, name: 'OffsetFetch' },
  body: new Encoder()
    .writeUVarInt(noTags) // of the header
    .writeUVarIntString(groupId)
    .writeUVarInt(listOfOne)
    .writeUVarIntString(topic)
    .writeUVarInt(listOfOne)
    .writeInt32(partition)
    .writeUVarInt(noTags)
    .writeBoolean(true) // only what is decided
    .writeUVarInt(noTags),
  read: readAnswer,
});

const late = ({ topic, partition }: OffsetPlace): Fault => {
  const { reaction, meaning } = kafkaErrors.KAFKA_TIMED_OUT;
  return new Fault('KAFKA_TIMED_OUT', reaction, meaning, { facts: { topic, partition } });
};

/**
 * The committed offset of a partition once no transaction is undecided about it. Kafka up to 3.9
 * answers a new producer's fence when the transaction before it is decided, and applies its offsets
 * a moment later: a plain question could still be answered with the offset before it. Rejects with
 * the faults of a connection.
 */
export const stableOffset = async (kafka: Kafka, place: OffsetPlace): Promise<CommittedOffset> => {
  const endMs = performance.now() + mostMs;
  try {
    return await onConnection(kafka, async (cluster) => {
      for (;;) {
        const coordinator = await cluster.findGroupCoordinator({ groupId: place.groupId });
        const { code, ...committed } = await ask(coordinator, question(place));
        if (code === 0) return committed;
        if (code !== undecided && !notCoordinating.has(code)) throw createErrorFromCode(code);
        if (performance.now() > endMs) throw late(place);
        await pauseFor(askAgainAfterMs);
      }
    });
  } catch (error) {
    throw kafkaFault(error);
  }
};
