import type { Position } from './position.js';

export interface Snapshot {
  readonly position: Position;
  /** The state in the order it was saved. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Snapshots make a restore fast; correctness never needs one. */
export interface SnapshotStore {
  /** The newest whole snapshot at or below the position, or undefined. */
  newestAtOrBelow(position: Position): Promise<Snapshot | undefined>;
  save(position: Position, chunks: Iterable<Uint8Array>): Promise<void>;
}
