import {
  appendFileSync,
  existsSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppendsInFlight } from '../../src/import/append-flight.js';
import { startOfFile } from '../../src/import/domain/line-batches.js';
import type { ImporterPorts } from '../../src/import/importer-ports.js';
import { UsageEvents } from '../../src/ingest/index.js';
import { IncomingFolder } from '../../src/platform/files/incoming-folder.js';
import { Fault } from '../../src/streaming/index.js';
import { goodLines, ImporterInTest, sumOfBook, until } from './importer-in-test.js';

type Log = ImporterPorts['log'];

const importer = (): ImporterInTest => running;
let running: ImporterInTest;

beforeEach(() => {
  running = ImporterInTest.at();
});

afterEach(() => running.stopAndRemove());

/** The log, with a step before each append; `appends` counts from 1. */
const before =
  (step: (appends: number) => void | Promise<void>) =>
  (log: Log): Log => {
    let appends = 0;
    return {
      append: async (events, rows) => {
        await step(++appends);
        return log.append(events, rows);
      },
    };
  };

const diskFull = (): Fault =>
  new Fault('APPEND_UNDONE', 'Retry', 'the append was undone', {
    cause: new Fault('DISK_FULL', 'Retry', 'no space left on device'),
  });

const manyLines = 150_000;

describe('a file that changes while it is read', () => {
  it('and is cut off is told; its whole lines count once', async () => {
    importer().drop('a.csv', goodLines(manyLines));
    // 1: the registration with the first batch of lines
    const cut = before((n) => {
      if (n === 2) truncateSync(importer().path('a.csv'), 3_000_000);
    });
    await importer().start({ wrapLog: cut });
    const [book] = await importer().ended(1);
    const reason = 'FILE_TRUNCATED';
    expect(book).toMatchObject({ state: 'failed', reason, rejected: 0, duplicate: 0 });
    expect(book.lines).toBeGreaterThan(10_000);
    expect(book.waiting).toBe(book.lines);
    expect(importer().names('failed')).toEqual(['a.csv', 'a.csv.reason.txt']);
  });

  it('and grows is told, and read on once it is quiet, each line once', async () => {
    importer().drop('a.csv', `${goodLines(manyLines)}cut`);
    const growing = before((n) => {
      if (n === 2) appendFileSync(importer().path('a.csv'), ` off\n${goodLines(5, manyLines + 1)}`);
    });
    await importer().start({ wrapLog: growing });
    const [book] = await importer().ended(1);
    const sums = { lines: manyLines + 6, waiting: manyLines + 5, rejected: 1, duplicate: 0 };
    expect(book).toMatchObject({ state: 'done', reason: 'FILE_GREW', ...sums });
    expect(await importer().codes(book.id)).toEqual({ [manyLines + 1]: 'CDR_FIELDS_TOO_FEW' });
    expect(
      importer()
        .warnings()
        .map(({ facts }) => facts.code),
    ).toEqual(['FILE_GREW']);
    expect(importer().names('done')).toEqual(['a.csv']);
  });

  it('and is taken away before that is told, and read when it comes back', async () => {
    importer().drop('a.csv', goodLines(3));
    const away = importer().path('tmp_away');
    let isTaken = false;
    class Folder extends IncomingFolder {
      override open(file: Parameters<IncomingFolder['open']>[0]) {
        if (!isTaken) renameSync(importer().path('a.csv'), away);
        isTaken = true;
        return super.open(file);
      }
    }
    const folder = new Folder(importer().incoming);
    await importer().start({ folder });
    await until('told', 5000, () => importer().warnings().length > 0);
    expect(importer().warnings()[0].facts).toMatchObject({ file: 'a.csv', code: 'FILE_GONE' });
    renameSync(away, importer().path('a.csv'));
    const books = await importer().ended(2);
    expect(books.map(({ state, reason, waiting }) => [state, reason, waiting])).toEqual([
      ['failed', 'FILE_GONE', 0],
      ['done', null, 3],
    ]);
  });
});

it('whether it gets on is told by commits, and by a folder with nothing to read', async () => {
  const time = { nowMs: Date.UTC(2026, 0) };
  const isNow = (): boolean => importer().lastMoveMs === time.nowMs;
  let isFull = false;
  const failing = before(() => {
    if (isFull) throw diskFull();
  });
  await importer().start({ now: () => time.nowMs, wrapLog: failing });
  time.nowMs += 60_000;
  await until('idle', 5000, isNow);
  isFull = true;
  importer().drop('a.csv', goodLines(3));
  await until('paused', 5000, () => importer().warnings().length > 0);
  const stoodMs = time.nowMs;
  time.nowMs += 60_000;
  await sleep(1500); // it tries again each second
  expect(importer().lastMoveMs).toBeLessThanOrEqual(stoodMs);
  isFull = false;
  await until('it gets on', 5000, isNow);
});

