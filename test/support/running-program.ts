import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type RunningProgram } from '../../src/commands/start.js';
import { loadSettings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { readStore, type StoreContents } from './store-contents.js';

/** What `GET /api/import-files` says of a file. */
export interface ImportFileJson {
  readonly id: number;
  readonly name: string;
  readonly feed: string;
  readonly state: string;
  readonly lines: number;
  readonly counted: number;
  readonly late: number;
  readonly waiting: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/** The whole program in this process, on a data directory of its own. */
export class ProgramInTest {
  private constructor(
    readonly dataDir: string,
    private readonly program: RunningProgram,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ProgramInTest> {
    const dataDir = mkdtempSync(join(tmpdir(), 'overage-'));
    const loaded = loadSettings({ DATA_DIR: dataDir, PORT: '0', ...env }, () => undefined);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const program = await startProgram({
      settings: loaded.settings,
      logger: createLogger({ level: 'fatal', format: 'json' }),
      root: process.cwd(),
      version: '0.0.0',
    });
    return new ProgramInTest(dataDir, program);
  }

  async postAgreements(agreements: readonly object[]): Promise<void> {
    const { statusCode, body } = await this.program.app.inject({
      method: 'POST',
      url: '/api/agreements',
      headers: { 'content-type': 'application/x-ndjson' },
      payload: agreements.map((agreement) => JSON.stringify(agreement)).join('\n'),
    });
    if (statusCode !== 201) throw new Error(`${statusCode}: ${body}`);
  }

  /** Drops a file as a user does: written under another name, then renamed. */
  drop(name: string, content: string | Buffer): void {
    const folder = join(this.dataDir, 'incoming-data-records');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `tmp_${name}`), content);
    renameSync(join(folder, `tmp_${name}`), join(folder, name));
  }

  /** The books, once so many files are done. */
  async done(files: number): Promise<ImportFileJson[]> {
    for (let tries = 0; tries < 2000; tries++) {
      const answer = await this.program.app.inject({ url: '/api/import-files?limit=100' });
      const { items } = answer.json<{ items: ImportFileJson[] }>();
      if (items.some(({ state }) => state === 'failed')) throw new Error(answer.body);
      if (items.filter(({ state }) => state === 'done').length === files) return items;
      await sleep(10);
    }
    throw new Error('the files are not done in time');
  }

  get url(): string {
    return this.program.url;
  }

  stop(): Promise<void> {
    return this.program.stop();
  }

  /** Stops it and reads what it left. */
  async stopAndRead(): Promise<StoreContents> {
    await this.program.stop();
    return readStore(join(this.dataDir, 'overage.duckdb'));
  }

  remove(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
