import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goodLine, goodLines, ImporterInTest, sumOfBook, until } from './importer-in-test.js';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const asUser = isRoot ? it.skip : it;

let importer: ImporterInTest;

beforeEach(async () => {
  importer = await ImporterInTest.started();
});

afterEach(() => importer.stopAndRemove());

const make = (command: string, ...args: string[]): void => {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
};

/** What was refused lies in failed/ with its reason, its book says so, and files still go on. */
const isRefused = async (name: string, code: string, ...feed: string[]): Promise<void> => {
  importer.drop('zz-after.csv', goodLines(1));
  const books = await importer.ended(2);
  expect(books.find((book) => book.name === name)).toMatchObject({
    ...{ state: 'failed', reason: code, lines: 0, feed: feed[0] ?? 'default' },
  });
  expect(books.find((book) => book.name === 'zz-after.csv')).toMatchObject({ state: 'done' });
  expect(importer.names('failed', ...feed)).toEqual(
    expect.arrayContaining([name, `${name}.reason.txt`]),
  );
  const reason = readFileSync(importer.path('failed', ...feed, `${name}.reason.txt`), 'utf8');
  expect(reason).toMatch(new RegExp(`^${code}: .+\\.\n$`));
};

describe('what is no regular file is refused, told, and never read', () => {
  it('a pipe does not stop the importer', async () => {
    make('mkfifo', importer.path('a.csv'));
    await isRefused('a.csv', 'FILE_NOT_REGULAR');
  });

  it('a link to a file outside of the folder stays a link', async () => {
    const outside = join(importer.dataDir, 'outside.csv');
    writeFileSync(outside, goodLines(3));
    symlinkSync(outside, importer.path('a.csv'));
    await isRefused('a.csv', 'FILE_NOT_REGULAR');
    expect(readFileSync(outside, 'utf8')).toBe(goodLines(3));
  });

  it('a link to a file inside of the folder', async () => {
    importer.drop('tmp_inside.csv', goodLines(3));
    symlinkSync(importer.path('tmp_inside.csv'), importer.path('a.csv'));
    await isRefused('a.csv', 'FILE_NOT_REGULAR');
  });

  it('a link to a folder is no feed', async () => {
    const outside = join(importer.dataDir, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'b.csv'), goodLines(3));
    symlinkSync(outside, importer.path('a.csv'));
    await isRefused('a.csv', 'FILE_NOT_REGULAR');
    expect(existsSync(join(outside, 'b.csv'))).toBe(true);
  });

  asRoot('a device without an end does not stop the importer', async () => {
    make('mknod', importer.path('a.csv'), 'c', '1', '5');
    await isRefused('a.csv', 'FILE_NOT_REGULAR');
  });

  it('the second one of a name is told too', async () => {
    make('mkfifo', importer.path('a.csv'));
    await importer.ended(1);
    make('mkfifo', importer.path('a.csv'));
    const [, book] = await importer.ended(2);
    expect(book).toMatchObject({ name: 'a.csv', state: 'failed' });
    expect(importer.names('failed')).toContain(`a.csv.${book.id}`);
  });
});

asUser('a file that may not be read is refused', async () => {
  importer.drop('tmp_a.csv', goodLines(1));
  chmodSync(importer.path('tmp_a.csv'), 0);
  renameSync(importer.path('tmp_a.csv'), importer.path('a.csv'));
  await isRefused('a.csv', 'FILE_UNREADABLE');
});

