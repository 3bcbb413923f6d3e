import fc from 'fast-check';
import { RowHash } from './row-hash.js';
import { differentPlaces, placesToName, Sums } from './sums.js';

type Row = readonly [place: number, version: number, text: string];

const row = fc.tuple(fc.nat(20), fc.maxSafeInteger(), fc.string({ maxLength: 8 }));

const sumsOf = (rows: readonly Row[]): Sums => {
  const sums = new Sums();
  const hash = new RowHash();
  for (const [place, version, text] of rows) {
    sums.add(place, hash.start().number(version).text(text));
  }
  return sums;
};

describe('sums of rows', () => {
  it('are the same in whatever order the rows come', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        expect(differentPlaces(sumsOf(rows), sumsOf([...rows].reverse()))).toEqual([]);
      }),
    );
  });

  it('differ in the place of a row that is missing, twice, or another', () => {
    const rows = fc.array(row, { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.nat(), (all, at) => {
        const [[place, version, text], ...others] = [...all.slice(at % all.length), ...all];
        const sums = sumsOf([[place, version, text], ...others]);
        const another = version === 7 ? 8 : 7;
        for (const changed of [
          others,
          [...others, [place, version, text], [place, version, text]],
          [...others, [place, another, text]],
          [...others, [place, version, `${text}.`]],
        ] as Row[][]) {
          expect(differentPlaces(sums, sumsOf(changed))).toEqual([place]);
        }
      }),
    );
  });

  it('differ when values change their columns', () => {
    const hash = new RowHash();
    const keys = [
      hash.start().word(1).word(2).key,
      hash.start().word(2).word(1).key,
      hash.start().number(1).key,
      hash.start().number(2 ** 32).key,
      hash.start().text('ab').text('c').key,
      hash.start().text('a').text('bc').key,
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(Number.isSafeInteger(key)).toBe(true);
  });

  it('keep the counts of many places', () => {
    const rows = Array.from({ length: 1000 }, (_, at): Row => [at % 100, at, '']);
    const sums = sumsOf(rows);
    expect(sums.count).toBe(1000);
    expect(sums.countOf(99)).toBe(10);
    expect(sums.countOf(100)).toBe(0);
  });
});

describe('places whose rows are named', () => {
  it('are all while they have few rows', () => {
    const sums = sumsOf([
      [1, 1, ''],
      [2, 2, ''],
    ]);
    expect(placesToName([1, 2], [sums])).toEqual({ named: new Set([1, 2]), more: 0 });
  });

  it('are not so many that their rows would fill the memory, but at least one', () => {
    const rows = Array.from({ length: 250_000 }, (_, at): Row => [at % 2, 0, '']);
    expect(placesToName([0, 1], [sumsOf(rows)])).toEqual({ named: new Set([0]), more: 1 });
    const large = Array.from({ length: 200_001 }, (): Row => [5, 0, '']);
    expect(placesToName([5, 6], [sumsOf(large)])).toEqual({ named: new Set([5]), more: 1 });
  });
});
