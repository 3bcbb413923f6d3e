import { appendFileSync, chmodSync, copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IncomingFolder } from '../../src/platform/files/incoming-folder.js';
import { goodLine, goodLines, ImporterInTest, until } from './importer-in-test.js';

const quietPeriodMs = 3_600_000;
/** Where the system tells of moves one by one. */
const onLinux = process.platform === 'linux' ? it : it.skip;

/** Counts what was looked for, so that a test can wait for a look behind what it did. */
class CountedFolder extends IncomingFolder {
  scans = 0;
  override async scan(all?: boolean) {
    const found = await super.scan(all);
    this.scans++;
    return found;
  }
}

let importer: ImporterInTest;
let folder: CountedFolder;
let laterMs: number;

beforeEach(async () => {
  laterMs = 0;
  importer = ImporterInTest.at({ quietPeriodMs, now: () => Date.now() + laterMs });
  folder = new CountedFolder(importer.incoming);
  await importer.start({ folder, scanIntervalMs: 50 });
});

afterEach(() => importer.stopAndRemove());

/** The importer has seen what is there now, twice. */
const looked = async (): Promise<void> => {
  const seen = folder.scans;
  await until('looked', 5000, () => folder.scans >= seen + 3);
};

const outside = (name: string): string => join(importer.dataDir, name);

describe('a file that is written under its final name', () => {
  it('is not read before it was quiet for the whole period, and then to its end', async () => {
    writeFileSync(importer.path('a.csv'), goodLines(1));
    await looked();
    laterMs = quietPeriodMs - 60_000;
    await looked();
    appendFileSync(importer.path('a.csv'), `${goodLines(2, 2)}`);
    await looked();
    expect(await importer.books()).toEqual([]);
    laterMs += quietPeriodMs;
    const [book] = await importer.ended(1);
    expect(book).toMatchObject({ state: 'done', lines: 3, waiting: 3 });
  });

  it.each([
    ['copied', () => copyFileSync(outside('x'), importer.path('a.csv'))],
    [
      'made empty and then written',
      () => {
        writeFileSync(importer.path('a.csv'), '');
        appendFileSync(importer.path('a.csv'), goodLines(1));
      },
    ],
    [
      'put in the place of one that was renamed there',
      () => {
        importer.drop('tmp_a.csv', goodLines(1));
        renameSync(importer.path('tmp_a.csv'), importer.path('tmp_b.csv'));
        writeFileSync(importer.path('a.csv'), goodLines(1));
      },
    ],
  ])('waits when it was %s', async (_, make) => {
    writeFileSync(outside('x'), goodLines(1));
    make();
    await looked();
    expect(await importer.books()).toEqual([]);
    laterMs = quietPeriodMs + 60_000;
    expect(await importer.ended(1)).toHaveLength(1);
  });

  it('waits also when one of its name was renamed into the folder before', async () => {
    importer.drop('a.csv', goodLines(1));
    if (process.platform !== 'linux') laterMs = quietPeriodMs + 60_000;
    await importer.ended(1);
    laterMs = 0;
    writeFileSync(importer.path('a.csv'), goodLine(2));
    await looked();
    expect(await importer.books()).toHaveLength(1);
    appendFileSync(importer.path('a.csv'), '00\n');
    laterMs = quietPeriodMs + 60_000;
    expect((await importer.ended(2))[1]).toMatchObject({ bytes: goodLine(2).length + 3 });
  });
});

describe('a file is read at once', () => {
  onLinux.each([
    ['renamed in its folder', () => importer.drop('a.csv', goodLines(3))],
    [
      'renamed from an ending of uploaders',
      () => {
        writeFileSync(importer.path('a.csv.filepart'), goodLines(3));
        renameSync(importer.path('a.csv.filepart'), importer.path('a.csv'));
      },
    ],
    [
      'moved there from elsewhere',
      () => {
        writeFileSync(outside('x'), goodLines(3));
        renameSync(outside('x'), importer.path('a.csv'));
      },
    ],
    [
      'linked there',
      () => {
        writeFileSync(outside('x'), goodLines(3));
        linkSync(outside('x'), importer.path('a.csv'));
      },
    ],
    [
      'moved there with an old mode',
      () => {
        writeFileSync(outside('x'), goodLines(3));
        chmodSync(outside('x'), 0o640);
        renameSync(outside('x'), importer.path('a.csv'));
      },
    ],
  ])('when it was %s', async (_, make) => {
    make();
    const [book] = await importer.ended(1);
    expect(book).toMatchObject({ state: 'done', lines: 3 });
  });

  onLinux('in a sub-folder that was there', async () => {
    mkdirSync(importer.path('roaming'));
    await looked();
    importer.drop('roaming/a.csv', goodLines(2));
    expect(await importer.ended(1)).toMatchObject([{ feed: 'roaming', lines: 2 }]);
  });

  it('when it was quiet long enough before it was seen', async () => {
    await importer.stop();
    writeFileSync(importer.path('a.csv'), goodLines(2));
    laterMs = quietPeriodMs + 60_000;
    await importer.start();
    expect(await importer.ended(1)).toMatchObject([{ lines: 2 }]);
  });
});
