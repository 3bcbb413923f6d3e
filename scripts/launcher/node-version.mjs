import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.mjs';

/** True, once said, when this Node is older than `engines` of package.json asks for. */
export const refuseOldNode = () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = engines.node.replace('>=', '').split('.').map(Number);
  const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number);
  const isOld = hasMajor < major || (hasMajor === major && hasMinor < minor);
  if (isOld) {
    console.error(`Overage needs Node ${major}.${minor} or later; this is ${process.version}.`);
  }
  return isOld;
};
