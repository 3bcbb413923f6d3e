import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { repair } from '../../src/commands/repair.js';
import { verify } from '../../src/commands/verify.js';
import { loadSettings, type Settings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { mendLog } from '../../src/platform/embedded/flipped-bits.js';
import { storePath } from '../../src/wiring/embedded/embedded-wiring.js';
import { goodLines, ImporterInTest } from './importer-in-test.js';

const logger = createLogger({ level: 'fatal', format: 'json' });
const linesAFile = 12_000;
const files = ['a.csv', 'b.csv', 'c.csv'];

const settingsOf = (dataDir: string): Settings => {
  const loaded = loadSettings({ DATA_DIR: dataDir }, () => undefined);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

const change = async (dataDir: string, statements: readonly string[]): Promise<void> => {
  const instance = await DuckDBInstance.create(storePath(dataDir));
  const connection = await instance.connect();
  for (const sql of statements) await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
};

describe('repair of a damaged store', () => {
  let whole: string;
  let withLog: string;
  let dataDir: string;

  const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'overage-repair-'));
  const copyOf = (from: string): string => {
    const to = newDirectory();
    for (const suffix of ['', '.wal']) {
      const part = storePath(from) + suffix;
      if (existsSync(part)) copyFileSync(part, storePath(to) + suffix);
    }
    mkdirSync(join(to, 'incoming-data-records', 'done'), { recursive: true });
    for (const name of files) {
      const done = join('incoming-data-records', 'done', name);
      copyFileSync(join(whole, done), join(to, done));
    }
    return to;
  };

  beforeAll(async () => {
    whole = newDirectory();
    const importer = ImporterInTest.at({}, whole);
    await importer.start();
    for (const [at, name] of files.entries()) {
      importer.drop(name, goodLines(linesAFile, 1 + at * linesAFile));
    }
    await importer.ended(files.length, 30_000);
    withLog = copyOf(whole); // while the program runs: as a killed one leaves it
    await importer.stop();
  }, 60_000);
  afterAll(() => {
    for (const directory of [whole, withLog]) rmSync(directory, { recursive: true, force: true });
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const run = async (yes = true): Promise<string> => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const settings = settingsOf(dataDir);
    await repair({ settings, logger, print, yes, ask: undefined, nowMs: 1_700_000_000_000 });
    return lines.join('\n');
  };

  /** The store is right by itself, and right in all once the lost files are delivered again. */
  const isWholeAgain = async (again: readonly string[]): Promise<void> => {
    const differences: string[] = [];
    await verify(settingsOf(dataDir), logger, (line) => differences.push(line));
    expect(differences.join('\n')).toContain('as the log says');
    const incoming = join(dataDir, 'incoming-data-records');
    for (const name of again) renameSync(join(incoming, 'done', name), join(incoming, name));
    const importer = ImporterInTest.at({}, dataDir);
    const before = readdirSync(join(incoming, 'done')).length;
    await importer.start();
    const deadline = Date.now() + 30_000;
    while (importer.names('done').length < before + again.length && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const [{ n }] = await importer.store.database.query(
      'SELECT count(DISTINCT (msisdn, recorded_at, record_id)) AS n FROM usage_record',
    );
    const [{ rows }] = await importer.store.database.query(
      'SELECT count(*) AS rows FROM usage_record',
    );
    await importer.stop();
    expect([n, rows]).toEqual([files.length * linesAFile, files.length * linesAFile]);
  };

  it('is told at the start, and mends a log with offsets twice and others missing', async () => {
    dataDir = copyOf(whole);
    await change(dataDir, [
      'INSERT INTO log SELECT * FROM log WHERE "offset" BETWEEN 9000 AND 9999',
      'INSERT INTO usage_record SELECT * FROM usage_record WHERE version BETWEEN 9000 AND 9999',
      'DELETE FROM log WHERE "offset" BETWEEN 14000 AND 14999',
      'DELETE FROM usage_record WHERE version BETWEEN 14000 AND 14999',
      'CHECKPOINT',
    ]);
    const importer = ImporterInTest.at({}, dataDir);
    await expect(importer.start()).rejects.toMatchObject({
      code: 'LOG_EVENTS_MISSING',
      reaction: 'StateCorrupt',
    });
    const text = await run();
    expect(text).toContain('Lost: 1000 events, at offsets\n  14000 to 14999');
    expect(text).toContain('of the lines of file b.csv: read 12000, kept 11000');
    const [aside] = readdirSync(dataDir).filter((name) => name.startsWith('_before-repair'));
    expect(statSync(join(dataDir, aside, 'overage.duckdb')).size).toBeGreaterThan(100_000);
    await isWholeAgain(['b.csv']);
  }, 90_000);

  it('says which file it is when its name is lost', async () => {
    dataDir = copyOf(whole);
    await change(dataDir, [
      "DELETE FROM import_file WHERE name = 'b.csv'",
      'DELETE FROM log WHERE "offset" BETWEEN 14000 AND 14999',
      'DELETE FROM usage_record WHERE version BETWEEN 14000 AND 14999',
      'CHECKPOINT',
    ]);
    const text = await run();
    expect(text).toContain('of the lines of file 2, whose name is lost: read 12000, kept 11000');
    expect(text).toContain('file b.csv, which was read: all of it');
    await isWholeAgain(['b.csv']);
  }, 90_000);

  it('keeps what stands behind a damaged transaction of the write-ahead log', async () => {
    dataDir = copyOf(withLog);
    const wal = `${storePath(dataDir)}.wal`;
    const bytes = readFileSync(wal);
    bytes.fill(99, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 20);
    writeFileSync(wal, bytes);
    await expect(ImporterInTest.at({}, dataDir).start()).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
    });
    expect(await run()).toContain('Found: 1 damaged transactions');
    await isWholeAgain(files);
  }, 90_000);

  const flip = (bytes: Buffer, bit: number): Buffer => {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    return flipped;
  };

  it('loses nothing when a bit of the log is flipped that its checksum tells', async () => {
    dataDir = copyOf(withLog);
    const path = `${storePath(dataDir)}.wal`;
    const bytes = readFileSync(path);
    const bits = Array.from({ length: 100 }, (_, n) => (bytes.length >> 1) * 8 + n * 1009);
    const bit = bits.find((at) => mendLog(flip(bytes, at)) === 1) as number;
    writeFileSync(path, flip(bytes, bit));
    const text = await run();
    expect(text).toContain('Set right: 1 flipped bits');
    expect(text).toContain('Lost: no offset that is known.');
    await isWholeAgain([]);
  }, 90_000);

  it.each([
    ['is not there', (path: string) => rmSync(path), 'STORE_FILE_MISSING'],
    ['is empty', (path: string) => writeFileSync(path, ''), 'STORE_UNREADABLE'],
    [
      'has garbage where its tables are described',
      (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(77, 12_300, 60_000));
      },
      'STORE_UNREADABLE',
    ],
  ])(
    'keeps what the log has when the file %s',
    async (_, damage, code) => {
      dataDir = copyOf(withLog);
      damage(storePath(dataDir));
      const log = readFileSync(`${storePath(dataDir)}.wal`);
      await expect(ImporterInTest.at({}, dataDir).start()).rejects.toMatchObject({ code });
      expect(readFileSync(`${storePath(dataDir)}.wal`).equals(log)).toBe(true);
      const text = await run();
      expect(text).toContain('The store file cannot be read, only its write-ahead log');
      expect(Number(/Kept: (\d+) events/.exec(text)?.[1])).toBeGreaterThan(linesAFile);
      await isWholeAgain(files);
    },
    90_000,
  );

  it('keeps what is left of a file that is cut, which no start goes on with', async () => {
    dataDir = copyOf(whole);
    const path = storePath(dataDir);
    writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size - 300_000));
    await expect(ImporterInTest.at({}, dataDir).start()).rejects.toMatchObject({
      code: expect.stringMatching('STORE_DAMAGED|STORE_UNREADABLE') as string,
      reaction: 'StateCorrupt',
    });
    await run();
    await isWholeAgain(files);
  }, 90_000);

  it('says so when neither the file nor a log can be read', async () => {
    dataDir = copyOf(whole);
    writeFileSync(storePath(dataDir), Buffer.alloc(500_000, 3));
    await expect(run()).rejects.toMatchObject({ code: 'STORE_BEYOND_REPAIR' });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('_'))).toEqual([]);
  }, 60_000);

  it('changes nothing without an answer', async () => {
    dataDir = copyOf(withLog);
    const before = readFileSync(`${storePath(dataDir)}.wal`);
    await expect(run(false)).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(readFileSync(`${storePath(dataDir)}.wal`).equals(before)).toBe(true);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('_'))).toEqual([]);
  }, 60_000);
});