describe('feeds', () => {
  it('are the sub-folders, and names in different feeds may be equal', async () => {
    importer.drop('a.csv', goodLines(1));
    importer.drop('roaming/a.csv', goodLines(2));
    importer.drop('ro ming "x" ü/a.csv', goodLines(3));
    const books = await importer.ended(3);
    const linesByFeed = Object.fromEntries(books.map(({ feed, lines }) => [feed, lines]));
    expect(linesByFeed).toEqual({ default: 1, roaming: 2, 'ro ming "x" ü': 3 });
    expect(books.every(({ name, state }) => name === 'a.csv' && state === 'done')).toBe(true);
    expect(importer.names('done')).toEqual(['a.csv', 'ro ming "x" ü', 'roaming']);
    expect((await importer.feeds()).get('roaming')).toEqual({ name: 'a.csv', state: 'done' });
  });

  it.each(['default', 'topic'])('a folder named %s is left alone and told once', async (name) => {
    importer.drop(`${name}/a.csv`, goodLines(1, 2));
    importer.drop('a.csv', goodLines(1));
    await until('read', 5000, () => importer.names('done').length === 1);
    importer.drop(`${name}/b.csv`, goodLines(1, 3));
    importer.drop('b.csv', goodLines(1, 4));
    await until('read', 5000, () => importer.names('done').length === 2);
    expect((await importer.books()).map(({ feed }) => feed)).toEqual(['default', 'default']);
    expect(importer.names(name)).toEqual(['a.csv', 'b.csv']);
    expect(importer.warnings().map(({ facts }) => facts)).toEqual([
      { code: 'FEED_NAME_RESERVED', folder: name },
    ]);
    expect(importer.leftAlone.items).toMatchObject([
      { code: 'FEED_NAME_RESERVED', folder: name, next: 'Rename the sub-folder.' },
    ]);
    renameSync(importer.path(name), importer.path('north'));
    await until('read', 5000, () => importer.names('done', 'north').length === 2);
    expect(importer.leftAlone.items).toEqual([]);
  });

  it('a folder in the folder of a feed is left alone and told, files beside it go on', async () => {
    importer.drop('roaming/b.csv/c.csv', goodLines(1));
    importer.drop('roaming/a.csv', goodLines(2));
    await until('read', 5000, () => importer.names('done', 'roaming').length === 1);
    await until('told', 5000, () => importer.warnings().length > 0);
    expect(importer.names('roaming', 'b.csv')).toEqual(['c.csv']);
    expect(importer.names('failed')).toEqual([]);
    expect(importer.warnings().map(({ facts }) => facts)).toEqual([
      { code: 'FEED_FOLDER_NESTED', folder: 'roaming/b.csv' },
    ]);
  });

  it('have their files in done/ also when a file of their name lies there', async () => {
    importer.drop('roaming', goodLines(1));
    await importer.ended(1);
    importer.drop('roaming/a.csv', goodLines(1, 2));
    await importer.ended(2);
    importer.drop('roaming/b.csv', goodLines(1, 3));
    await importer.ended(3);
    expect(importer.names('done')).toEqual(['roaming', 'roaming.feed']);
    expect(importer.names('done', 'roaming.feed')).toEqual(['a.csv', 'b.csv']);
  });

  it('are watched again when their folder was taken away and made again', async () => {
    await importer.stop();
    await importer.start({ scanIntervalMs: 60_000 });
    for (let n = 1; n <= 3; n++) {
      mkdirSync(importer.path('roaming'));
      await until('the folder is watched', 2000, () => true);
      importer.drop('roaming/a.csv', goodLines(1, n));
      await importer.ended(n);
      rmSync(importer.path('roaming'), { recursive: true });
    }
  });
});

