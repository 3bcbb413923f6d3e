import fc from 'fast-check';
import { ReadingOrder } from './reading-order.js';

interface File {
  readonly feed: string;
  readonly orderMs: number;
  readonly boundMs: number;
  readonly id: number;
}

const file = (feed: string, orderMs: number, id: number): File => ({
  ...{ feed, orderMs, boundMs: orderMs, id },
});

const unknown = (known: File): File => ({ ...known, boundMs: -Infinity });

const orderOf = (...files: File[]): ReadingOrder<File> => {
  const order = new ReadingOrder<File>();
  for (const one of files) order.add(one);
  return order;
};

const taken = (order: ReadingOrder<File>): number[] => {
  const ids: number[] = [];
  for (let next = order.take(); next !== undefined; next = order.take()) ids.push(next.id);
  return ids;
};

it('the oldest file of a feed comes first, those of one moment as they came', () => {
  expect(taken(orderOf(file('a', 5, 1), file('a', 3, 2), file('a', 5, 3)))).toEqual([2, 1, 3]);
});

it('a feed with one file does not wait for the backlog of another', () => {
  const backlog = Array.from({ length: 5 }, (_, n) => file('a', n, n));
  expect(taken(orderOf(...backlog, file('b', 100, 100)))).toEqual([0, 100, 1, 2, 3, 4]);
});

it('what is unread bounds its feed: the least bound, none for a file nothing is known of', () => {
  const order = orderOf(
    file('a', 7, 1),
    file('a', 9, 2),
    file('b', 1, 3),
    unknown(file('c', 4, 4)),
  );
  expect(['a', 'b', 'c', 'd'].map((feed) => order.boundMsOf(feed))).toEqual([
    7,
    1,
    -Infinity,
    Infinity,
  ]);
  order.arriving(new Map([['a', 6]]));
  expect(order.boundMsOf('a')).toBe(6);
  order.arriving(new Map());
  expect(order.boundMsOf('a')).toBe(7);
});

it('however files come and are taken, none is lost and bounds are those of what is left', () => {
  const files = fc.array(
    fc.record({
      feed: fc.constantFrom('a', 'b', 'c'),
      orderMs: fc.integer({ min: 0, max: 20 }),
      isUnknown: fc.boolean(),
      takes: fc.integer({ min: 0, max: 2 }),
    }),
  );
  fc.assert(
    fc.property(files, (steps) => {
      const order = new ReadingOrder<File>();
      const left = new Set<File>();
      steps.forEach(({ feed, orderMs, isUnknown, takes }, id) => {
        const known = file(feed, orderMs, id);
        const added = isUnknown ? unknown(known) : known;
        order.add(added);
        left.add(added);
        for (let n = 0; n < takes; n++) {
          const next = order.take();
          if (next !== undefined) expect(left.delete(next)).toBe(true);
        }
        for (const name of ['a', 'b', 'c']) {
          const bounds = [...left].filter((one) => one.feed === name).map((one) => one.boundMs);
          expect(order.boundMsOf(name)).toBe(Math.min(Infinity, ...bounds));
        }
      });
      expect(taken(order)).toHaveLength(left.size);
      expect(order.isEmpty).toBe(true);
    }),
  );
});
