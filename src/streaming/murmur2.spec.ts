import fc from 'fast-check';
import { murmur2, partitionOfKey, partitionOfNumber } from './murmur2.js';

const hashOf = (text: string): number => murmur2(new TextEncoder().encode(text)) | 0;

describe('murmur2', () => {
  // the vectors of Kafka's own test of its hash
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the Java client does', (text, hash) => {
    expect(hashOf(text)).toBe(hash);
  });

  test('puts a number where it puts its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.nat(63), (key, more) => {
        expect(partitionOfNumber(key, more + 1)).toBe(partitionOfKey(String(key), more + 1));
      }),
    );
  });

  test('keeps a partition of a multiple within the partition', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), (key, partitions) => {
        const shard = partitionOfNumber(key, partitions * 4);
        expect(shard % partitions).toBe(partitionOfNumber(key, partitions));
      }),
    );
  });
});
