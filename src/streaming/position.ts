/**
 * How far a partition has been processed and committed.
 * offset: every event below it is done. cursor: 0, or how many outputs of the event AT the offset
 * are committed already when that event's outputs take more than one transaction.
 */
export interface Position {
  readonly offset: number;
  readonly cursor: number;
}

export const startOfLog: Position = { offset: 0, cursor: 0 };

/** Negative, zero or positive as a is before, at or after b. */
export const comparePositions = (a: Position, b: Position): number =>
  a.offset - b.offset || a.cursor - b.cursor;
