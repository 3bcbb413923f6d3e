import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freePorts } from '../../support/free-ports.mjs';

export type ServerId = 'kafka' | 'cassandra';

export interface Ended {
  readonly code: number;
  /** What it printed, both streams. */
  readonly output: string;
}

const says = (program: string, option: string): string => {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`;
};

const { JAVA_HOME: javaHome } = process.env;
const java = javaHome ? join(javaHome, 'bin/java') : 'java';
/** Whether there are the tools for real servers. */
export const hasServers =
  says(java, '-version').includes('version "17') && says('mvn', '--version') !== '';

const reason = 'NO JAVA 17 OR NO MAVEN';

/** `test`, or without Java 17 and Maven `test.skip`: the launcher names each skipped test. */
export const testOnServers = hasServers ? test : test.skip;

/** The name of a chapter that needs real servers; without tools it says why it is skipped. */
export const chapterOnServers = (name: string): string => {
  if (hasServers) return name;
  process.stderr.write(`\n${reason}. NOT TESTED: ${name}.\n\n`);
  return `${reason}: ${name}`;
};

/** Where the run of all specs finds servers whose spec was ended (global-setup.mjs). */
const noteOf = (dataDir: string): string | undefined => {
  const { OVERAGE_TEST_CLUSTERS: folder } = process.env;
  return folder === undefined ? undefined : join(folder, `${basename(dataDir)}.json`);
};

/** The commands of the cluster, on a folder and ports of their own. */
export class ClusterInTest {
  private constructor(
    readonly dataDir: string,
    readonly ports: Readonly<Record<ServerId, number>>,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async make(): Promise<ClusterInTest> {
    const [kafka, controller, cassandra, storage] = await freePorts(4);
    // With a blank, as a folder of a user may have.
    const dataDir = mkdtempSync(join(tmpdir(), 'overage cluster-'));
    const env = {
      DATA_DIR: dataDir,
      KAFKA_PORT: String(kafka),
      KAFKA_CONTROLLER_PORT: String(controller),
      CASSANDRA_PORT: String(cassandra),
      CASSANDRA_STORAGE_PORT: String(storage),
    };
    const note = noteOf(dataDir);
    if (note !== undefined) writeFileSync(note, JSON.stringify(env));
    return new ClusterInTest(dataDir, { kafka, cassandra }, env);
  }

  /** Runs one command to its end; `env` goes over its own. */
  run(name: 'up' | 'down' | 'status', env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const args = ['scripts/run.mjs', `cluster:${name}`];
    const options = { env: { ...process.env, ...this.env, ...env } };
    return new Promise((ended) =>
      execFile(process.execPath, args, options, (error, stdout, stderr) =>
        ended({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
      ),
    );
  }

  fileOf(server: ServerId, name: string): string {
    return join(this.dataDir, 'cluster', server, name);
  }

  pidOf(server: ServerId): number {
    const { pid } = JSON.parse(readFileSync(this.fileOf(server, 'pid.json'), 'utf8')) as {
      pid: number;
    };
    return pid;
  }

  writePid(server: ServerId, pid: number): void {
    writeFileSync(this.fileOf(server, 'pid.json'), JSON.stringify({ pid, startedAtMs: 0 }));
  }

  remove(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
    const note = noteOf(this.dataDir);
    if (note !== undefined) rmSync(note, { force: true });
  }
}
