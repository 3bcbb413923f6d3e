import { createSign, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Who issues tokens (JWT, RS256) that brokers verify with the keys of a file (JWKS). */
export class TokenIssuer {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  /** Writes the public key; another issuer uses the same name for its own. */
  writeKeys(path: string): void {
    const key = { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'one' };
    writeFileSync(path, JSON.stringify({ keys: [{ ...key, use: 'sig', alg: 'RS256' }] }));
  }

  /** A token of a user that is good for so many seconds from now; it has run out below 0. */
  tokenOf(user: string, seconds = 3_600): string {
    const now = Math.floor(Date.now() / 1000);
    const issued = Math.min(now, now + seconds) - 60;
    const claims = { sub: user, iat: issued, exp: now + seconds, scope: 'kafka' };
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.${part(claims)}`;
    const signature = createSign('RSA-SHA256').update(signed).sign(this.#keys.privateKey);
    return `${signed}.${signature.toString('base64url')}`;
  }
}
