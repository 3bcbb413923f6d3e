import { ImportFileCountRows, UsageEvents } from '../../ingest/index.js';
import { booksInForce, GivenBooks, type StoredBook } from './books-check.js';
import { batchOf } from '../../../test/support/batch-of.js';

const stored = (partition: number, version: number, counted: number): StoredBook => ({
  ...{ fileId: 1, partition, version },
  counts: [counted, 0, 0, 0, 0],
});

describe('the book of a file in the keyspace', () => {
  it('is of each partition the greatest version that is committed', () => {
    const rows = [stored(-1, 7, 2), stored(0, 30, 9), stored(0, 20, 5), stored(1, 10, 4)];
    const inForce = booksInForce(rows, ({ partition, version }) => partition < 0 || version < 30);
    expect([...inForce.values()].map(({ counts: [counted] }) => counted)).toEqual([2, 5, 4]);
  });

  it('is none where nothing is committed', () => {
    expect(booksInForce([stored(0, 30, 9)], () => false).size).toBe(0);
  });
});

describe('the book of a file in the log', () => {
  it('is the sum of all changes of a partition, and is told once', () => {
    const books = new GivenBooks(4);
    const batch = (rows: number[][]) => ({
      events: new UsageEvents(1),
      rows: [batchOf(ImportFileCountRows.schema, rows)],
      messages: [],
    });
    books.take(
      batch([
        [3, 5, 0, 1, 0, 0],
        [8, 1, 0, 0, 0, 0],
      ]),
      2,
    );
    books.take(batch([[3, 1, 0, -1, 2, 0]]), 2);
    books.take(batch([[3, 9, 0, 0, 0, 0]]), 1);
    expect(books.remove(3, 2)).toEqual([6, 0, 0, 2, 0]);
    expect(books.remove(3, 2)).toEqual([0, 0, 0, 0, 0]);
    expect([...books.left()]).toEqual([
      { fileId: 8, partition: 2, book: [1, 0, 0, 0, 0] },
      { fileId: 3, partition: 1, book: [9, 0, 0, 0, 0] },
    ]);
  });
});
