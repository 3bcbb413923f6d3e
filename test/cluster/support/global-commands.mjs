import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

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

/** Stops the servers of a folder and removes it, before it returns. */
export const stopNow = (env) => {
  spawnSync(process.execPath, ['scripts/run.mjs', 'cluster:down'], {
    env: { ...process.env, ...env },
  });
  rmSync(env.DATA_DIR, { recursive: true, force: true });
};
