import { hash } from 'node:crypto';

/** Namespace of the record ids made here; fixed for ever, as ids are compared over years. */
const recordNamespace = Buffer.from('7c9f2a5e41b84f0d9e6d3b1c58a07e42', 'hex');
const separator = Buffer.from(';');

/** Makes the record id of an external id that is no UUID, for one feed. */
export class RecordNames {
  readonly #prefix: Buffer;

  constructor(feed: string) {
    this.#prefix = Buffer.concat([recordNamespace, Buffer.from(feed), separator]);
  }

  /** UUID v5 (RFC 9562) of `feed;externalId` as four words from `at` on. */
  write(externalId: Uint8Array, words: Uint32Array, at: number): void {
    const digest = hash('sha1', Buffer.concat([this.#prefix, externalId]), 'buffer') as Buffer;
    words[at] = digest.readUInt32BE(0);
    words[at + 1] = ((digest.readUInt32BE(4) & 0xffff0fff) | 0x5000) >>> 0;
    words[at + 2] = ((digest.readUInt32BE(8) & 0x3fffffff) | 0x80000000) >>> 0;
    words[at + 3] = digest.readUInt32BE(12);
  }
}
