import { Fault } from '../../src/streaming/index.js';
import type { VirtualTime } from './virtual-time.js';

/** An operating system's process: what it awaits reaches it only while it runs. */
export class SimProcess {
  #state: 'running' | 'paused' | 'dead' = 'running';
  #held: (() => void)[] = [];

  constructor(
    readonly time: VirtualTime,
    readonly name: string,
  ) {}

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** Now, when it is stopped as soon as it goes on, never when it is dead. */
  deliver(run: () => void): void {
    if (this.#state === 'paused') this.#held.push(run);
    else if (this.#state === 'running') run();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.after(ms, () => this.deliver(resolve)));
  }

  /** SIGKILL: what it has sent is on its way all the same. */
  kill(): void {
    this.#state = 'dead';
    this.#held = [];
    this.time.say(`${this.name} is dead`);
  }

  /** SIGSTOP, then SIGCONT: a zombie that knows nothing of the time between. */
  pause(ms: number): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.time.fire('pause', `${this.name} for ${ms}`);
    this.time.after(ms, () => this.goOn());
  }

  goOn(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.time.say(`${this.name} goes on`);
    const held = this.#held;
    this.#held = [];
    // answers and time-outs are all there at once, in any order
    for (const run of held) this.time.after(this.time.below(2), () => this.deliver(run));
  }
}

/** A broker or a store: what it keeps outlives its restarts, requests in it do not. */
export class SimServer {
  isUp = true;
  restarts = 0;

  constructor(
    readonly time: VirtualTime,
    readonly name: string,
  ) {}

  away(ms: number): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.restarts++;
    this.time.fire(`${this.name} away`, `for ${ms}`);
    this.time.after(ms, () => {
      this.isUp = true;
      this.time.say(`${this.name} is back`);
    });
  }
}

/** How likely the network does what. */
export interface NetworkFaults {
  lostRequest: number;
  lostAnswer: number;
  /** A request that is slow takes up to 20 s; whoever sent it has given up by then. */
  slow: number;
  /** The answers of this one call are lost far more often, as by a proxy that knows the API. */
  hotCall: string;
}

export interface SimCall<T> {
  /** Such as `kafka.endTxn`. */
  readonly name: string;
  readonly timeoutMs: number;
  /** What the server does; its promise is settled by the server at a later moment. */
  readonly handle: () => T | Promise<T>;
}

const hotRate = 0.3;

/** Why a call gave no answer; nobody knows whether it was done. */
const noAnswer = (call: string, why: string): Fault =>
  new Fault('SIM_NO_ANSWER', 'Retry', `${call}: ${why}`);

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** One call on its way. */
class Exchange<T> {
  #isDone = false;

  constructor(
    private readonly call: SimCall<T>,
    private readonly between: { readonly from: SimProcess; readonly to: SimServer },
    private readonly settle: (settled: Settled<T>) => void,
  ) {}

  /** Tells the caller, once. */
  tell(inMs: number, settled: Settled<T>): void {
    const { from } = this.between;
    from.time.after(inMs, () =>
      from.deliver(() => {
        if (this.#isDone) return;
        this.#isDone = true;
        this.settle(settled);
      }),
    );
  }

  giveUp(inMs: number, why: string): void {
    this.tell(inMs, { error: noAnswer(this.call.name, why) });
  }

  arrive(answer: (settled: Settled<T>) => void): void {
    const { call } = this;
    const { to } = this.between;
    if (!to.isUp) return this.giveUp(1, `${to.name} is away`);
    const { restarts } = to;
    let result: T | Promise<T>;
    try {
      result = call.handle();
    } catch (error) {
      return answer({ error });
    }
    if (!(result instanceof Promise)) return answer({ value: result });
    this.giveUp(call.timeoutMs, 'no answer in time');
    const stillUp = (settled: Settled<T>): void => {
      if (to.restarts === restarts) answer(settled);
    };
    result.then(
      (value) => stillUp({ value }),
      (error: unknown) => stillUp({ error }),
    );
  }
}

/** Carries calls, or does not. */
export class Network {
  constructor(
    private readonly time: VirtualTime,
    readonly faults: NetworkFaults,
  ) {}

  /**
   * Resolves with the answer, when the process is there to take it. Rejects with what the server
   * refused it for, or with reaction Retry when nobody knows whether it was done.
   */
  call<T>(from: SimProcess, to: SimServer, call: SimCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (from.isDead) return;
      const exchange = new Exchange(call, { from, to }, (settled) => {
        if ('error' in settled) reject(settled.error);
        else resolve(settled.value);
      });
      this.#send(exchange, call);
    });
  }

  #send<T>(exchange: Exchange<T>, call: SimCall<T>): void {
    const { time, faults } = this;
    if (time.chance(faults.lostRequest)) {
      time.fire('request lost', call.name);
      return exchange.giveUp(time.between(1, call.timeoutMs), 'request lost');
    }
    let wayMs = time.between(1, 4);
    if (time.chance(faults.slow)) {
      wayMs = time.between(1, 20_000);
      time.fire('request slow', `${call.name} ${wayMs}`);
      if (wayMs >= call.timeoutMs) exchange.giveUp(call.timeoutMs, 'no answer in time');
    }
    time.after(wayMs, () => exchange.arrive((settled) => this.#answer(exchange, call, settled)));
  }

  #answer<T>(exchange: Exchange<T>, call: SimCall<T>, settled: Settled<T>): void {
    const { time, faults } = this;
    const isHot = faults.hotCall === call.name && faults.lostAnswer > 0;
    if (time.chance(isHot ? hotRate : faults.lostAnswer)) {
      time.fire('answer lost', call.name);
      return exchange.giveUp(time.between(1, call.timeoutMs), 'answer lost');
    }
    exchange.tell(time.between(1, 4), settled);
  }
}
