import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  advertise,
  apiNameOf,
  correlationIdOf,
  FrameReader,
  requestHeadOf,
  type KafkaApi,
  type RequestHead,
} from './kafka-frames.js';

/** Which answers are lost: of one API, told by how many of it came since the rule was set. */
export interface LostAnswers {
  readonly api: KafkaApi;
  /** `nth` counts from 1. */
  readonly isLost: (nth: number) => boolean;
  /** reset: the connection ends instead · silence: the client waits for ever. */
  readonly how: 'reset' | 'silence';
}

/** The n-th answer from now on is lost, and no other one. */
export const onlyNth =
  (n: number): LostAnswers['isLost'] =>
  (nth) =>
    nth === n;

/** Each answer is lost with this probability; `random` answers numbers in [0, 1). */
export const byChance =
  (share: number, random: () => number): LostAnswers['isLost'] =>
  () =>
    random() < share;

interface Rule extends LostAnswers {
  seen: number;
}

/**
 * A proxy in front of a Kafka broker that understands which request an answer is for. It can lose
 * only the ANSWER: the broker has done what was asked, and the client cannot know. Brokers in
 * answers are rewritten, so that the client never goes round it.
 */
export class KafkaProxy {
  /** Answers that passed, and that were lost, by API. */
  readonly passed = new Map<KafkaApi, number>();
  readonly lost = new Map<KafkaApi, number>();
  #rules: Rule[] = [];
  #advertisedPort: number | undefined;
  readonly #clients = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly brokerPort: number,
  ) {}

  static async listen(brokerPort: number): Promise<KafkaProxy> {
    const server = createServer();
    const proxy = new KafkaProxy(server, brokerPort);
    server.on('connection', (client) => proxy.#open(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Sends clients to this port instead of the proxy's own, when another proxy stands before it. */
  advertiseAs(port: number): void {
    this.#advertisedPort = port;
  }

  lose(rule: LostAnswers): void {
    this.#rules.push({ ...rule, seen: 0 });
  }

  loseNothing(): void {
    this.#rules = [];
  }

  lostOf(api: KafkaApi): number {
    return this.lost.get(api) ?? 0;
  }

  close(): Promise<void> {
    for (const client of this.#clients) client.resetAndDestroy();
    return new Promise((closed) => this.server.close(() => closed()));
  }

  #open(client: Socket): void {
    this.#clients.add(client);
    const broker = connect({ host: '127.0.0.1', port: this.brokerPort });
    const waiting = new Map<number, RequestHead>();
    const requests = new FrameReader();
    const answers = new FrameReader();
    const reset = (): void => {
      client.resetAndDestroy();
      broker.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ]) {
      from.setNoDelay(true);
      from.on('error', reset);
      from.on('end', () => to.end());
    }
    client.on('close', () => this.#clients.delete(client));
    client.on('data', (chunk: Buffer) => {
      for (const frame of requests.push(chunk)) {
        const head = requestHeadOf(frame);
        waiting.set(head.correlationId, head);
        if (broker.writable) broker.write(frame);
      }
    });
    broker.on('data', (chunk: Buffer) => {
      for (const frame of answers.push(chunk)) {
        const head = waiting.get(correlationIdOf(frame));
        waiting.delete(correlationIdOf(frame));
        const how = this.#fate(frame, head);
        if (how === 'reset') return reset();
        if (how === undefined && client.writable) client.write(frame);
      }
    });
  }

  #fate(frame: Buffer, head: RequestHead | undefined): LostAnswers['how'] | undefined {
    const api = head && apiNameOf(head.apiKey);
    if (head === undefined || api === undefined) return undefined;
    if (api === 'Metadata' || api === 'FindCoordinator') {
      advertise(frame, { api, version: head.version }, this.#advertisedPort ?? this.port);
    }
    const how = this.#ruleFor(api)?.how;
    const count = how === undefined ? this.passed : this.lost;
    count.set(api, (count.get(api) ?? 0) + 1);
    return how;
  }

  /** Every rule sees the answer; the first that loses it says how. */
  #ruleFor(api: KafkaApi): Rule | undefined {
    const about = this.#rules.filter((rule) => rule.api === api);
    return about.filter((rule) => rule.isLost(++rule.seen))[0];
  }
}
