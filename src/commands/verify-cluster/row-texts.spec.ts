import { differenceText, rowDifferences, type NamedRow } from './row-texts.js';

const row = (identity: string, content = 'x'): NamedRow => ({
  identity,
  content,
  shown: `${identity.replace('secret', '***')} ${content}`,
});

const texts = (given: readonly NamedRow[], stored: readonly NamedRow[]): string[] =>
  rowDifferences(given, stored).map((difference) => differenceText('t', difference));

describe('rows that the log gives and rows that are stored', () => {
  it('are not told of when they are the same, in whatever order', () => {
    expect(texts([row('a'), row('b')], [row('b'), row('a')])).toEqual([]);
  });

  it('are told of when one is missing, another one, or not known', () => {
    const given = [row('a'), row('b'), row('secret c', '1')];
    const stored = [row('a'), row('secret c', '2'), row('d')];
    expect(texts(given, stored)).toEqual([
      't: stored is *** c 2; the log gives *** c 1',
      't: a row has a version the log does not know: d x',
      't: the log gives a row that is not stored: b x',
    ]);
  });

  it('are told of when one is stored in two places', () => {
    expect(texts([row('a')], [row('a'), row('a')])).toEqual([
      't: a row has a version the log does not know: a x',
    ]);
  });
});
