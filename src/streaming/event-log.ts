import type { Effects } from './effects.js';
import type { LogEvents } from './log-events.js';
import type { Position } from './position.js';
import type { ColumnBatch } from './rows.js';

/** The one ordered log of a partition, as its task reads it. */
export interface PartitionLog<E extends LogEvents> {
  /**
   * Events from `offset` on; waits for them. Undefined once the log is closed. A log that does not
   * fail a read behind a commit that failed answers with no events when none came for a while
   * (under a second): the task looks after its commits then.
   */
  read(offset: number): Promise<E | undefined>;
  /** Stored events in [from, to) for a replay, batch by batch. */
  stored(from: number, to: number): AsyncIterable<E>;
}

/** A log of one partition that is written to where it is read. */
export interface EventLog<E extends LogEvents> extends PartitionLog<E> {
  /**
   * Adds events (their offsets are given by the log) and, in the same transaction, rows of the
   * writer's own (import progress, dead letters of lines).
   * Resolves with the first and the next offset when all is durable (embedded: also processed).
   * Rejects with a Fault (reaction Retry) when it did not happen; nothing of it is kept then.
   */
  append(events: E, rows?: readonly ColumnBatch[]): Promise<AppendedRange>;
}

export interface AppendedRange {
  readonly firstOffset: number;
  readonly nextOffset: number;
}

/** The one place where a batch becomes true. */
export interface CommitPoint {
  /** Shuts out every earlier owner of the partition, then reads its position. */
  fence(): Promise<Position>;
  /**
   * Rows, messages and position at once or not at all, in the order of the calls: the next call
   * may come before this one has settled. Any error means: restore; behind one that failed every
   * commit fails, until the next fence.
   */
  commit(effects: Effects, position: Position): Promise<void>;
}
