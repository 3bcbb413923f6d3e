/** A range of offsets, and how many are read at once. */
interface Range {
  readonly from: number;
  readonly end: number;
  readonly atOnce: number;
}

/**
 * Reads a range piece by piece, always one ahead: the next is read while the caller is busy with
 * this one. Throws what a read rejects with when its turn comes.
 */
export async function* readAhead<T>(
  { from, end, atOnce }: Range,
  read: (from: number, to: number) => Promise<T>,
): AsyncGenerator<T> {
  const pieceAt = (at: number): Promise<T> | undefined => {
    if (at >= end) return undefined;
    const piece = read(at, Math.min(end, at + atOnce));
    piece.catch(() => undefined); // thrown when its turn comes, so not unhandled
    return piece;
  };
  let next = pieceAt(from);
  try {
    for (let at = from + atOnce; next !== undefined; at += atOnce) {
      const piece = await next;
      next = pieceAt(at);
      yield piece;
    }
  } finally {
    await next?.catch(() => undefined);
  }
}
