import { stopNow } from './global-commands.mjs';

/** Stops the servers that global-setup.mjs started, and only those. */
const teardown = () => {
  const env = globalThis.overageSharedServers;
  if (env === undefined) return;
  globalThis.overageSharedServers = undefined;
  stopNow(env);
};

export default teardown;
