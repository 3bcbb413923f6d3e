import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type RunningProgram } from '../../src/commands/start.js';
import { loadSettings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { storePath } from '../../src/wiring/embedded/embedded-wiring.js';
import type { Warning } from '../../src/warnings.dto.js';
import { goodLines } from './importer-in-test.js';

const linesAFile = 40;

describe('a store that is not the one that was there', () => {
  let dataDir: string;
  let program: RunningProgram;

  const start = async (): Promise<void> => {
    const env = { DATA_DIR: dataDir, PORT: '0', IMPORT_SCAN_INTERVAL: 'PT1S' };
    const loaded = loadSettings(env, () => undefined);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const logger = createLogger({ level: 'fatal', format: 'json' });
    const place = { root: process.cwd(), version: 'test' };
    program = await startProgram({ settings: loaded.settings, logger, ...place });
  };
  const get = async <T>(path: string): Promise<T> =>
    (await program.app.inject({ method: 'GET', url: path })).json<T>();
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error('it did not come');
      await sleep(20);
    }
  };
  const warnings = async (): Promise<Warning[]> =>
    (await get<{ items: Warning[] }>('/api/warnings')).items;
  const codes = async (): Promise<string[]> => (await warnings()).map(({ code }) => code).sort();
  const records = async (): Promise<number> =>
    (await get<{ records: number }>('/api/counts')).records;

  const incoming = (...names: string[]): string => join(dataDir, 'incoming-data-records', ...names);
  const doneNames = (): string[] =>
    existsSync(incoming('done')) ? readdirSync(incoming('done')) : [];
  /** Drops files of `linesAFile` lines, each with its own, and waits until they are read. */
  const importFiles = async (...numbers: number[]): Promise<void> => {
    mkdirSync(incoming(), { recursive: true });
    for (const n of numbers) {
      writeFileSync(incoming(`tmp_${n}`), goodLines(linesAFile, 1 + n * linesAFile));
      renameSync(incoming(`tmp_${n}`), incoming(`file-${n}.csv`));
    }
    await until(() => Promise.resolve(numbers.every((n) => doneNames().includes(`file-${n}.csv`))));
  };
  const copyStore = (to: string, suffixes: readonly string[]): void => {
    for (const suffix of suffixes) {
      rmSync(storePath(dataDir) + suffix, { force: true });
      const from = join(to, `store${suffix}`);
      if (existsSync(from)) cpSync(from, storePath(dataDir) + suffix);
    }
  };
  const keepStore = (to: string, suffixes: readonly string[]): void => {
    for (const suffix of suffixes) {
      const from = storePath(dataDir) + suffix;
      if (existsSync(from)) cpSync(from, join(to, `store${suffix}`));
    }
  };
  let aside: string;
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'overage-back-'));
    aside = mkdtempSync(join(tmpdir(), 'overage-aside-'));
    await start();
  });
  afterEach(async () => {
    await program.stop();
    for (const path of [dataDir, aside]) rmSync(path, { recursive: true, force: true });
  });

  it('is not spoken of when all is well, also after restarts', async () => {
    await importFiles(1, 2);
    expect(await warnings()).toEqual([]);
    await program.stop();
    await start();
    await importFiles(3);
    expect(await warnings()).toEqual([]);
  });

  it('is told when an old one is put back; its files delivered again make it whole', async () => {
    await importFiles(1);
    await program.stop();
    keepStore(aside, ['', '.wal']);
    await start();
    await importFiles(2, 3);
    await program.stop();
    copyStore(aside, ['', '.wal']);
    await start();
    await until(async () => (await codes()).length === 2);
    expect(await codes()).toEqual(['DONE_FILES_UNKNOWN', 'STORE_EVENTS_MISSING']);
    const [events, files] = await warnings();
    expect(events.message).toMatch(/^\d\d+ events .* from 20.*Z to 20.*Z are not in the store\.$/);
    expect(files.message).toMatch(/2 files in done\/: (file-2.csv, file-3.csv|file-3.csv, file-2)/);
    // what it says to do
    const again = ['file-2.csv', 'file-3.csv'];
    for (const name of again) renameSync(incoming('done', name), incoming(name));
    await until(async () => (await records()) === 3 * linesAFile);
    await until(() => Promise.resolve(doneNames().length === 3));
    await program.stop();
    await start();
    await program.stop();
    rmSync(`${storePath(dataDir)}.mark`);
    await start();
    expect(await warnings()).toEqual([]);
    expect(await records()).toBe(3 * linesAFile);
  });

  it('is told when its log is missing, at each start until the mark is removed', async () => {
    await importFiles(1, 2);
    keepStore(aside, ['']); // while it runs: as a kill leaves it, but for the log
    await program.stop();
    keepStore(aside, ['.mark']);
    copyStore(aside, ['', '.wal', '.mark']);
    for (let starts = 0; starts < 2; starts++) {
      await start();
      await until(async () => (await codes()).length === 2);
      expect(await codes()).toEqual(['DONE_FILES_UNKNOWN', 'STORE_EVENTS_MISSING']);
      await program.stop();
    }
    await start();
  });

  it('is told when another one is there', async () => {
    await importFiles(1);
    await program.stop();
    for (const suffix of ['', '.wal']) rmSync(storePath(dataDir) + suffix, { force: true });
    await start();
    await until(async () => (await codes()).length === 2);
    expect(await codes()).toEqual(['DONE_FILES_UNKNOWN', 'STORE_EXCHANGED']);
    expect((await warnings())[0].next).toContain('overage.duckdb.mark');
  });
});
