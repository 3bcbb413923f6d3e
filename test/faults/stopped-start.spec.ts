import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtMain, OverageProcess } from './support/overage-process.js';

jest.setTimeout(240_000);

const records = 150_000;

/** What came of a start that was told to end, or not: its code or signal, and what it said. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly isListening: boolean;
}

const garbageIn = (path: string): void => {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(99, bytes.length >> 1, (bytes.length >> 1) + 20));
};

describe('a start that does not come to its end', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'overage-start-'));
    const program = await OverageProcess.start({ dataDir, env: { LOG_LEVEL: 'error' } });
    await program.ready();
    const incoming = join(dataDir, 'incoming-data-records');
    mkdirSync(incoming, { recursive: true });
    const lines = Array.from({ length: records }, (_, at) => {
      const time = new Date(Date.UTC(2020, 0, 2) + at * 1000).toISOString();
      return `r${at};${time};${48600000000 + (at % 500)};${at % 1000}\n`;
    });
    writeFileSync(join(incoming, 'tmp_all.csv'), lines.join(''));
    renameSync(join(incoming, 'tmp_all.csv'), join(incoming, 'all.csv'));
    const isDone = () => Promise.resolve(existsSync(join(incoming, 'done/all.csv')));
    expect(await program.until(isDone)).toBe(true);
    await program.stop();
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(`${dataDir}.crash-report.json`, { force: true });
  });

  const started = async (directory: string, endAfterMs?: number): Promise<Ended> => {
    const env = { PATH: process.env.PATH, DATA_DIR: directory, PORT: '0', LOG_LEVEL: 'error' };
    const child = spawn(process.execPath, [builtMain], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr.on('data', (part: Buffer) => (output += part.toString()));
    const exit = new Promise<Ended>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal, output, isListening: output.includes('Overage is running') });
      });
    });
    if (endAfterMs !== undefined) {
      await sleep(endAfterMs);
      child.kill('SIGTERM');
    }
    const late = sleep(20_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
    const ended = await exit;
    void late;
    return ended;
  };

  it('ends when it is told to, whatever it does, and leaves the store as it was', async () => {
    const outcomes: string[] = [];
    for (let delayMs = 200; delayMs <= 2000; delayMs += 200) {
      // all of it is to be read again
      for (const part of ['index', 'snapshots']) rmSync(join(dataDir, part), { recursive: true });
      const { code, signal, output } = await started(dataDir, delayMs);
      outcomes.push(`${code ?? signal ?? ''}`);
      expect(output).not.toMatch(/Fault|Error|unsettled/);
      // the next one makes them anew
      const program = await OverageProcess.start({ dataDir, env: { LOG_LEVEL: 'error' } });
      await program.ready();
      expect(await program.get('/api/counts')).toMatchObject({ records });
      await program.stop();
    }
    // by the signal itself while the program is still read from the disk
    expect(outcomes.filter((ended) => !['0', 'SIGTERM'].includes(ended))).toEqual([]);
    expect(outcomes).toContain('0');
  });

  it.each([
    ['its log has garbage', (file: string) => garbageIn(`${file}.wal`)],
    ['its file is gone', (file: string) => rmSync(file)],
  ])('runs at once behind a kill and a repair: %s', async (_, damage) => {
    const directory = mkdtempSync(join(tmpdir(), 'overage-start-'));
    const env = { LOG_LEVEL: 'error' };
    const killed = await OverageProcess.start({ dataDir: directory, env });
    await killed.ready();
    for (let at = 0; at < 20; at++) {
      const body = { externalId: `r${at}`, msisdn: '48600000001' };
      const record = { ...body, recordedAt: '2020-01-02T00:00:00Z', recordedBytes: at };
      expect(await killed.post('/api/incoming-data-records', JSON.stringify(record))).toBe(true);
    }
    await killed.kill();
    damage(join(directory, 'overage.duckdb'));
    expect(await started(directory)).toMatchObject({ code: 1, isListening: false });
    const repair = spawnSync(process.execPath, [builtMain, 'repair', '--yes'], {
      env: { PATH: process.env.PATH, DATA_DIR: directory },
      encoding: 'utf8',
    });
    expect([repair.status, repair.stdout]).toEqual([0, expect.stringContaining('Done.')]);
    const program = await OverageProcess.start({ dataDir: directory, env });
    expect(await program.ready()).toBe(true);
    await program.stop();
    rmSync(directory, { recursive: true, force: true });
    rmSync(`${directory}.crash-report.json`, { force: true });
  });

  it('ends by itself when the store is damaged, with the code and what to do', async () => {
    const damaged = mkdtempSync(join(tmpdir(), 'overage-start-'));
    cpSync(dataDir, damaged, { recursive: true });
    rmSync(join(damaged, 'incoming-data-records/.overage-import-store'), { force: true });
    const file = join(damaged, 'overage.duckdb');
    for (const bytes of [11_000, 400_000, 3_000_000, 6_000_000]) {
      cpSync(join(dataDir, 'overage.duckdb'), file);
      truncateSync(file, bytes);
      const ended = await started(damaged);
      expect(ended).toMatchObject({ code: 1, isListening: false });
      expect(ended.output).toMatch(/^STORE_(DAMAGED|UNREADABLE): /);
      expect(ended.output).toContain('npm run repair');
    }
    rmSync(damaged, { recursive: true, force: true });
  });
});
