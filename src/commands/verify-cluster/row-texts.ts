/** A row in words: what identifies it, and all of it as it may be printed. */
export interface NamedRow {
  readonly identity: string;
  /** Everything that is compared; with the full MSISDN, so never to be printed. */
  readonly content: string;
  readonly shown: string;
}

/** A row that is in one of two sets only, or with other content. */
export type RowDifference =
  | { readonly kind: 'missing' | 'unknown'; readonly row: NamedRow }
  | { readonly kind: 'changed'; readonly row: NamedRow; readonly stored: NamedRow };

/** Compares the rows that the log gives with those that are stored, one of an identity in each. */
export const rowDifferences = (
  given: readonly NamedRow[],
  stored: readonly NamedRow[],
): RowDifference[] => {
  const left = new Map(given.map((row) => [row.identity, row]));
  const differences: RowDifference[] = [];
  for (const row of stored) {
    const expected = left.get(row.identity);
    if (expected === undefined) differences.push({ kind: 'unknown', row });
    else if (expected.content !== row.content) {
      differences.push({ kind: 'changed', row: expected, stored: row });
    }
    left.delete(row.identity);
  }
  for (const row of left.values()) differences.push({ kind: 'missing', row });
  return differences;
};

/** A difference in one line. */
export const differenceText = (table: string, difference: RowDifference): string => {
  const { kind, row } = difference;
  switch (kind) {
    case 'missing':
      return `${table}: the log gives a row that is not stored: ${row.shown}`;
    case 'unknown':
      return `${table}: a row has a version the log does not know: ${row.shown}`;
    case 'changed':
      return `${table}: stored is ${difference.stored.shown}; the log gives ${row.shown}`;
  }
};
