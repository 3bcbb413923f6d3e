import { hash } from 'node:crypto';
import type { JavaRandom } from './java-random.js';

const VARIANT_DIGITS = '89ab';

/** The UUID v3 that Java's UUID.nameUUIDFromBytes makes: MD5 of the bytes alone, no namespace. */
export function nameUuidFromBytes(bytes: Uint8Array): string {
  const md5 = hash('md5', bytes, 'hex');
  const variant = VARIANT_DIGITS[parseInt(md5[16], 16) & 3];
  const head = `${md5.slice(0, 8)}-${md5.slice(8, 12)}-3${md5.slice(13, 16)}`;
  return `${head}-${variant}${md5.slice(17, 20)}-${md5.slice(20)}`;
}

const drawnBytes = new Uint8Array(8);

/** The name UUID of the next 8 bytes of `random`: how every id of the demo data is made. */
export function nextNameUuid(random: JavaRandom): string {
  random.nextBytes(drawnBytes);
  return nameUuidFromBytes(drawnBytes);
}
