import type { Kafka } from 'kafkajs';
import type Encoder from 'kafkajs/src/protocol/encoder.js';
import { newCluster } from './own-cluster.js';

/** Reads what the protocol of Kafka writes: big-endian numbers, texts and lists with a length. */
export class Reader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  int8(): number {
    return this.bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  /** '' also for none. */
  text(): string {
    const length = this.int16();
    if (length <= 0) return '';
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  int64(): number {
    return Number(this.bytes.readBigInt64BE(this.#take(8)));
  }

  /** Of newer versions: seven bits a byte, the lowest first. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.#take(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  /** A text of newer versions; '' also for none. */
  compactText(): string {
    const length = this.uvarint() - 1;
    if (length <= 0) return '';
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  compactList<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, item);
  }

  /** Fields that a later broker may add. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.#take(this.uvarint());
    }
  }

  skipInt32s(count: number): void {
    this.#take(4 * count);
  }

  skipTexts(count: number): void {
    for (let left = count; left > 0; left--) this.text();
  }

  skipBytes(): void {
    this.#take(Math.max(0, this.int32()));
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, item);
  }

  #take(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}

/** The part of kafkajs 2.2.4 that takes a request of its protocol as it is. */
interface RawBroker {
  readonly connectionPool: {
    send<T>(request: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        readonly encode: () => Promise<Encoder>;
      };
      readonly response: {
        readonly decode: (bytes: Buffer) => Promise<T>;
        readonly parse: (answer: T) => Promise<T>;
      };
    }): Promise<T>;
  };
}

/** The brokers as a client of kafkajs knows them. */
export interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findControllerBroker(): Promise<RawBroker>;
  findGroupCoordinator(group: { groupId: string }): Promise<RawBroker>;
}

/** A request that kafkajs does not know, in a version it does not know. */
export interface Question<T> {
  readonly api: { readonly key: number; readonly version: number; readonly name: string };
  readonly body: Encoder;
  readonly read: (reader: Reader) => T;
}

/** Sends a request to a broker. Rejects with the errors of kafkajs. */
export const ask = <T>(broker: RawBroker, { api, body, read }: Question<T>): Promise<T> =>
  broker.connectionPool.send({
    request: {
      apiKey: api.key,
      apiVersion: api.version,
      apiName: api.name,
      encode: () => Promise.resolve(body),
    },
    response: {
      decode: (bytes) => Promise.resolve(read(new Reader(bytes))),
      parse: (answer) => Promise.resolve(answer),
    },
  });

/** Codes of a coordinator that has just become one, or is one no more: it knows of no rights. */
export const notCoordinating: ReadonlySet<number> = new Set([14, 15, 16]);

/** Work on a connection of its own. */
export const onConnection = async <T>(
  kafka: Kafka,
  work: (cluster: RawCluster) => Promise<T>,
): Promise<T> => {
  const cluster = newCluster(kafka) as unknown as RawCluster;
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    return await work(cluster);
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
};
