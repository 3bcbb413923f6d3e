import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a partition ends: for readers of committed messages, and for all. */
export interface LogEnd {
  readonly partition: number;
  /** The last stable offset: below the first message of a transaction that is still open. */
  readonly committed: number;
  /** The high watermark. */
  readonly all: number;
}

const clientId = 'checker';

const request = (partitions: readonly number[], topic: string, isolation: 0 | 1): Buffer => {
  const name = Buffer.from(topic);
  const bytes = Buffer.alloc(14 + clientId.length + 15 + name.length + partitions.length * 12);
  let at = 4;
  const int16 = (value: number): void => void (at = bytes.writeInt16BE(value, at));
  const int32 = (value: number): void => void (at = bytes.writeInt32BE(value, at));
  int16(2); // ListOffsets
  int16(2); // version
  int32(1); // correlation id
  int16(clientId.length);
  at += bytes.write(clientId, at);
  int32(-1); // replica id of a client
  at = bytes.writeInt8(isolation, at);
  int32(1);
  int16(name.length);
  at += name.copy(bytes, at);
  int32(partitions.length);
  for (const partition of partitions) {
    int32(partition);
    at = bytes.writeBigInt64BE(-1n, at); // the latest
  }
  bytes.writeInt32BE(at - 4, 0);
  return bytes.subarray(0, at);
};

const ask = (port: number, bytes: Buffer): Promise<Buffer> =>
  new Promise((answered, failed) => {
    const socket = connect({ host: '127.0.0.1', port });
    let got = Buffer.alloc(0);
    socket.on('error', failed);
    socket.on('close', () => failed(new Error('the broker closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 4 || got.length < 4 + got.readInt32BE(0)) return;
      answered(got);
      socket.destroy();
    });
    socket.write(bytes);
  });

const ends = async (
  port: number,
  { topic, partitions }: { topic: string; partitions: readonly number[] },
  isolation: 0 | 1,
): Promise<Map<number, number>> => {
  const answer = await ask(port, request(partitions, topic, isolation));
  const found = new Map<number, number>();
  let at = 8 + 4 + 4; // size, correlation id; throttle time; number of topics
  at += 2 + answer.readInt16BE(at);
  const count = answer.readInt32BE(at);
  for (at += 4; found.size < count; at += 4 + 2 + 8 + 8) {
    const code = answer.readInt16BE(at + 4);
    if (code !== 0) throw new Error(`ListOffsets of ${topic}: error ${code}`);
    found.set(answer.readInt32BE(at), Number(answer.readBigInt64BE(at + 14)));
  }
  return found;
};

/**
 * Asks the broker on that port where partitions end (ListOffsets v2, with and without open
 * transactions). Where both differ, a transaction is open.
 */
export const logEnds = async (
  port: number,
  topic: string,
  partitions: readonly number[],
): Promise<LogEnd[]> => {
  const all = await ends(port, { topic, partitions }, 0);
  const committed = await ends(port, { topic, partitions }, 1);
  return partitions.map((partition) => ({
    partition,
    committed: committed.get(partition) ?? -1,
    all: all.get(partition) ?? -1,
  }));
};

/** Less than the timeout of any transaction here: one that nobody ends is open still. */
const decidedWithinMs = 8_000;

/**
 * The same, asked until no transaction was open in a partition once. A commit is answered before
 * its markers are written, and others write to a topic that all share.
 */
export const decidedEnds = async (
  port: number,
  topic: string,
  partitions: readonly number[],
): Promise<LogEnd[]> => {
  const decided = new Map<number, LogEnd>();
  for (const beganMs = Date.now(); ; await sleep(20)) {
    const ends = await logEnds(port, topic, partitions);
    for (const end of ends) if (end.committed >= end.all) decided.set(end.partition, end);
    if (decided.size === partitions.length || Date.now() - beganMs > decidedWithinMs) {
      return ends.map((end) => decided.get(end.partition) ?? end);
    }
  }
};
