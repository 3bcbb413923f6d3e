import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../support/free-ports.mjs';

/** The built program; `npm run build` makes it, BUILT_MAIN names another build. */
export const builtMain = process.env.BUILT_MAIN ?? join(process.cwd(), 'dist/main.js');

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One process of the cluster: the built program, its output in a file. */
export class Member {
  readonly ended: Promise<Ending>;
  #ending: Ending | undefined;
  #output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    logFile: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-20_000);
        appendFileSync(logFile, chunk);
      });
    }
    this.ended = new Promise((ended) =>
      child.once('close', (code, signal) => {
        this.#ending = { code, signal };
        appendFileSync(logFile, `\n--- ended with ${code ?? signal}\n`);
        ended({ code, signal });
      }),
    );
  }

  /** Starts it with these settings; `name` is that of its folder and its log. */
  static async start(
    folder: string,
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<Member> {
    const [port] = await freePorts(1);
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    const child = spawn(process.execPath, [builtMain], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env.PATH, TZ: 'UTC', HOST: '127.0.0.1', PORT: String(port) },
        ...{ DATA_DIR: dataDir, STORE: 'cluster', LOG_FORMAT: 'json', ...env },
      },
    });
    return new Member(child, `http://127.0.0.1:${port}`, join(folder, `${name}.log`));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasEnded) this.child.kill(name);
  }

  /** The answer, or undefined while it gives none. */
  async request(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    try {
      return await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(5000), ...init });
    } catch {
      return undefined;
    }
  }

  async json<T>(path: string): Promise<T | undefined> {
    const answer = await this.request(path);
    return answer?.ok ? ((await answer.json().catch(() => undefined)) as T | undefined) : undefined;
  }

  /** Whether it took the body; of a process that dies nobody knows. */
  async send(method: 'POST' | 'PUT', path: string, [body, type]: [string, string]) {
    const headers = { 'content-type': type };
    const signal = AbortSignal.timeout(30_000);
    const answer = await this.request(path, { method, headers, body, signal });
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.ok ?? false;
  }

  /** True once it says it is ready; false when it ended before, or the time is over. */
  async ready(timeoutMs = 60_000): Promise<boolean> {
    for (const endMs = Date.now() + timeoutMs; Date.now() < endMs && !this.hasEnded;) {
      if ((await this.request('/health/ready'))?.ok) return true;
      await sleep(100);
    }
    return false;
  }

  /** Ends it as Ctrl-C does; by force after a while, which is told by the ending. */
  async stop(timeoutMs = 20_000): Promise<Ending> {
    this.signal('SIGTERM');
    await Promise.race([this.ended, sleep(timeoutMs, undefined, { ref: false })]);
    this.signal('SIGKILL');
    return this.ended;
  }
}

/** Runs the program's command `migrate` to its end; throws with its words when it fails. */
export const migrate = async (
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<void> => {
  const child = spawn(process.execPath, [builtMain, 'migrate'], {
    env: { PATH: process.env.PATH, STORE: 'cluster', DATA_DIR: folder, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`migrate ended with ${code}:\n${output}`);
};
