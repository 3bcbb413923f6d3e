/** As `expect(actual).toEqual(expected)`, for long lists: tells the first item that differs. */
export const expectSameItems = (actual: readonly unknown[], expected: readonly unknown[]): void => {
  const texts = expected.map((item) => JSON.stringify(item));
  const at = actual.findIndex((item, index) => JSON.stringify(item) !== texts[index]);
  if (at >= 0) expect({ at, item: actual[at] }).toEqual({ at, item: expected[at] });
  expect(actual).toHaveLength(expected.length);
};
