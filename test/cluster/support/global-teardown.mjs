import { stopNoted, stopNow } from './global-commands.mjs';

/** Stops the servers that global-setup.mjs started, and those that a spec left. */
const teardown = () => {
  stopNoted();
  const env = globalThis.overageSharedServers;
  if (env === undefined) return;
  globalThis.overageSharedServers = undefined;
  stopNow(env);
};

export default teardown;
