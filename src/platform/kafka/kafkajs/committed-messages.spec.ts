import fc from 'fast-check';
import { committedMessages, type AbortedTransaction } from './committed-messages.js';
import type { FetchedMessage, RecordBatch } from './record-batches.js';

/** What the producers of a partition do, in order. */
interface Act {
  readonly producer: number;
  readonly act: 'write' | 'commit' | 'abort' | 'write outside';
}

interface Partition {
  /** One message each. */
  readonly batches: RecordBatch[];
  /** Each with the offset of its mark, in the order of the marks, as a broker keeps them. */
  readonly aborted: (AbortedTransaction & { readonly lastOffset: number })[];
  readonly committed: Set<number>;
  /** The last stable offset. */
  readonly end: number;
}

const batchAt = (offset: number, producer: number, kind: Act['act']): RecordBatch => {
  const key = kind === 'commit' ? Buffer.of(0, 0, 0, 1) : Buffer.of(0, 0, 0, 0);
  return {
    lastOffset: offset,
    producerId: String(producer),
    isInTransaction: kind !== 'write outside',
    isControl: kind === 'commit' || kind === 'abort',
    messages: [{ offset, key } as FetchedMessage],
  };
};

const partitionOf = (acts: readonly Act[]): Partition => {
  const open = new Map<number, number[]>();
  const partition: Omit<Partition, 'end'> = { batches: [], aborted: [], committed: new Set() };
  for (const { producer, act } of acts) {
    const offset = partition.batches.length;
    const own = open.get(producer);
    if (act === 'write outside') {
      if (own !== undefined) continue;
      partition.committed.add(offset);
    } else if (act === 'write') open.set(producer, [...(own ?? []), offset]);
    else {
      if (own === undefined) continue;
      open.delete(producer);
      if (act === 'commit') own.forEach((one) => partition.committed.add(one));
      else {
        const transaction = { producerId: String(producer), firstOffset: String(own[0]) };
        partition.aborted.push({ ...transaction, lastOffset: offset });
      }
    }
    partition.batches.push(batchAt(offset, producer, act));
  }
  const firstOpen = Math.min(...Array.from(open.values(), ([first]) => first));
  return { ...partition, end: Math.min(partition.batches.length, firstOpen) };
};

/** As a broker answers a fetch: the aborted transactions that meet the range. */
const fetched = ({ batches, aborted, end }: Partition, from: number, count: number) => {
  const to = Math.min(from + count, end);
  return committedMessages(
    batches.slice(from, to),
    aborted.filter((one) => one.lastOffset >= from && Number(one.firstOffset) < to),
  ).map(({ offset }) => offset);
};

const acts = fc.array(
  fc.record({
    producer: fc.nat(4),
    act: fc.constantFrom<Act['act']>('write', 'write', 'write', 'commit', 'abort', 'write outside'),
  }),
  { maxLength: 60 },
);

describe('what is committed of fetched messages', () => {
  test('is what committed transactions wrote, wherever a fetch begins and ends', () => {
    fc.assert(
      fc.property(acts, fc.nat(20), fc.integer({ min: 1, max: 30 }), (all, first, size) => {
        const partition = partitionOf(all);
        const found: number[] = [];
        for (let from = first; from < partition.end; from += size) {
          found.push(...fetched(partition, from, size));
        }
        const wanted = partition.batches
          .slice(first, partition.end)
          .map(({ lastOffset }) => lastOffset)
          .filter((offset) => partition.committed.has(offset));
        expect(found).toEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  test('leaves out both of two aborted transactions that began before the first message', () => {
    const partition = partitionOf([
      { producer: 1, act: 'write' },
      { producer: 2, act: 'write' },
      { producer: 2, act: 'write' },
      { producer: 1, act: 'write' },
      { producer: 2, act: 'abort' },
      { producer: 1, act: 'abort' },
    ]);
    expect(fetched(partition, 2, 10)).toEqual([]);
    expect(fetched(partition, 0, 10)).toEqual([]);
  });
});
