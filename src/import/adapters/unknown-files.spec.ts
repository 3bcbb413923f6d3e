import type { DoneFile } from '../../platform/files/done-files.js';
import { askedOf, unknownFiles, type StoredFile } from './unknown-files.js';

const stored = (changes: Partial<StoredFile> = {}): StoredFile => ({
  ...{ id: 7, name: 'a.csv', feed: 'default', inode: '55-1-2', bytes: 100, bytesRead: 100 },
  ...changes,
});
const done = (changes: Partial<DoneFile> = {}): DoneFile => ({
  ...{ folder: '', name: 'a.csv', inode: '55', bytes: 100, changedMs: 0 },
  ...changes,
});
const isKnown = (file: DoneFile, row: StoredFile): boolean =>
  unknownFiles([file], [row]).length === 0;

const long = 'x'.repeat(255);

test.each<[string, DoneFile, StoredFile]>([
  ['as it was moved', done(), stored()],
  ['that grew behind its end', done({ bytes: 300 }), stored()],
  ['copied to another machine', done({ inode: '9' }), stored()],
  ['copied, read to another end', done({ inode: '9', bytes: 120 }), stored({ bytesRead: 120 })],
  ['whose name was taken', done({ name: 'a.csv.7' }), stored()],
  ['whose name was taken twice', done({ name: 'a.csv.7.2' }), stored()],
  ['whose long name was cut', done({ name: `${long.slice(2)}.7` }), stored({ name: long })],
  ['of a feed', done({ folder: 'north', inode: '9' }), stored({ feed: 'north' })],
  ['of a feed named as a file', done({ folder: 'n.feed2', inode: '9' }), stored({ feed: 'n' })],
])('a file is known: %s', (_, file, row) => expect(isKnown(file, row)).toBe(true));

test.each<[string, DoneFile, StoredFile]>([
  ['another name', done({ name: 'b.csv' }), stored()],
  ['the same name again, with other content', done({ inode: '9', bytes: 50 }), stored()],
  ['an inode that was used again', done({ name: 'b.csv' }), stored({ inode: '55-9-9' })],
  ['the id of another file at its end', done({ name: 'b.csv.7' }), stored()],
  ['the name of a file, the id of none', done({ name: 'a.csv.8' }), stored()],
  ['the copy of another feed', done({ folder: 'south', inode: '9' }), stored({ feed: 'north' })],
  ['a file of a feed in done/ itself', done({ inode: '9' }), stored({ feed: 'north' })],
])('a file is not known: %s', (_, file, row) => expect(isKnown(file, row)).toBe(false));

test('the store is asked for every name, and for every id a name may end in', () => {
  const files = ['a.csv', 'a.csv.7', 'a.5.17', 'a.0', 'a.9999999999'].map((name) => done({ name }));
  expect(askedOf(files).names).toHaveLength(5);
  expect(askedOf(files).ids).toEqual([7, 5, 17]);
});
