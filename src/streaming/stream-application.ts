import type { Effects } from './effects.js';
import type { LogEvents } from './log-events.js';
import type { Position } from './position.js';
import type { ColumnBatch } from './rows.js';

/** What one step did: its effects, where it stands in the batch, and the position after it. */
export interface Step {
  readonly effects: Effects;
  /** Index in the batch of the first event that is not done; the length when all are. */
  readonly next: number;
  readonly position: Position;
}

/** A run of events and where in it a step begins. */
export interface BatchFrom<E extends LogEvents> {
  readonly events: E;
  readonly from: number;
  /** Index of the first event that the step must leave: what it needs was not looked up. */
  readonly until?: number;
  /** The effects are there already and are dropped: messages may be left out, nothing else. */
  readonly isMuted?: boolean;
}

/** What the events of a batch before index `until` have to know from the row store. */
export interface StepLookups<L> {
  readonly wanted: L;
  readonly until: number;
}

/** Work in pieces: what it comes to is told at its end. */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** All pieces at once, for those whom nobody waits for. */
export const inOnePiece = <T>(pieces: Pieces<T>): T => {
  for (;;) {
    const piece = pieces.next();
    if (piece.done) return piece.value;
  }
};

/**
 * What a context declares to be run over a partition's log. All methods are deterministic: no
 * clock, no random, no I/O, and the same result however the events are cut into batches.
 * The state belongs to one task and may be changed in place; there is no undo.
 */
export interface StreamApplication<S, E extends LogEvents, L, F> {
  readonly name: string;
  /** Goes up when bytes of `save` from before would be read wrong: such snapshots are not used. */
  readonly stateFormat: number;
  newState(): S;
  /**
   * What the step has to know from the row store, or undefined when nothing. It may end before the
   * batch does, when what is found would grow too large.
   */
  lookups(state: S, batch: BatchFrom<E>): StepLookups<L> | undefined;
  /**
   * What was found, and what is asked for of the rows of the steps before it that are not
   * committed yet, oldest first: the store was asked below them. Their rows are not changed.
   */
  withUncommitted(found: F, wanted: L, rows: readonly ColumnBatch[]): F;
  /**
   * Processes events from `batch.from` on. It may stop early, also within one event, when a
   * transaction would grow too large; the same batch is then given again from `next` on.
   * It yields between pieces of a millisecond or so, for others to have their turn: the state may
   * be read then, and is that of a step half done.
   */
  step(state: S, batch: BatchFrom<E>, found: F | undefined): Pieces<Step>;
  /** The state as chunks of at most a few MiB, and back. */
  save(state: S): Iterable<Uint8Array>;
  load(chunks: AsyncIterable<Uint8Array>): Promise<S>;
}

/** Rows the step asked for. Only versions below `beforeOffset` are seen: replays are exact. */
export interface RowStore<L, F> {
  find(wanted: L, beforeOffset: number): Promise<F>;
}
