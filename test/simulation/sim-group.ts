import type { VirtualTime } from './virtual-time.js';

interface Member {
  readonly name: string;
  heardMs: number;
}

/**
 * The assignment of a consumer group, as its members hear of it: each at its own heartbeat, so
 * that for a while two of them, or a process that was stopped, believe they own one partition.
 */
export class SimGroup {
  #members: Member[] = [];
  /** Turns the assignment around: a rebalance that nobody needed. */
  #turn = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly options: { readonly partitions: number; readonly sessionTimeoutMs: number },
  ) {}

  /** Answers the partitions of the member as of now. */
  heartbeat(name: string): number[] {
    const { nowMs } = this.time;
    const silent = nowMs - this.options.sessionTimeoutMs;
    this.#members = this.#members.filter((member) => {
      if (member.name === name || member.heardMs >= silent) return true;
      this.time.fire('session timed out', member.name);
      return false;
    });
    const known = this.#members.find((member) => member.name === name);
    if (known !== undefined) known.heardMs = nowMs;
    else this.#members.push({ name, heardMs: nowMs });
    return this.#partitionsOf(name);
  }

  leave(name: string): void {
    this.#members = this.#members.filter((member) => member.name !== name);
  }

  rebalance(): void {
    this.#turn++;
    this.time.fire('rebalance');
  }

  #partitionsOf(name: string): number[] {
    const place = this.#members.findIndex((member) => member.name === name);
    const count = this.#members.length;
    return Array.from({ length: this.options.partitions }, (_, partition) => partition).filter(
      (partition) => (partition + this.#turn) % count === place,
    );
  }
}
