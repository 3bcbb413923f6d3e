/** The answers in the order of the items, with at most `most` on their way. */
export const inParallel = async <T, A>(
  items: readonly T[],
  most: number,
  ask: (item: T) => Promise<A>,
): Promise<A[]> => {
  const answers: A[] = new Array<A>(items.length);
  let next = 0;
  const askOn = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      try {
        answers[at] = await ask(items[at]);
      } catch (error) {
        next = items.length; // nobody waits for the others any more
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, askOn));
  return answers;
};
