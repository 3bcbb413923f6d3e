import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterInTest, type ServerId } from '../support/cluster-in-test.js';

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
      process.kill(before, 'SIGKILL');
      await sleep(500);
      await this.#up();
      return this.cluster.pidOf(server) !== before;
    });
  }

  /** Ends cleanly, and is started again. */
  restart(server: ServerId): Promise<boolean> {
    return this.#during(async () => {
      const before = this.cluster.pidOf(server);
      process.kill(before, 'SIGTERM');
      for (let tries = 0; tries < 300 && isThere(before); tries++) await sleep(100);
      await this.#up();
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

  async #up(): Promise<void> {
    const { code, output } = await this.cluster.run('up');
    if (code !== 0) throw new Error(`the servers did not start:\n${output}`);
  }
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
