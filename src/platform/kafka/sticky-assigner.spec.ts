import fc from 'fast-check';
import { shareOut } from './sticky-assigner.js';

const group = fc
  .record({ partitions: fc.integer({ min: 1, max: 40 }), members: fc.integer({ min: 1, max: 9 }) })
  .chain(({ partitions, members }) =>
    fc
      .array(fc.integer({ min: -1, max: members - 1 }), {
        minLength: partitions,
        maxLength: partitions,
      })
      .map((owners) => ({ partitions, members, owners })),
  );

const ownedOf = (members: number, owners: readonly number[]): Map<string, number[]> =>
  new Map(
    Array.from({ length: members }, (_, member) => [
      `member-${member}`,
      owners.flatMap((owner, partition) => (owner === member ? [partition] : [])),
    ]),
  );

describe('sharing partitions out', () => {
  test('gives every partition to one member, and no member two more than another', () => {
    fc.assert(
      fc.property(group, ({ partitions, members, owners }) => {
        const shares = [...shareOut(partitions, ownedOf(members, owners)).values()];
        expect(shares.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: partitions }, (_, partition) => partition),
        );
        const sizes = shares.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('moves nothing when what everybody has is even already', () => {
    fc.assert(
      fc.property(group, ({ partitions, members, owners }) => {
        const shares = shareOut(partitions, ownedOf(members, owners));
        expect(new Map(shareOut(partitions, shares))).toEqual(shares);
      }),
    );
  });

  test('moves only as many as a new member gets', () => {
    const before = shareOut(12, ownedOf(3, []));
    const after = shareOut(12, new Map([...before, ['new', []]]));
    for (const [member, had] of before) {
      expect(after.get(member)).toEqual(had.slice(0, 3));
    }
    expect(after.get('new')).toHaveLength(3);
  });

  test('leaves what members have when one goes', () => {
    const before = shareOut(12, ownedOf(4, []));
    before.delete('member-2');
    const after = shareOut(12, before);
    for (const [member, had] of before) expect(after.get(member)?.slice(0, 3)).toEqual(had);
  });
});
