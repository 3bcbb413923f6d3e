import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Made by `npm run build`. */
const builtMain = 'dist/main.js';

const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => found(port));
    });
  });

/** A directory for one run; remove it with `removeDirectory`. */
export const newDataDir = async (): Promise<string> => {
  const directory = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'overage-bench-'));
  await mkdir(join(directory, 'incoming-data-records'), { recursive: true });
  return directory;
};

export const removeDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true });

/** The built program as a user starts it, on a data directory of its own. */
export class Program {
  readonly #ended: Promise<unknown>;
  #output = '';
  #hasEnded = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly dataDir: string,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#ended = new Promise((ended) =>
      child.once('close', () => {
        this.#hasEnded = true;
        ended(undefined);
      }),
    );
  }

  /** Starts it; resolves at once, see `answers`. */
  static async start(
    dataDir: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    if (!existsSync(builtMain)) throw new Error('there is no build: run npm run build first');
    const port = await freePort();
    const child = spawn(process.execPath, [builtMain], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'warn',
        ...env,
      },
    });
    return new Program(child, dataDir, `http://127.0.0.1:${port}`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get incomingDir(): string {
    return join(this.dataDir, 'incoming-data-records');
  }

  /** Waits until a path answers 200; looks every few milliseconds. */
  async answers(path: string, timeoutMs = 120_000): Promise<void> {
    await this.until(async () => (await this.get(path)) !== undefined, { timeoutMs, everyMs: 2 });
  }

  /** The parsed answer, or undefined while there is none. */
  async get<T>(path: string): Promise<T | undefined> {
    try {
      const response = await fetch(`${this.url}${path}`);
      if (response.ok) return (await response.json()) as T;
      await response.arrayBuffer();
    } catch {
      // not listening yet
    }
    return undefined;
  }

  async post<T>(path: string, body: string, type: string): Promise<T> {
    const headers = { 'content-type': type };
    const response = await fetch(`${this.url}${path}`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async until(
    condition: () => Promise<boolean>,
    { timeoutMs = 600_000, everyMs = 5 } = {},
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (this.#hasEnded) throw new Error(`the program ended:\n${this.#output}`);
      if (performance.now() > deadline) throw new Error(`waited too long:\n${this.#output}`);
      await sleep(everyMs);
    }
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded) this.child.kill('SIGTERM');
    await this.#ended;
  }
}
