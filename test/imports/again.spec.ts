import { renameSync } from 'node:fs';
import { goodLine, goodLines, ImporterInTest, sumOfBook, until } from './importer-in-test.js';

let importer: ImporterInTest;

beforeEach(async () => {
  importer = await ImporterInTest.started();
});

afterEach(() => importer.stopAndRemove());

/** Drops the files one after the other; their books. */
const imported = async (...files: [name: string, content: string][]) => {
  for (const [index, [name, content]] of files.entries()) {
    importer.drop(name, content);
    await importer.ended(index + 1);
  }
  const books = (await importer.books()).reverse();
  for (const book of books) expect(sumOfBook(book)).toBe(book.lines);
  return books.map(({ lines, waiting, duplicate, rejected }) => {
    return { lines, waiting, duplicate, rejected };
  });
};

const first = { lines: 4, waiting: 4, duplicate: 0, rejected: 0 };
const again = { lines: 4, waiting: 0, duplicate: 4, rejected: 0 };

it('the same file twice counts once', async () => {
  const file: [string, string] = ['a.csv', goodLines(4)];
  expect(await imported(file, file)).toEqual([first, again]);
});

it('the same file under another name counts once', async () => {
  expect(await imported(['a.csv', goodLines(4)], ['b.csv', goodLines(4)])).toEqual([first, again]);
});

it('half of a file again in another one counts once', async () => {
  const half = goodLines(2, 3) + goodLines(2, 5);
  const mixed = { lines: 4, waiting: 2, duplicate: 2, rejected: 0 };
  expect(await imported(['a.csv', goodLines(4)], ['b.csv', half])).toEqual([first, mixed]);
});

it('the same record with other bytes is a conflict, and the first one stays', async () => {
  const other = [goodLine(1), goodLine(2, 101), goodLine(3)].join('\n');
  const [, book] = await imported(['a.csv', goodLines(4)], ['b.csv', other]);
  expect(book).toEqual({ lines: 3, waiting: 0, duplicate: 2, rejected: 1 });
  expect(await importer.codes(2)).toEqual({ 2: 'CONFLICTING_RECORD' });
  expect(await importer.recordLines()).toEqual([1, 2, 3, 4].map((line) => [1, line]));
});

it('a record twice in one file counts once, other bytes in it are a conflict', async () => {
  const lines = [goodLine(1), goodLine(1), goodLine(1, 7), goodLine(2)].join('\n');
  expect(await imported(['a.csv', lines])).toEqual([
    { lines: 4, waiting: 2, duplicate: 1, rejected: 1 },
  ]);
  expect(await importer.codes(1)).toEqual({ 3: 'CONFLICTING_RECORD' });
});

it('a file moved back out of done/ is imported again', async () => {
  await imported(['a.csv', goodLines(4)]);
  renameSync(importer.path('done', 'a.csv'), importer.path('a.csv'));
  const [, book] = await importer.ended(2);
  expect(book).toMatchObject({ state: 'done', ...again });
});

it('a file moved back out of failed/ is imported once the reason is gone', async () => {
  importer.drop('a.csv.gz', goodLines(4));
  await importer.ended(1);
  const gone = importer.path('failed', 'a.csv.gz');
  renameSync(gone, importer.path('a.csv'));
  const [, book] = await importer.ended(2);
  expect(book).toMatchObject({ state: 'done', ...first });
});

it('also when that was done while the program was stopped', async () => {
  await imported(['a.csv', goodLines(4)]);
  await importer.stop();
  renameSync(importer.path('done', 'a.csv'), importer.path('a.csv'));
  await importer.start();
  const [, book] = await importer.ended(2);
  expect(book).toMatchObject({ state: 'done', ...again });
});

describe('the list of rejects', () => {
  it('is the refused lines with file line and reason, and counts when it is fixed', async () => {
    const bad = `${goodLine(2)}0x`;
    const content = [goodLine(1), bad, goodLine(3), `${goodLine(4)};more`].join('\n');
    await imported(['a.csv', content]);
    const list = await importer.rejects(1);
    expect(list.split('\n')).toEqual([
      expect.stringMatching(/^# line 2 CDR_BYTES_INVALID: [^;]+$/),
      bad,
      expect.stringMatching(/^# line 4 CDR_FIELDS_TOO_MANY: [^;]+$/),
      `${goodLine(4)};more`,
      '',
    ]);
    importer.drop('fixed.csv', list.replace('0x', '').replace(';more', ''));
    const [, fixed] = await importer.ended(2);
    expect(fixed).toMatchObject({ lines: 2, waiting: 2, duplicate: 0, rejected: 0 });
    const lines = [1, 3].map((line) => [1, line]).concat([2, 4].map((line) => [2, line]));
    expect(await importer.recordLines()).toEqual(lines);
  });

  it('dropped again as it is names the same reasons', async () => {
    await imported(['a.csv', 'bad\n\n;;;\n']);
    importer.drop('again.csv', await importer.rejects(1));
    const [, book] = await importer.ended(2);
    expect(book).toMatchObject({ lines: 3, rejected: 3 });
    expect(Object.values(await importer.codes(2))).toEqual(Object.values(await importer.codes(1)));
  });

  it('has every line of a file of a thousand rejects, in order', async () => {
    await imported(['a.csv', Array.from({ length: 1000 }, (_, n) => `bad ${n}\n`).join('')]);
    const lines = (await importer.rejects(1)).split('\n').filter((line) => !line.startsWith('#'));
    expect(lines).toEqual([...Array.from({ length: 1000 }, (_, n) => `bad ${n}`), '']);
  });
});

it('a new file of the same name that replaces one in hand is not lost', async () => {
  await importer.stop();
  importer.drop('a.csv', goodLines(1));
  let isReplaced = false;
  const replaceOnce = (): void => {
    if (!isReplaced) importer.drop('a.csv', goodLines(2, 2));
    isReplaced = true;
  };
  await importer.start({
    wrapLog: (log) => ({
      append: async (events, rows = []) => {
        const appended = await log.append(events, rows);
        replaceOnce();
        return appended;
      },
    }),
  });
  const books = await importer.ended(2);
  expect(books.map(({ lines, waiting }) => [lines, waiting])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  await until('moved', 1000, () => importer.names('done').length === 1);
  expect(importer.names('done')).toEqual(['a.csv']);
});
