import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// From 32768 on systems hand ports out by themselves: one that is looked at and let go may be
// somebody else's before a program listens on it.
const firstPort = 10_000;
const endOfPorts = 32_768;

const isFree = (port) =>
  new Promise((told) => {
    const server = createServer().once('error', () => told(false));
    server.listen(port, '127.0.0.1', () => server.close(() => told(true)));
  });

/** Ports of 127.0.0.1 that nobody listens on, no two the same. */
export const freePorts = async (count) => {
  const ports = new Set();
  while (ports.size < count) {
    const port = randomInt(firstPort, endOfPorts);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
};
