import type { AppendedRange, ColumnBatch, LogEvents } from '../../streaming/index.js';

/**
 * One append on its way: queued ─▶ handed to the task ─▶ sent with a commit ─▶ durable, and then
 * settled as soon as the position has passed it. What is not durable is undone by a fence.
 */
export interface PendingAppend<E extends LogEvents> extends AppendedRange {
  readonly events: E;
  readonly rows: readonly ColumnBatch[];
  /** The commit it went with. */
  seq?: number;
  readonly resolve: (range: AppendedRange) => void;
  readonly reject: (reason: unknown) => void;
}

export interface TakeLimits {
  readonly events: number;
  readonly appends: number;
}

/** The appends of a log that are not settled yet, in order, and the offset the next one gets. */
export class PendingAppends<E extends LogEvents> {
  #nextOffset = 0;
  #queued: PendingAppend<E>[] = [];
  #handed: PendingAppend<E>[] = [];
  #sent: PendingAppend<E>[] = [];

  get queuedEvents(): number {
    const first = this.#queued[0];
    return first === undefined ? 0 : this.#nextOffset - first.firstOffset;
  }

  /** Gives the events their offsets and queues them. */
  add(events: E, rows: readonly ColumnBatch[]): Promise<AppendedRange> {
    const firstOffset = this.#nextOffset;
    for (let index = 0; index < events.length; index++) {
      events.offsets[index] = firstOffset + index;
    }
    const nextOffset = (this.#nextOffset += events.length);
    return new Promise((resolve, reject) => {
      this.#queued.push({ events, rows, firstOffset, nextOffset, resolve, reject });
    });
  }

  /** The next appends for the task: always one, more while they stay within the limits. */
  take(limits: TakeLimits): PendingAppend<E>[] {
    let count = 0;
    let events = 0;
    for (const append of this.#queued) {
      events += append.events.length;
      if (count > 0 && (events > limits.events || count >= limits.appends)) break;
      count++;
    }
    const taken = this.#queued.splice(0, count);
    this.#handed.push(...taken);
    return taken;
  }

  /** All that was handed out since the last commit now goes with commit `seq`. */
  send(seq: number): PendingAppend<E>[] {
    const sent = this.#handed;
    this.#handed = [];
    for (const append of sent) append.seq = seq;
    this.#sent.push(...sent);
    return sent;
  }

  /** Commits up to `durableSeq` are durable, events below `offset` processed: tells writers. */
  settle(durableSeq: number, offset: number): void {
    const isSettled = (append: PendingAppend<E>): boolean =>
      (append.seq ?? Infinity) <= durableSeq && append.nextOffset <= offset;
    const open = this.#sent.findIndex((append) => !isSettled(append));
    const settled = this.#sent.splice(0, open === -1 ? this.#sent.length : open);
    for (const { firstOffset, nextOffset, resolve } of settled)
      resolve({ firstOffset, nextOffset });
  }

  /** True when no append is between the queue and the disk. */
  isClean(durableSeq: number): boolean {
    return this.#handed.length === 0 && this.#sent.every(({ seq }) => (seq ?? 0) <= durableSeq);
  }

  /** Rejects every append that is not durable, and goes on at the end of the log. */
  undo(durableSeq: number, logEnd: number, reason: Error): void {
    const undone = this.#sent.filter(({ seq }) => (seq ?? 0) > durableSeq);
    undone.push(...this.#handed, ...this.#queued);
    this.#sent = this.#sent.filter(({ seq }) => (seq ?? 0) <= durableSeq);
    this.#handed = [];
    this.#queued = [];
    this.#nextOffset = logEnd;
    for (const append of undone) append.reject(reason);
  }

  /** Sets the offset of the next append while nothing is pending. */
  startAt(offset: number): void {
    this.#nextOffset = offset;
  }
}
