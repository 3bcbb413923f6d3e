import type { Pieces } from '../../streaming/index.js';

/** Rows of a piece of work: a millisecond or so. */
export const rowsAPiece = 1_024;

/** The items in order, equal ones as they stood (merge sort); others may have a turn between. */
export function* sortedInPieces<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Pieces<readonly T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += rowsAPiece) {
    runs.push(items.slice(at, at + rowsAPiece).sort(compare));
    if (items.length > rowsAPiece) yield;
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [first, second = []] = [runs[at], runs[at + 1] as T[] | undefined];
      longer.push(yield* merged([first, second], compare));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* merged<T>(
  [first, second]: readonly [readonly T[], readonly T[]],
  compare: (a: T, b: T) => number,
): Pieces<T[]> {
  const all: T[] = [];
  let from = 0;
  let to = 0;
  while (from < first.length || to < second.length) {
    const isFirst =
      to >= second.length || (from < first.length && compare(first[from], second[to]) <= 0);
    all.push(isFirst ? first[from++] : second[to++]);
    if (all.length % rowsAPiece === 0) yield;
  }
  return all;
}
