import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from './tcp-proxy.js';

let echo: Server;
let proxy: TcpProxy;
/** Bytes the target got. */
let arrived: Buffer;

beforeEach(async () => {
  arrived = Buffer.alloc(0);
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      arrived = Buffer.concat([arrived, chunk]);
      socket.write(chunk);
    });
  });
  await new Promise<void>((listening) => echo.listen(0, '127.0.0.1', listening));
  proxy = await TcpProxy.listen((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  await proxy.close();
  await new Promise((closed) => echo.close(closed));
});

/** A client that keeps what it got, and how its connection ended. */
class Client {
  got = Buffer.alloc(0);
  error: NodeJS.ErrnoException | undefined;
  readonly closed: Promise<void>;

  constructor(readonly socket: Socket = connect({ host: '127.0.0.1', port: proxy.port })) {
    socket.on('data', (chunk: Buffer) => (this.got = Buffer.concat([this.got, chunk])));
    socket.on('error', (error) => (this.error = error));
    this.closed = new Promise((closed) => socket.once('close', () => closed()));
  }

  async gets(bytes: number): Promise<void> {
    for (let tries = 0; this.got.length < bytes && tries < 400; tries++) await sleep(5);
    expect(this.got).toHaveLength(bytes);
  }
}

test('without a fault bytes pass both ways, as they are and whole', async () => {
  const client = new Client();
  const bytes = Buffer.alloc(3_000_000, 'abcdefg');
  client.socket.write(bytes);
  await client.gets(bytes.length);
  expect(client.got.equals(bytes)).toBe(true);
  expect(proxy.hits).toBe(0);
  expect(proxy.opened).toBe(1);
  client.socket.end();
  await client.closed;
  expect(client.error).toBeUndefined();
});

test('delayed bytes come later and in their order', async () => {
  proxy.set({ kind: 'delay', ms: 60 });
  const client = new Client();
  const beganMs = Date.now();
  for (const text of ['a', 'b', 'c']) {
    client.socket.write(text);
    await sleep(10);
  }
  await client.gets(3);
  expect(Date.now() - beganMs).toBeGreaterThanOrEqual(120);
  expect(client.got.toString()).toBe('abc');
  expect(proxy.hits).toBeGreaterThan(0);
  client.socket.destroy();
});

test('a reset ends what is open, and what is opened while it lasts', async () => {
  const before = new Client();
  before.socket.write('x');
  await before.gets(1);
  proxy.set({ kind: 'reset' });
  await before.closed;
  expect(before.error?.code).toBe('ECONNRESET');
  const during = new Client();
  await during.closed;
  expect(during.got).toHaveLength(0);
  expect(proxy.hits).toBe(2);
  proxy.set({ kind: 'none' });
  const after = new Client();
  after.socket.write('y');
  await after.gets(1);
  after.socket.destroy();
});

test('a black hole lets nothing pass and nothing end; what it held passes behind it', async () => {
  const before = new Client();
  before.socket.write('x');
  await before.gets(1);
  proxy.set({ kind: 'black-hole' });
  before.socket.write('y');
  const during = new Client();
  during.socket.write('z');
  await sleep(150);
  expect(before.got.toString()).toBe('x');
  expect(arrived.toString()).toBe('x');
  expect([before.socket.destroyed, during.socket.destroyed]).toEqual([false, false]);
  expect(proxy.hits).toBeGreaterThan(0);
  proxy.set({ kind: 'none' });
  await before.gets(2);
  await during.gets(1);
  before.socket.destroy();
  during.socket.destroy();
});

test('a cut lets exactly so many bytes pass, then resets', async () => {
  proxy.set({ kind: 'cut', afterBytes: 1000 });
  const client = new Client();
  client.socket.write(Buffer.alloc(5000, 'q'));
  await client.closed;
  expect(arrived).toHaveLength(1000);
  expect(proxy.hits).toBeGreaterThan(0);
  proxy.set({ kind: 'none' });
  const after = new Client();
  after.socket.write(Buffer.alloc(5000, 'q'));
  await after.gets(5000);
  after.socket.destroy();
});

test('a target that is not there ends the client, and the proxy lives on', async () => {
  await new Promise((closed) => echo.close(closed));
  const client = new Client();
  await client.closed;
  expect(client.error?.code).toBe('ECONNRESET');
});
