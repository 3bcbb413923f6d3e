import { PartitionEnds } from './partition-ends.js';

/** A log of events at these offsets, with markers up to its end. */
const logOf = (offsets: readonly number[], next: number) => ({
  fetch: (from: number) =>
    Promise.resolve({
      messages: offsets.filter((offset) => offset >= from).map((offset) => ({ offset })) as never,
      nextOffset: next,
      stableEnd: next,
    }),
  ends: () => Promise.resolve({ first: 0, next }),
});

const standing = async (version: number, log: ReturnType<typeof logOf>): Promise<string> => {
  const ends = new PartitionEnds([10], [log]);
  await ends.cover(0, version);
  return ends.standing(0, version);
};

describe('the standing of a version', () => {
  it('is done below the committed position', async () => {
    expect(await standing(9, logOf([3], 12))).toBe('done');
  });

  it('is under way where the log has events that are not committed', async () => {
    expect(await standing(11, logOf([3, 11], 13))).toBe('under way');
  });

  it('is unknown behind the end of the log, and where only markers stand', async () => {
    expect(await standing(13, logOf([3, 11], 13))).toBe('unknown');
    expect(await standing(11, logOf([3], 13))).toBe('unknown');
    expect(await standing(-1, logOf([3], 13))).toBe('unknown');
  });

  it('is unknown in a partition that there is not', () => {
    expect(new PartitionEnds([10], [logOf([], 10)]).standing(1, 0)).toBe('unknown');
  });
});

describe('a partition', () => {
  it('is done up to an end when no event stands between', async () => {
    const ends = new PartitionEnds([10], [logOf([3, 15], 20)]);
    expect(await ends.isDoneUpTo(0, 14, 10)).toBe(true);
    expect(await ends.isDoneUpTo(0, 16, 10)).toBe(false);
    expect(await ends.isDoneUpTo(0, 20, 16)).toBe(true);
  });
});
