import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePorts } from '../../support/free-ports.mjs';

/** Specs are run from the top of the tree. */
const root = process.cwd();
const preload = pathToFileURL(join(root, 'test/faults/support/kill-at-crash-point.mjs')).href;

/** The built program; `npm run build` makes it, BUILT_MAIN names another build. */
export const builtMain = process.env.BUILT_MAIN ?? join(root, 'dist/main.js');

export interface Launch {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `<crash point>:<n>` or `any:<n>`. */
  readonly crashAt?: string;
  /** The write-ahead log whose lengths are wanted at the end. */
  readonly wal?: string;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The point at which the process ended itself, if it did. */
  readonly killedAt: string | undefined;
  /** How often each point was reached. */
  readonly counts: Readonly<Record<string, number>>;
  /** Lengths of the log when the last commit began and when the process ended itself. */
  readonly walBytes: readonly [begun: number, ended: number];
  readonly output: string;
}

/** One run of the built program on its own data directory. */
export class OverageProcess {
  readonly ended: Promise<Ending>;
  #output = '';
  #hasEnded = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    report: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
    this.ended = new Promise((ended) =>
      child.once('close', (code, signal) => {
        this.#hasEnded = true;
        const said = existsSync(report) ? readFileSync(report, 'utf8') : '{}';
        const { killedAt, counts = {}, walBytes = [0, 0] } = JSON.parse(said) as Partial<Ending>;
        ended({ code, signal, killedAt, counts, walBytes, output: this.#output });
      }),
    );
  }

  static async start(launch: Launch): Promise<OverageProcess> {
    const [port] = await freePorts(1);
    const report = `${launch.dataDir}.crash-report.json`;
    rmSync(report, { force: true });
    const child = spawn(process.execPath, ['--import', preload, builtMain], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        TZ: 'UTC',
        DATA_DIR: launch.dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        CRASH_REPORT: report,
        ...(launch.crashAt === undefined ? {} : { CRASH_AT: launch.crashAt }),
        ...(launch.wal === undefined ? {} : { WAL_FILE: launch.wal }),
        ...launch.env,
      },
    });
    return new OverageProcess(child, `http://127.0.0.1:${port}`, report);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get output(): string {
    return this.#output;
  }

  /** The parsed answer, or undefined while the program does not answer. */
  async get<T>(path: string): Promise<T | undefined> {
    try {
      const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(5000) });
      return response.ok ? ((await response.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Sends a body and answers whether it was taken; of a program that died nobody knows. */
  post(path: string, body: string, type = 'application/json'): Promise<boolean> {
    return this.#send('POST', path, { body, type });
  }

  /** The same for a correction. */
  put(path: string, body: string): Promise<boolean> {
    return this.#send('PUT', path, { body, type: 'application/json' });
  }

  async #send(
    method: 'POST' | 'PUT',
    path: string,
    { body, type }: { body: string; type: string },
  ): Promise<boolean> {
    try {
      const headers = { 'content-type': type };
      const response = await fetch(`${this.url}${path}`, { method, headers, body });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** True once the condition holds; false when the process ended before. Throws after a minute. */
  async until(condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#hasEnded) {
      if (await condition()) return true;
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`waited too long; output:\n${this.#output}`);
      }
      await sleep(15);
    }
    return false;
  }

  ready(): Promise<boolean> {
    return this.until(async () => (await this.get('/health/ready')) !== undefined);
  }

  /** Asks it to stop, as Ctrl-C does, and answers how it ended. */
  async stop(): Promise<Ending> {
    if (!this.#hasEnded) this.child.kill('SIGTERM');
    const slow = sleep(20_000, undefined, { ref: false });
    const ending = await Promise.race([this.ended, slow]);
    if (ending !== undefined) return ending;
    this.child.kill('SIGKILL');
    throw new Error(`did not stop within 20 s; output:\n${this.#output}`);
  }

  /** Ends it from outside after a while, if it still runs then. */
  killAfter(ms: number): void {
    const timer = setTimeout(() => this.#hasEnded || this.child.kill('SIGKILL'), ms);
    void this.ended.then(() => clearTimeout(timer));
  }

  /** Ends it from outside, without a word. */
  kill(): Promise<Ending> {
    if (!this.#hasEnded) this.child.kill('SIGKILL');
    return this.ended;
  }
}
