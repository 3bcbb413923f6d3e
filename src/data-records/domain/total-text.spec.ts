import fc from 'fast-check';
import { totalText } from './total-text.js';

describe('total data used', () => {
  it('has four lines, bytes first', () => {
    expect(totalText(13_559_994_361)).toBe('13559994361 B\n13242182 KB\n12932 MB\n13 GB');
  });

  it('rounds half a unit up and less than half down', () => {
    expect(totalText(512)).toBe('512 B\n1 KB\n0 MB\n0 GB');
    expect(totalText(511)).toBe('511 B\n0 KB\n0 MB\n0 GB');
    expect(totalText(1536)).toBe('1536 B\n2 KB\n0 MB\n0 GB');
  });

  it('rounds every unit from the bytes, never from the unit before', () => {
    // 511.5 KB is 512 KB when rounded, which would be half a MB
    expect(totalText(511 * 1024 + 512)).toBe('523776 B\n512 KB\n0 MB\n0 GB');
  });

  it('is exact beyond 2^53', () => {
    expect(totalText(2n ** 60n).split('\n')).toEqual([
      `${2n ** 60n} B`,
      `${2n ** 50n} KB`,
      `${2n ** 40n} MB`,
      `${2n ** 30n} GB`,
    ]);
  });

  it('is never further than half a unit from the bytes', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 53n - 1n), (bytes) => {
        const [, kb] = totalText(bytes).split('\n');
        const away = BigInt(kb.split(' ')[0]) * 1024n - bytes;
        expect(away > -512n && away <= 512n).toBe(true);
      }),
    );
  });
});