describe('names', () => {
  it('that begin with tmp, a dot or an underscore are left alone', async () => {
    const left = ['tmp', 'tmp_a.csv', 'tmpfile', '.a.csv', '_a.csv'];
    for (const name of left) importer.drop(name, goodLines(1));
    importer.drop('roaming/_b.csv', goodLines(1));
    importer.drop('.hidden/a.csv', goodLines(1));
    importer.drop('a_tmp.csv', goodLines(1));
    expect((await importer.ended(1)).map(({ name }) => name)).toEqual(['a_tmp.csv']);
    expect(importer.names()).toEqual(expect.arrayContaining(left));
  });

  const unfinished = [
    ...['.filepart', '.TMP', '.part', '.InProgress', '.crdownload', '~', '.writing'],
    ...['.filepart.12', '.OPEN', '.wip', '.incomp', '.ftp'],
  ];

  it.each(unfinished)('that end in %s are left alone until they are renamed', async (ending) => {
    writeFileSync(importer.path(`a.csv${ending}`), goodLines(1));
    importer.drop('b.csv', goodLines(1, 2));
    await importer.ended(1);
    expect(importer.names()).toContain(`a.csv${ending}`);
    renameSync(importer.path(`a.csv${ending}`), importer.path('a.csv'));
    expect((await importer.ended(2)).map(({ name }) => name)).toEqual(['b.csv', 'a.csv']);
  });

  it('done and failed are no feeds', async () => {
    for (const folder of ['done', 'failed']) importer.drop(`${folder}/a.csv`, goodLines(1));
    importer.drop('a.csv', goodLines(1));
    const [book] = await importer.ended(1);
    expect(book.feed).toBe('default');
    expect(importer.names('done')).toEqual(['a.csv', `a.csv.${book.id}`]);
    expect(importer.names('failed')).toEqual(['a.csv']);
  });

  const longest = `${'ü'.repeat(125)}a.csv`;

  it.each([
    ['spaces', ' a b .csv'],
    ['quotes', `a"b'c\`d$(e).csv`],
    ['other scripts', 'żółć-файл-数据-📱.csv'],
    ['a line break', 'a\nb.csv'],
    ['a backslash and a percent sign', 'a\\b%41.csv'],
    ['255 bytes', longest],
  ])('with %s are read, told and moved', async (_, name) => {
    importer.drop(name, goodLines(1));
    importer.drop(`feed/${name}`, 'bad');
    const books = await importer.ended(2);
    expect(books.map((book) => [book.name, book.state])).toEqual([
      [name, 'done'],
      [name, 'done'],
    ]);
    expect(importer.names('done')).toContain(name);
    expect(importer.names('done', 'feed')).toEqual([name]);
  });

  it('of 255 bytes leave room for a reason and for a second file', async () => {
    for (let n = 1; n <= 3; n++) {
      make('mkfifo', importer.path(longest));
      await importer.ended(n);
    }
    const names = importer.names('failed').filter((name) => !name.endsWith('.reason.txt'));
    expect(names).toHaveLength(3);
    expect(importer.names('failed')).toEqual(
      expect.arrayContaining(names.map((name) => `${name}.reason.txt`)),
    );
  });

  it('that are not UTF-8 are shown with their bytes and do not stop the importer', async () => {
    importer.drop('tmp_x', goodLines(1));
    const odd = Buffer.concat([Buffer.from(importer.path('caf')), Buffer.from([0xe9, 0x2e])]);
    renameSync(importer.path('tmp_x'), odd);
    importer.drop('zz.csv', goodLines(1, 2));
    const books = await importer.ended(2);
    expect(books.map(({ name, state }) => [name, state])).toEqual([
      ['caf\\xe9.', 'done'],
      ['zz.csv', 'done'],
    ]);
    expect(importer.names('done')).toEqual(['caf\\xe9.', 'zz.csv']);
  });

  it('that look like what others are shown by are files and feeds of their own', async () => {
    const odd = (...parts: readonly string[]): Buffer =>
      Buffer.concat([Buffer.from(`${importer.path()}/`), Buffer.from(parts.join('/'), 'latin1')]);
    const folders = ['f\xff', 'f%ff', 'f\\xff'];
    const inFolders = folders.map((folder) => [folder, 'a.csv'] as const);
    const beside = ['g\xff.csv', 'g%ff.csv', 'g\\xff.csv'].map((name) => [name] as const);
    for (const folder of folders) mkdirSync(odd(folder));
    for (const [at, parts] of [...inFolders, ...beside].entries()) {
      importer.drop('tmp_x', goodLines(1, 1 + at));
      renameSync(importer.path('tmp_x'), odd(...parts));
    }
    const books = await importer.ended(6);
    const shown = books.map(({ feed, name, lines, state }) => [feed, name, lines, state]).sort();
    expect(shown).toEqual(
      [
        ...['g%ff.csv', 'g\\x5cxff.csv', 'g\\xff.csv'].map((name) => ['default', name, 1, 'done']),
        ...['f%ff', 'f\\x5cxff', 'f\\xff'].map((feed) => [feed, 'a.csv', 1, 'done']),
      ].sort(),
    );
  });

  it('that are taken by a reason are not written over by one', async () => {
    make('mkfifo', importer.path('a.csv.reason.txt'));
    await importer.ended(1);
    make('mkfifo', importer.path('a.csv'));
    await importer.ended(2);
    const names = ['a.csv.2', 'a.csv.2.reason.txt', 'a.csv.reason.txt'];
    expect(importer.names('failed')).toEqual([...names, 'a.csv.reason.txt.reason.txt']);
    expect(lstatSync(importer.path('failed', 'a.csv.reason.txt')).isFIFO()).toBe(true);
  });

  it('that are taken in done/ get the id of the import behind them', async () => {
    for (let n = 1; n <= 3; n++) {
      importer.drop('a.csv', goodLine(n));
      await importer.ended(n);
    }
    expect(importer.names('done')).toEqual(['a.csv', 'a.csv.2', 'a.csv.3']);
    expect(readFileSync(importer.path('done', 'a.csv.3'), 'utf8')).toBe(goodLine(3));
  });
});

it('the book of every file balances', async () => {
  importer.drop('a.csv', `${goodLines(3)}bad\n${goodLines(2)}`);
  const [book] = await importer.ended(1);
  expect(book).toMatchObject({ lines: 6, waiting: 3, duplicate: 2, rejected: 1 });
  expect(sumOfBook(book)).toBe(6);
});
