import type { Position, TaskState } from '../streaming/index.js';

/** A partition of the log and the task that counts it. Instants in epoch ms. */
export interface Partition {
  readonly partition: number;
  /** The process whose task it is; undefined when no process has told of it lately. */
  readonly owner: string | undefined;
  readonly state: TaskState;
  /** Up to where it is counted and committed; undefined before the first commit. */
  readonly position: Position | undefined;
  /** Offset of the next event that will be written; undefined while the log cannot be asked. */
  readonly end: number | undefined;
  /** Offsets in the log that are not counted yet. */
  readonly lag: number | undefined;
  readonly snapshot: { readonly offset: number; readonly savedAtMs: number } | undefined;
  readonly openPeriods: number | undefined;
  readonly watermarkMs: number | undefined;
  /** Why the task does not run, or began again. */
  readonly cause: string | undefined;
  readonly updatedAtMs: number | undefined;
}

/** Tells of every partition. */
export interface Partitions {
  /** In order of their numbers. */
  list(): Promise<readonly Partition[]>;
}

export const PARTITIONS = Symbol('Partitions');
