import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { IncomingFolder } from '../../src/platform/files/incoming-folder.js';
import type { ImportedFile } from '../../src/import/import.dto.js';
import { goodLine, goodLines, ImporterInTest, sumOfBook, until } from './importer-in-test.js';

const hourMs = 3_600_000;

let importer: ImporterInTest;
let laterMs: number;
const now = (): number => Date.now() + laterMs;
const gzip = { maxBytes: 2 ** 30, maxRatio: 1000 };

beforeEach(async () => {
  laterMs = 0;
  importer = ImporterInTest.at({ quietPeriodMs: 1000, now, scanIntervalMs: 20, gzip });
  await importer.start();
});

afterEach(() => importer.stopAndRemove());

/** The newest book, once time went on until it is so. */
const bookThat = async (isSo: (book: ImportedFile) => boolean): Promise<ImportedFile> => {
  let book: ImportedFile | undefined;
  await until('the book is so', 15_000, async () => {
    laterMs += 500;
    book = (await importer.books()).at(0);
    // done is durable before the file is moved
    return book !== undefined && importer.waitingNames().length === 0 && isSo(book);
  });
  return book as ImportedFile;
};

const isDone = (lines: number) => (book: ImportedFile) =>
  book.state === 'done' && book.lines === lines && sumOfBook(book) === lines;

const toldCodes = (): unknown[] => importer.warnings().map(({ facts }) => facts.code);

describe('a file that grows behind its end', () => {
  it.each(['a.csv', 'roaming/a.csv'])('is read on in done/, each line once: %s', async (name) => {
    importer.drop(name, goodLines(3));
    await bookThat(isDone(3));
    const [...path] = ['done', ...name.split('/')];
    appendFileSync(importer.path(...path), goodLines(2, 4));
    const book = await bookThat(isDone(5));
    expect(book).toMatchObject({ reason: 'FILE_GREW', waiting: 5, duplicate: 0 });
    appendFileSync(importer.path(...path), `${goodLines(2, 6)}bad\n`);
    expect(await bookThat(isDone(8))).toMatchObject({ waiting: 7, rejected: 1 });
    expect(await importer.books()).toHaveLength(1);
    expect(toldCodes()).toEqual(['FILE_GREW', 'FILE_GREW']);
    expect(importer.names(...path.slice(0, -1))).toEqual(['a.csv']);
    expect(await importer.recordLines()).toHaveLength(7);
  });

  it('in the middle of a line is read on where that line began', async () => {
    importer.drop('a.csv', `${goodLines(2)}record-3;2020-01-02T00:00:0`);
    await bookThat(isDone(3));
    appendFileSync(importer.path('done', 'a.csv'), `3Z;4812345;100\n${goodLines(1, 4)}`);
    const book = await bookThat(isDone(5));
    // the part of the line that was read first stands in the book as it was
    expect(book).toMatchObject({ waiting: 4, rejected: 1 });
    expect(await importer.rejects(book.id)).toContain('record-3;2020-01-02T00:00:0\n');
  });

  it('is not read on while it is still written', async () => {
    importer.drop('a.csv', goodLines(1));
    await bookThat(isDone(1));
    for (let n = 2; n < 8; n++) {
      appendFileSync(
        importer.path('done', 'a.csv'),
        `${goodLine(n)}\n`.slice(0, n === 7 ? 99 : 20),
      );
      appendFileSync(importer.path('done', 'a.csv'), n === 7 ? '' : `${goodLine(n)}\n`.slice(20));
    }
    expect(await bookThat(isDone(7))).toMatchObject({ waiting: 7, rejected: 0 });
  });

  it('while the program is down is read on at the next start', async () => {
    importer.drop('a.csv', goodLines(3));
    importer.drop('roaming/a.csv', goodLines(3, 10));
    await until('done', 5000, () => importer.names('done', 'roaming').length === 1);
    await importer.kill();
    appendFileSync(importer.path('done', 'roaming', 'a.csv'), goodLines(1, 13));
    laterMs += hourMs / 2;
    await importer.start();
    await until('read on', 15_000, async () => {
      laterMs += 500;
      return (await importer.books()).some((book) => book.feed === 'roaming' && isDone(4)(book));
    });
    expect(await importer.recordLines()).toHaveLength(7);
    expect(toldCodes()).toEqual(['FILE_GREW']);
  });

  it('and is killed while it is read on goes on there', async () => {
    importer.drop('a.csv', goodLines(1));
    await bookThat(isDone(1));
    appendFileSync(importer.path('done', 'a.csv'), goodLines(50_000, 2));
    await until('read on', 15_000, async () => {
      laterMs += 500;
      const [{ state, lines }] = await importer.books();
      return state === 'importing' && lines > 1;
    });
    await importer.kill();
    await importer.start();
    expect(await bookThat(isDone(50_001))).toMatchObject({ waiting: 50_001, duplicate: 0 });
  });

  it('when it is packed is read on, too', async () => {
    importer.drop('a.csv.gz', gzipSync(`${goodLines(2)}${goodLine(3)}`));
    await bookThat(isDone(3));
    appendFileSync(importer.path('done', 'a.csv.gz'), gzipSync(`\n${goodLines(2, 4)}`));
    expect(await bookThat(isDone(6))).toMatchObject({ reason: 'FILE_GREW', rejected: 0 });
  });

  it('is not looked at for ever, and one that was replaced is not taken for it', async () => {
    importer.drop('a.csv', goodLines(1));
    importer.drop('b.csv', goodLines(1, 5));
    await until('done', 5000, () => importer.names('done').length === 2);
    writeFileSync(importer.path('done', 'tmp'), goodLines(9, 20));
    renameSync(importer.path('done', 'tmp'), importer.path('done', 'b.csv'));
    for (let n = 0; n < 12; n++) {
      laterMs += hourMs;
      importer.drop(`c-${n}.csv`, goodLines(1, 100 + n));
      await until('looked', 5000, () => importer.names('done').includes(`c-${n}.csv`));
    }
    appendFileSync(importer.path('done', 'a.csv'), goodLines(1, 2));
    laterMs += hourMs;
    importer.drop('d.csv', goodLines(1, 200));
    await until('looked', 5000, () => importer.names('done').includes('d.csv'));
    expect(toldCodes()).toEqual([]);
  });
});

it('a writer that pauses again and again loses no line and counts none twice', async () => {
  let parts = 0;
  class Folder extends IncomingFolder {
    override async move(...args: Parameters<IncomingFolder['move']>) {
      // the writer goes on in the moment the file is moved
      appendFileSync(importer.path(args[0].folder, args[0].name), goodLines(2, 10 + 2 * parts++));
      return super.move(...args);
    }
  }
  await importer.stop();
  writeFileSync(importer.path('a.csv'), goodLines(1));
  await importer.start({ folder: new Folder(importer.incoming) });
  expect(await bookThat(isDone(3))).toMatchObject({ waiting: 3, reason: 'FILE_GREW' });
});
