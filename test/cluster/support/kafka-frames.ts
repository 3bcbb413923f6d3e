/** The keys of Kafka's APIs that a proxy has to know; from the protocol guide of Kafka. */
export const kafkaApis = {
  Produce: 0,
  Fetch: 1,
  Metadata: 3,
  FindCoordinator: 10,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

export type KafkaApi = keyof typeof kafkaApis;

const names = new Map<number, KafkaApi>(
  Object.entries(kafkaApis).map(([name, key]) => [key, name as KafkaApi]),
);

/** The name of an API, or undefined when no fault is about it. */
export const apiNameOf = (key: number): KafkaApi | undefined => names.get(key);

const sizeBytes = 4;

/** Cuts a stream into frames: four bytes that say how many follow, and those. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;

  /** All frames that are whole now, each with its size in front. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (!this.#isWhole()) return [];
    const all = Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    let at = 0;
    while (at + sizeBytes <= all.length) {
      const end = at + sizeBytes + all.readInt32BE(at);
      if (end > all.length) break;
      frames.push(all.subarray(at, end));
      at = end;
    }
    this.#chunks = [all.subarray(at)];
    this.#length = all.length - at;
    return frames;
  }

  /** Large frames come in many chunks; they are put together once. */
  #isWhole(): boolean {
    if (this.#length < sizeBytes) return false;
    if (this.#chunks[0].length < sizeBytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#length >= sizeBytes + this.#chunks[0].readInt32BE(0);
  }
}

export interface RequestHead {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
}

/** The head of a request, all versions alike. */
export const requestHeadOf = (frame: Buffer): RequestHead => ({
  apiKey: frame.readInt16BE(4),
  version: frame.readInt16BE(6),
  correlationId: frame.readInt32BE(8),
});

export const correlationIdOf = (answer: Buffer): number => answer.readInt32BE(4);

const bodyAt = 8;

/** Reads on in an answer; lengths are 16 bits in the versions that are understood here. */
class Cursor {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  skipText(): void {
    const length = this.bytes.readInt16BE(this.at);
    this.at += 2 + Math.max(0, length);
  }
}

const lastPlainVersion = { Metadata: 8, FindCoordinator: 2 } as const;

/**
 * Puts `port` in the place of every broker's port in an answer to Metadata or FindCoordinator, so
 * that a client comes back to the proxy. Throws at a version that is written otherwise.
 */
export const advertise = (
  answer: Buffer,
  { api, version }: { api: 'Metadata' | 'FindCoordinator'; version: number },
  port: number,
): void => {
  if (version > lastPlainVersion[api]) {
    throw new Error(`${api} version ${version} is not understood by the proxy`);
  }
  const cursor = new Cursor(answer, bodyAt);
  const writePort = (): void => {
    cursor.skip(4); // node id
    cursor.skipText(); // host
    answer.writeInt32BE(port, cursor.at);
    cursor.skip(4);
  };
  if (api === 'FindCoordinator') {
    if (version > 0) cursor.skip(4); // throttle time
    cursor.skip(2); // error code
    if (version > 0) cursor.skipText(); // error message
    return writePort();
  }
  if (version > 2) cursor.skip(4); // throttle time
  for (let brokers = cursor.int32(); brokers > 0; brokers--) {
    writePort();
    if (version > 0) cursor.skipText(); // rack
  }
};
