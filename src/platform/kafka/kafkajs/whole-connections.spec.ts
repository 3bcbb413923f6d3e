import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Admin } from 'kafkajs';
import { newKafka } from '../kafka-client.js';

/** What becomes of an answer: it is sent, or never, or half of it and then the socket is cut. */
type Fate = 'whole' | 'never' | 'half';
type FateOf = (answer: number, connection: number) => Fate;

/** Answers ApiVersions and Metadata of itself alone, if at all. */
class FaultyBroker {
  readonly #sockets: Socket[] = [];
  #answers = 0;

  private constructor(
    private readonly server: Server,
    private readonly fateOf: FateOf,
  ) {}

  /** `fateOf` is asked for each answer; answers and connections are counted from 0. */
  static async start(fateOf: FateOf): Promise<FaultyBroker> {
    const server = createServer();
    const broker = new FaultyBroker(server, fateOf);
    server.on('connection', (socket) => broker.#serve(socket));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((closed) => this.server.close(() => closed()));
  }

  #serve(socket: Socket): void {
    const connection = this.#sockets.push(socket) - 1;
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      const answer = this.#answer(request);
      const fate = this.fateOf(this.#answers++, connection);
      if (fate === 'whole') socket.write(answer);
      else if (fate === 'half') socket.end(answer.subarray(0, answer.length - 5));
    });
  }

  #answer(request: Buffer): Buffer {
    const apiKey = request.readInt16BE(4);
    const version = request.readInt16BE(6);
    const isVersions = apiKey === 18;
    // No error, one API (Metadata, version 0 alone), throttle time; or one broker and no topics.
    const versions = Buffer.from([0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
    const host = Buffer.from('127.0.0.1');
    const metadata = Buffer.alloc(4 + 4 + 2 + host.length + 4 + 4);
    metadata.writeInt32BE(1, 0);
    metadata.writeInt32BE(1, 4);
    metadata.writeInt16BE(host.length, 8);
    host.copy(metadata, 10);
    metadata.writeInt32BE((this.server.address() as AddressInfo).port, 10 + host.length);
    const body = isVersions ? versions.subarray(0, version === 0 ? 12 : 16) : metadata;
    const head = Buffer.alloc(8);
    head.writeInt32BE(4 + body.length, 0);
    request.copy(head, 4, 8, 12);
    return Buffer.concat([head, body]);
  }
}

const clientOf = (broker: FaultyBroker): Admin => {
  const log = { debug: () => undefined, warn: () => undefined };
  return newKafka({ bootstrapServers: [broker.address], clientId: 'test' }, log).admin();
};

jest.setTimeout(60_000);

test.each<[string, FateOf]>([
  ['did not say what it speaks', (answer) => (answer === 0 ? 'never' : 'whole')],
  ['was silent from some request on', (answer, at) => (at === 0 && answer > 2 ? 'never' : 'whole')],
  ['was cut off within an answer', (answer) => (answer === 3 ? 'half' : 'whole')],
])('a broker that once %s is not lost for good', async (_, fateOf) => {
  const broker = await FaultyBroker.start(fateOf);
  const admin = clientOf(broker);
  try {
    await admin.connect();
    let lost = 0;
    for (let asked = 0; asked < 4; asked++) {
      await admin.fetchTopicMetadata().catch(() => lost++);
    }
    expect(lost).toBeLessThanOrEqual(1);
  } finally {
    await admin.disconnect();
    await broker.stop();
  }
});