it('a file whose disk was away is read when the disk is there again', async () => {
  class Away extends IncomingFolder {
    override scan(): Promise<never[]> {
      return Promise.resolve([]);
    }
    override open() {
      return Promise.resolve('gone' as const);
    }
  }
  class Hanging extends IncomingFolder {
    #opened = 0;
    override async open(file: Parameters<IncomingFolder['open']>[0]) {
      // looked into first; the lines of the file before it write it down too
      if (file.name === 'b.csv' && ++this.#opened > 1)
        await until('stopped', 5000, () => isStopped);
      return super.open(file);
    }
  }
  let isStopped = false;
  importer().drop('a.csv', goodLines(20_000));
  importer().drop('b.csv', goodLines(2, 20_001));
  await importer().start({ folder: new Hanging(importer().incoming) });
  await until('registered', 5000, async () => (await importer().books()).length === 2);
  const killed = importer().kill();
  isStopped = true;
  await killed;
  await importer().start({ folder: new Away(importer().incoming) });
  await until('told', 5000, () => importer().warnings().length > 0);
  await importer().stop();
  await importer().start();
  // each of the two files was gone, and came again
  const books = (await importer().ended(4)).filter(({ name }) => name === 'b.csv');
  expect(books.map(({ reason, waiting }) => [reason, waiting])).toEqual([
    ['FILE_GONE', 0],
    [null, 2],
  ]);
});

it('a file that may not be opened is refused, others go on', async () => {
  class Folder extends IncomingFolder {
    override open(file: { folder: string; name: string; isRegular: boolean }) {
      return file.name === 'a.csv' ? Promise.resolve('unreadable' as const) : super.open(file);
    }
  }
  importer().drop('a.csv', goodLines(1));
  importer().drop('b.csv', goodLines(1));
  await importer().start({ folder: new Folder(importer().incoming) });
  const books = await importer().ended(2);
  expect(books.map(({ reason }) => reason)).toEqual(['FILE_UNREADABLE', null]);
  expect(importer().names('failed')).toEqual(['a.csv', 'a.csv.reason.txt']);
});

it('a file that cannot be moved away is told once, others go on, it is tried again', async () => {
  writeFileSync(importer().path('done'), 'a file in the place of the folder');
  importer().drop('a.csv', goodLines(1));
  await importer().start();
  await until('read', 5000, async () => (await importer().books())[0]?.state === 'done');
  await sleep(400);
  importer().drop('b.csv', 'bad\n');
  await until('read', 5000, async () => (await importer().books())[0]?.lines === 1);
  await until('told', 5000, () => importer().warnings().length > 1);
  const told = importer().warnings();
  expect(told.map(({ facts }) => [facts.file, facts.code])).toEqual([
    ['a.csv', 'FILE_NOT_MOVED'],
    ['b.csv', 'FILE_NOT_MOVED'],
  ]);
  rmSync(importer().path('done'));
  expect(await importer().ended(2)).toHaveLength(2);
  expect(importer().names('done')).toEqual(['a.csv', 'b.csv']);
});

describe('when the disk is full', () => {
  it('the import says so once, goes on when there is room, loses and doubles nothing', async () => {
    let isFull = false;
    for (const [index, name] of ['a.csv', 'b.csv', 'c.csv'].entries()) {
      importer().drop(name, `${goodLines(30_000, 1 + index * 30_000)}bad\n`);
    }
    let appends = 0;
    const filling = before(() => {
      if (++appends === 4) isFull = true;
      if (isFull) throw diskFull();
    });
    // the pause of a second between two tries is cut short
    await importer().start({ wrapLog: filling, pauseMs: (ms) => sleep(Math.min(ms, 50)) });
    await until('several tries', 5000, () => appends > 8);
    expect(
      importer()
        .warnings()
        .map(({ facts }) => facts.code),
    ).toEqual(['DISK_FULL']);
    isFull = false;
    appends = 1000;
    const books = await importer().ended(3);
    for (const book of books) {
      expect(book).toMatchObject({ state: 'done', lines: 30_001, waiting: 30_000, rejected: 1 });
    }
    expect(await importer().recordLines()).toHaveLength(90_000);
    const said = importer().said.map(({ message }) => message);
    expect(said.filter((message) => message === 'the import goes on')).toHaveLength(1);
    expect(importer().warnings()).toHaveLength(1);
  });

  it('while files are registered, none is registered twice', async () => {
    let failures = 3;
    for (let n = 0; n < 50; n++) importer().drop(`${n}.csv`, goodLines(1, n));
    const filling = before(() => {
      if (failures-- > 0) throw diskFull();
    });
    await importer().start({ wrapLog: filling, pauseMs: (ms) => sleep(Math.min(ms, 20)) });
    const books = await importer().ended(50);
    expect(new Set(books.map(({ name }) => name)).size).toBe(50);
    expect(await importer().recordLines()).toHaveLength(50);
  });
});

describe('the end of the program', () => {
  it('does not wait for a scan or for a pause', async () => {
    await importer().start({ scanIntervalMs: 60_000 });
    for (let n = 0; n < 20; n++) {
      const startedMs = performance.now();
      await importer().stop();
      expect(performance.now() - startedMs).toBeLessThan(2000);
      await importer().start({ scanIntervalMs: 60_000 });
      if (n % 2 === 0) importer().drop(`${n}.csv`, goodLines(1, n));
    }
  });

  it('in the middle of a scan is not slept through', async () => {
    let goOn: () => void = () => undefined;
    const scanning = new Promise<void>((resolve) => (goOn = resolve));
    let isScanning = false;
    class SlowFolder extends IncomingFolder {
      override async scan() {
        isScanning = true;
        await scanning;
        return super.scan();
      }
    }
    const folder = new SlowFolder(importer().incoming);
    await importer().start({ folder, scanIntervalMs: 60_000 });
    await until('a scan', 1000, () => isScanning);
    const stopped = importer().stop();
    goOn();
    expect(await Promise.race([stopped.then(() => 'stopped'), sleep(3000)])).toBe('stopped');
  });

  it('between the end of a file and its move does not import it again', async () => {
    class NoMove extends IncomingFolder {
      override move(): Promise<undefined> {
        return Promise.reject(new Error('killed'));
      }
    }
    importer().drop('a.csv', goodLines(2));
    importer().drop('b.csv.gz', goodLines(2));
    await importer().start({ folder: new NoMove(importer().incoming) });
    await until('ended', 5000, async () => (await importer().books()).every(isOver));
    await importer().kill();
    expect(existsSync(importer().path('a.csv'))).toBe(true);
    await importer().start();
    const books = await importer().ended(2);
    expect(books.map(({ lines, duplicate }) => [lines, duplicate])).toEqual([
      [2, 0],
      [0, 0],
    ]);
    expect(importer().names('done')).toEqual(['a.csv']);
    expect(importer().names('failed')).toEqual(['b.csv.gz', 'b.csv.gz.reason.txt']);
  });

  it('in the middle of a file reads the rest of it at the next start, each line once', async () => {
    importer().drop('a.csv', goodLines(manyLines));
    await importer().start({ wrapLog: before((n) => (n > 4 ? sleep(50) : undefined)) });
    await until('some lines', 5000, async () => ((await importer().books())[0]?.lines ?? 0) > 0);
    await importer().kill();
    await importer().start();
    const [book] = await importer().ended(1);
    expect(book).toMatchObject({ state: 'done', waiting: manyLines, duplicate: 0 });
    expect(sumOfBook(book)).toBe(book.lines);
  });
});

const isOver = ({ state }: { state: string }): boolean => state === 'done' || state === 'failed';

it('files that come while a large one is read are registered at once', async () => {
  importer().drop('large.csv', goodLines(manyLines));
  let wasQueued = false;
  const slow = before(async (n) => {
    if (n === 2) importer().drop('other/small.csv', goodLines(1));
    await sleep(n > 1 ? 100 : 0);
    const books = await importer().books();
    if (books.length === 2 && books[1].state === 'importing') wasQueued = true;
  });
  await importer().start({ wrapLog: slow });
  await importer().ended(2);
  expect(wasQueued).toBe(true);
});

it('refused lines are written behind the registration of their file, not with it', async () => {
  const tables: string[][] = [];
  importer().drop('a.csv', `x;y\n${goodLines(1)}`);
  importer().drop('b.csv', goodLines(1, 2));
  await importer().start({
    wrapLog: (log) => ({
      append: (events, rows) => {
        tables.push([...new Set(rows.map(({ schema }) => schema.name))].sort());
        return log.append(events, rows);
      },
    }),
  });
  await importer().ended(2);
  expect(tables).toEqual([
    ['import_file', 'import_progress'],
    ['dead_letter', 'import_file_count', 'import_progress'],
  ]);
});

it('nothing is appended behind an append that failed', async () => {
  const answers: { resolve: () => void; reject: (cause: Error) => void }[] = [];
  const append = (): Promise<never> =>
    new Promise((resolve, reject) => {
      answers.push({ resolve: () => resolve(undefined as never), reject });
    });
  const log = { append } as unknown as Log;
  const flight = new AppendsInFlight(log, () => undefined);
  const batch = { events: new UsageEvents(1), refused: [], bytes: 2 ** 20, mark: startOfFile };
  for (let n = 0; n < 4; n++) await flight.append(batch, []);
  const fifth = flight.append(batch, []);
  await sleep(1);
  // in one moment, as a fence does it
  answers[0].resolve();
  for (const { reject } of answers.slice(1)) reject(new Error('undone'));
  await expect(fifth).rejects.toThrow('undone');
  expect(answers).toHaveLength(4);
});
