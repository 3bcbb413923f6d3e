import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterInTest, type ServerId } from '../support/cluster-in-test.js';
import { hasTopic, runCql } from '../support/raw-clients.js';

/** A Kafka and a Cassandra of this run alone, which may be killed, stopped and restarted. */
export class FaultyServers {
  #away = 0;

  private constructor(readonly cluster: ClusterInTest) {}

  static async start(): Promise<FaultyServers> {
    const servers = new FaultyServers(await ClusterInTest.make());
    await servers.#up();
    return servers;
  }

  get ports(): Readonly<Record<ServerId, number>> {
    return this.cluster.ports;
  }

  /** Whether both are there and answer: no fault of theirs is going on. */
  get areThere(): boolean {
    return this.#away === 0;
  }

  /** kill -9, and started again. Answers whether it is another process now. */
  kill(server: ServerId): Promise<boolean> {
    return this.#during(async () => {
      const before = this.cluster.pidOf(server);
      const command = commandOf(before);
      process.kill(before, 'SIGKILL');
      await sleep(500);
      await this.#startAgain(server, command);
      return this.cluster.pidOf(server) !== before;
    });
  }

  /** Ends cleanly, and is started again. */
  restart(server: ServerId): Promise<boolean> {
    return this.#during(async () => {
      const before = this.cluster.pidOf(server);
      const command = commandOf(before);
      process.kill(before, 'SIGTERM');
      for (let tries = 0; tries < 300 && isThere(before); tries++) await sleep(100);
      await this.#startAgain(server, command);
      return this.cluster.pidOf(server) !== before;
    });
  }

  /** Stands still for a while: connections stay open, nobody answers. */
  freeze(server: ServerId, ms: number): Promise<boolean> {
    return this.#during(async () => {
      const pid = this.cluster.pidOf(server);
      process.kill(pid, 'SIGSTOP');
      await sleep(ms);
      process.kill(pid, 'SIGCONT');
      return isThere(pid);
    });
  }

  async stop(): Promise<void> {
    for (const server of ['kafka', 'cassandra'] as const) {
      try {
        process.kill(this.cluster.pidOf(server), 'SIGCONT');
      } catch {
        // It does not run.
      }
    }
    await this.cluster.run('down');
    this.cluster.remove();
  }

  async #during(work: () => Promise<boolean>): Promise<boolean> {
    this.#away++;
    return work().finally(() => this.#away--);
  }

  /** With the command it ran by, which saves the checks of `cluster:up`; elsewhere with that. */
  async #startAgain(server: ServerId, [program, ...args]: readonly string[]): Promise<void> {
    if (program === undefined) return this.#up();
    const out = openSync(this.cluster.fileOf(server, 'server.log'), 'a');
    const child = spawn(program, args, { detached: true, stdio: ['ignore', out, out] });
    closeSync(out);
    child.unref();
    this.cluster.writePid(server, child.pid ?? 0);
    for (let tries = 0; tries < 3000; tries++, await sleep(100)) {
      if (await this.#answers(server)) return;
    }
    throw new Error(`${server} does not answer 5 minutes after its start`);
  }

  #answers(server: ServerId): Promise<boolean> {
    const port = this.ports[server];
    const asked: Promise<unknown> =
      server === 'kafka' ? hasTopic(port, '') : runCql(port, ['SELECT key FROM system.local']);
    return asked.then(
      () => true,
      () => false,
    );
  }

  async #up(): Promise<void> {
    const { code, output } = await this.cluster.run('up');
    if (code !== 0) throw new Error(`the servers did not start:\n${output}`);
  }
}

/** The command line of a process, word by word; nothing where the system does not tell. */
const commandOf = (pid: number): readonly string[] => {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : [];
};

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
