import type { StoredAgreement } from '../../agreements/index.js';
import type { KeptTotal } from '../../data-records/index.js';
import { OwnersTotals, type OwnersTotalsParts } from './owners-totals.js';

const january = { year: 2020, month: 1 };
const [mine, theirs, unknown] = ['mine', 'theirs', 'unknown'];
const partitions = 4;

/** A process that counts one agreement itself; another one is of partition 3 and of process b. */
const setUp = (parts: Partial<OwnersTotalsParts> = {}) => {
  const time = { nowMs: 0 };
  const asked: string[] = [];
  const found: string[] = [];
  let ownersRead = 0;
  const totals = new OwnersTotals({
    kept: { owner: 'a', total: (id) => (id === mine ? 7 : undefined) },
    agreements: {
      find: (id) => {
        found.push(id);
        const place = 5 * partitions + 3;
        return Promise.resolve(id === theirs ? ({ id, place } as StoredAgreement) : undefined);
      },
    },
    partitions,
    owners: () => {
      ownersRead++;
      return Promise.resolve(new Map([[3, { name: 'b', address: 'b:80' }]]));
    },
    ask: (address) => {
      asked.push(address);
      return Promise.resolve({ owner: 'b', totalBytes: 11 });
    },
    now: () => time.nowMs,
    ...parts,
  });
  return { totals, time, asked, found, ownersRead: () => ownersRead };
};

describe('the totals of a cluster', () => {
  it('are those of this process where it counts, and of the owner where another does', async () => {
    const { totals, asked } = setUp();
    expect(await totals.total(mine, january)).toBe(7);
    expect(asked).toEqual([]);
    expect(await totals.total(theirs, january)).toBe(11);
    expect(asked).toEqual(['b:80']);
  });

  it('ask for the agreement once, and for the owners once a second', async () => {
    const { totals, time, found, ownersRead } = setUp();
    await Promise.all([totals.total(theirs, january), totals.total(theirs, january)]);
    await totals.total(theirs, { year: 2020, month: 2 });
    expect(ownersRead()).toBe(1);
    time.nowMs = 1000;
    await totals.total(theirs, january);
    expect(ownersRead()).toBe(2);
    expect(found.length).toBeLessThanOrEqual(2); // the first two came at once
    await totals.total(unknown, january);
    await totals.total(unknown, january);
    expect(found.filter((id) => id === unknown)).toHaveLength(2); // it may come to be
  });

  it.each<[string, Partial<OwnersTotalsParts>]>([
    ['nobody owns the partition', { owners: () => Promise.resolve(new Map()) }],
    ['the owners cannot be read', { owners: () => Promise.reject(new Error('away')) }],
    [
      'the owner is this process, which does not have it yet',
      { owners: () => Promise.resolve(new Map([[3, { name: 'a', address: 'a:80' }]])) },
    ],
    ['the owner does not have it', { ask: () => Promise.resolve(undefined) }],
    [
      'another process answers under the address',
      { ask: () => Promise.resolve({ owner: 'c', totalBytes: 1 }) },
    ],
    ['the owner does not answer', { ask: () => Promise.reject(new Error('refused')) }],
  ])('have no answer where %s', async (_, parts) => {
    expect(await setUp(parts).totals.total(theirs, january)).toBeUndefined();
  });

  it('leave an owner alone for a while that has not answered', async () => {
    let asked = 0;
    let isAway = true;
    const ask = (): Promise<KeptTotal> => {
      asked++;
      return isAway ? Promise.reject(new Error()) : Promise.resolve({ owner: 'b', totalBytes: 1 });
    };
    const { totals, time } = setUp({ ask });
    await totals.total(theirs, january);
    isAway = false;
    expect(await totals.total(theirs, january)).toBeUndefined();
    expect(asked).toBe(1);
    time.nowMs = 2000;
    expect(await totals.total(theirs, january)).toBe(1);
  });

  it('are passed on when the agreement itself cannot be read', async () => {
    const find = (): Promise<never> => Promise.reject(new Error('no Cassandra'));
    const { totals } = setUp({ agreements: { find } });
    await expect(totals.total(theirs, january)).rejects.toThrow('no Cassandra');
  });
});
