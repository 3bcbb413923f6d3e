import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `npm run cluster:<name>` to its end; answers its code and what it printed. */
export const runCommand = (name, env) => {
  const args = ['scripts/run.mjs', `cluster:${name}`];
  const options = { env: { ...process.env, ...env } };
  return new Promise((ended) =>
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      ended({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    ),
  );
};

const stop = (env) =>
  spawnSync(process.execPath, ['scripts/run.mjs', 'cluster:down'], {
    env: { ...process.env, ...env },
  }).status === 0;

const sleepNow = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Stops the servers of a folder and removes it, before it returns. A command that is ended while it
 * starts them holds the folder until it is gone: it is waited for, ten seconds at most.
 */
export const stopNow = (env) => {
  for (let tries = 0; !stop(env) && tries < 40; tries++) sleepNow(250);
  rmSync(env.DATA_DIR, { recursive: true, force: true });
};

/**
 * Where specs note the servers they start for themselves: a file each, with its environment. A spec
 * that is ended from outside cannot stop them.
 */
export const newNotes = () => {
  process.env.OVERAGE_TEST_CLUSTERS = mkdtempSync(join(tmpdir(), 'overage-clusters-'));
};

/** Stops all that is still noted. */
export const stopNoted = () => {
  const folder = process.env.OVERAGE_TEST_CLUSTERS;
  if (folder === undefined) return;
  delete process.env.OVERAGE_TEST_CLUSTERS;
  for (const name of readdirSync(folder)) {
    stopNow(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  }
  rmSync(folder, { recursive: true, force: true });
};
