import Decoder from 'kafkajs/src/protocol/decoder.js';
import fetchRequests from 'kafkajs/src/protocol/requests/fetch/index.js';
import type { AbortedTransaction } from './committed-messages.js';

/** What is asked of one partition. */
export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Bytes of the answer; a larger first batch is sent whole. */
  readonly maxBytes: number;
  /** How long the broker waits for something new. */
  readonly maxWaitMs: number;
}

/** The answer for one partition. */
export interface PartitionData {
  readonly lastStableOffset: string;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Batches of records, the last one perhaps cut off. */
  readonly records: Buffer;
}

/** A request as connections of kafkajs send it, and how its answer is read. */
export interface Exchange {
  readonly request: object;
  readonly response: { decode(raw: Buffer): Promise<object>; parse(data: object): Promise<object> };
  readonly requestTimeout: number;
}

/** Fetch of Kafka 2.3 and later; every broker since knows it. */
const version = 11;
/** Aborted transactions are named, and nothing behind the last stable offset is sent. */
const readCommitted = 1;

const noBytes = Buffer.alloc(0);

const abortedTransaction = (decoder: Decoder): AbortedTransaction => ({
  producerId: decoder.readInt64().toString(),
  firstOffset: decoder.readInt64().toString(),
});

/** In the order of the protocol. */
const partitionData = (decoder: Decoder) => ({
  partition: decoder.readInt32(),
  errorCode: decoder.readInt16(),
  highWatermark: decoder.readInt64().toString(),
  lastStableOffset: decoder.readInt64().toString(),
  logStartOffset: decoder.readInt64().toString(),
  abortedTransactions: decoder.readArray(abortedTransaction),
  preferredReadReplica: decoder.readInt32(),
  records: decoder.readBytes() ?? noBytes,
});

const decode = (raw: Buffer) => {
  const decoder = new Decoder(raw);
  return {
    clientSideThrottleTime: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: decoder.readArray(() => ({
      topicName: decoder.readString(),
      partitions: decoder.readArray(partitionData),
    })),
  };
};

/** What a connection answers an exchange with. */
export type FetchResponse = ReturnType<typeof decode>;

/**
 * A fetch of one partition whose records are left as they came: kafkajs makes a dozen objects of
 * each. What a broker refuses is thrown as kafkajs does.
 */
export const fetchExchange = (wanted: FetchRequest): Exchange => {
  const { topic, partition, offset, maxBytes, maxWaitMs } = wanted;
  const { request, response, requestTimeout } = fetchRequests.protocol({ version })({
    isolationLevel: readCommitted,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
    rackId: '',
  });
  return {
    request,
    response: { decode: (raw) => Promise.resolve(decode(raw)), parse: response.parse },
    requestTimeout,
  };
};
