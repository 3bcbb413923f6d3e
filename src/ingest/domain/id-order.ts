/** A record id in a column of them: the words of row `at` begin at `at * 4`. */
export interface IdAt {
  readonly rows: { readonly recordIds: ArrayLike<number> };
  readonly at: number;
}

/** Order of record ids by their bytes, which is that of their texts. */
export const compareIds = (a: IdAt, b: IdAt): number => {
  for (let word = 0; word < 4; word++) {
    const order = a.rows.recordIds[a.at * 4 + word] - b.rows.recordIds[b.at * 4 + word];
    if (order !== 0) return order;
  }
  return 0;
};
