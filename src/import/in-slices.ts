/** So many files are looked at, or looked into, at a time. */
const atOnce = 32;

/** A few at a time, as each waits for the file system. */
export const inSlices = async <T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  }
  return results;
};
