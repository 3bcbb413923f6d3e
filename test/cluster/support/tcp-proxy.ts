import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a proxy does with bytes.
 * none: passes them · delay: passes them later, in order · reset: resets what is open and what is
 * opened · black-hole: holds everything back, connections stay open; what was held passes when the
 * fault ends, as TCP would send it again · cut: resets each connection after so many more bytes,
 * counted over both ways.
 */
export type TcpFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** One client and its connection to the target. */
class Connection {
  #bytesLeft = Infinity;
  readonly #upstream: Socket;
  readonly #pipes: readonly Pipe[];

  constructor(
    private readonly client: Socket,
    port: number,
    private readonly proxy: TcpProxy,
  ) {
    this.#upstream = connect({ host: '127.0.0.1', port });
    this.#upstream.setNoDelay(true);
    client.setNoDelay(true);
    this.#pipes = [
      new Pipe(client, this.#upstream, (chunk) => this.#pass(chunk)),
      new Pipe(this.#upstream, client, (chunk) => this.#pass(chunk)),
    ];
    for (const socket of [client, this.#upstream]) {
      socket.on('error', () => this.reset());
      socket.on('close', () => proxy.forget(this));
    }
    this.obey(proxy.fault);
  }

  obey(fault: TcpFault): void {
    this.#bytesLeft = fault.kind === 'cut' ? fault.afterBytes : Infinity;
    if (fault.kind === 'reset') {
      this.proxy.hit();
      return this.reset();
    }
    for (const pipe of this.#pipes) pipe.hold(fault.kind === 'black-hole');
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.#upstream.resetAndDestroy();
  }

  /** What of a chunk may pass now; the connection is reset behind a cut one. */
  async #pass(chunk: Buffer): Promise<Buffer | undefined> {
    const { fault } = this.proxy;
    if (fault.kind === 'delay') {
      this.proxy.hit();
      await sleep(fault.ms);
    }
    if (fault.kind === 'black-hole') this.proxy.hit();
    if (chunk.length < this.#bytesLeft) {
      this.#bytesLeft -= chunk.length;
      return chunk;
    }
    const rest = chunk.subarray(0, this.#bytesLeft);
    this.#bytesLeft = 0;
    this.proxy.hit();
    // Written first, so that exactly so many bytes arrive.
    setTimeout(() => this.reset(), 5);
    return rest;
  }
}

type Pass = (chunk: Buffer) => Promise<Buffer | undefined>;

/** One way of a connection: chunks in order, held back or not. */
class Pipe {
  #last: Promise<void> = Promise.resolve();
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  constructor(from: Socket, to: Socket, pass: Pass) {
    const inOrder = (work: () => Promise<void>): void => {
      this.#last = this.#last.then(() => this.#released).then(work);
    };
    from.on('data', (chunk: Buffer) =>
      inOrder(async () => {
        const passed = await pass(chunk);
        await this.#released;
        if (passed === undefined || passed.length === 0 || !to.writable) return;
        if (to.write(passed)) return;
        from.pause();
        to.once('drain', () => from.resume());
      }),
    );
    from.on('end', () => inOrder(async () => void to.end()));
  }

  hold(isHeld: boolean): void {
    this.#release();
    this.#released = isHeld
      ? new Promise((resolve) => {
          this.#release = resolve;
        })
      : Promise.resolve();
  }
}

/** A TCP proxy on loopback whose faults are switched while it runs. */
export class TcpProxy {
  #fault: TcpFault = { kind: 'none' };
  readonly #connections = new Set<Connection>();
  #hits = 0;
  #opened = 0;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  /** Listens on a free port, or on the one given, and connects every client to the target. */
  static async listen(targetPort: number, port = 0): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, targetPort);
    server.on('connection', (client) => proxy.#open(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get fault(): TcpFault {
    return this.#fault;
  }

  /** How often the faults set so far did something to a connection or its bytes. */
  get hits(): number {
    return this.#hits;
  }

  /** Connections opened since the start: whether anybody goes through the proxy at all. */
  get opened(): number {
    return this.#opened;
  }

  /** Switches what is done from now on, for the connections that are open too. */
  set(fault: TcpFault): void {
    this.#fault = fault;
    for (const connection of [...this.#connections]) {
      if (fault.kind === 'black-hole') this.hit();
      connection.obey(fault);
    }
  }

  hit(): void {
    this.#hits++;
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
  }

  close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.reset();
    return new Promise((closed) => this.server.close(() => closed()));
  }

  #open(client: Socket): void {
    this.#opened++;
    this.#connections.add(new Connection(client, this.targetPort, this));
  }
}
