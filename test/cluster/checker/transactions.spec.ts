import type { RawRecord } from './raw-reader.js';
import { Transactions } from './transactions.js';

type Kind = 'data' | 'plain' | 'commit' | 'abort';

/** `1 data`: producer 1 writes; offsets are places in the list. */
const recordsOf = (log: readonly `${number} ${Kind}`[]): RawRecord[] =>
  log.map((said, offset) => {
    const [producerId, kind] = said.split(' ');
    return {
      offset: String(offset),
      // a key like that of a mark is a key all the same
      key: Buffer.of(0, 0, 0, kind === 'commit' ? 1 : 0),
      value: null,
      timestamp: '0',
      isControlRecord: kind === 'commit' || kind === 'abort',
      batchContext: { producerId, inTransaction: kind !== 'plain' },
    };
  });

const committed = (log: readonly `${number} ${Kind}`[]): number[] => {
  const transactions = new Transactions();
  return recordsOf(log)
    .flatMap((record) => transactions.take('0', record))
    .map(({ offset }) => Number(offset));
};

test('records are committed when the mark of their producer says so', () => {
  expect(committed(['1 data', '2 data', '1 data', '2 abort', '1 commit'])).toEqual([0, 2]);
  expect(committed(['1 data', '1 abort', '1 data', '1 commit', '1 data'])).toEqual([2]);
  expect(committed(['1 data', '0 plain', '2 data', '2 commit'])).toEqual([1, 2]);
});

test('transactions of one producer in two partitions are apart', () => {
  const transactions = new Transactions();
  const [data, commit] = recordsOf(['1 data', '1 commit']);
  expect(transactions.take('0', data)).toEqual([]);
  expect(transactions.take('1', commit)).toEqual([]);
  expect(transactions.take('0', commit)).toEqual([data]);
});
