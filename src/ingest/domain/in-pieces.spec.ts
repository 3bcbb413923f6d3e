import fc from 'fast-check';
import { inOnePiece } from '../../streaming/index.js';
import { runsOf, seed } from '../../../test/support/seed.js';
import { rowsAPiece, sortedInPieces } from './in-pieces.js';

interface Item {
  readonly key: number;
  readonly place: number;
}

const byKey = (a: Item, b: Item): number => a.key - b.key;

describe(`sorting in pieces (seed ${seed})`, () => {
  test('is stable sorting, however many there are', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 * rowsAPiece }),
        fc.infiniteStream(fc.integer({ min: 0, max: 50 })),
        (length, keys) => {
          const items = [...keys.take(length)].map((key, place) => ({ key, place }));
          expect(inOnePiece(sortedInPieces(items, byKey))).toEqual([...items].sort(byKey));
        },
      ),
      { seed, numRuns: runsOf(40) },
    ));

  test('has a turn for others at least every two pieces', () => {
    const length = 64 * rowsAPiece;
    const items = Array.from({ length }, (_, place) => ({ key: (place * 7919) % length, place }));
    let compared = 0;
    let most = 0;
    const pieces = sortedInPieces(items, (a, b) => {
      compared++;
      return byKey(a, b);
    });
    while (!pieces.next().done) {
      most = Math.max(most, compared);
      compared = 0;
    }
    expect(most).toBeLessThanOrEqual(rowsAPiece * Math.log2(rowsAPiece));
  });
});
