import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { newKafka } from './kafka-client.js';

/** Answers nothing on its first connections, then ApiVersions and Metadata of itself alone. */
class SlowBroker {
  readonly #sockets: Socket[] = [];

  private constructor(
    private readonly server: Server,
    private silent: number,
  ) {}

  static async start(silentConnections: number): Promise<SlowBroker> {
    const server = createServer();
    const broker = new SlowBroker(server, silentConnections);
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
    this.#sockets.push(socket);
    const isSilent = this.silent-- > 0;
    socket.on('error', () => undefined);
    socket.on('data', (request: Buffer) => {
      if (!isSilent) socket.write(this.#answer(request));
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

test('a broker that once did not say what it speaks is not lost for good', async () => {
  const broker = await SlowBroker.start(1);
  const log = { debug: () => undefined, warn: () => undefined };
  const kafka = newKafka({ bootstrapServers: [broker.address], clientId: 'test' }, log);
  const admin = kafka.admin();
  try {
    // the first try times out, later ones are answered
    await admin.connect();
    expect((await admin.fetchTopicMetadata()).topics).toEqual([]);
  } finally {
    await admin.disconnect();
    await broker.stop();
  }
});
