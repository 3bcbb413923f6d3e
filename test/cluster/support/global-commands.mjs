import { execFile } from 'node:child_process';

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
