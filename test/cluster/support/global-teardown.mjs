import { rmSync } from 'node:fs';
import { runCommand } from './global-commands.mjs';

/** Stops the servers that global-setup.mjs started, and only those. */
const teardown = async () => {
  const env = globalThis.overageSharedServers;
  if (env === undefined) return;
  await runCommand('down', env);
  rmSync(env.DATA_DIR, { recursive: true, force: true });
};

export default teardown;
