import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { uuidText } from '../../streaming/uuid.js';
import { readUuid } from '../../streaming/index.js';
import { RecordNames } from './record-id.js';

const read = (text: string): string | undefined => {
  const bytes = Buffer.from(`;${text};`);
  const words = new Uint32Array(8);
  const isUuid = readUuid({ bytes, start: 1, end: bytes.length - 1 }, words, 4);
  return isUuid ? uuidText(words, 4) : undefined;
};

const nameOf = (feed: string, externalId: string): string => {
  const words = new Uint32Array(4);
  new RecordNames(feed).write(Buffer.from(externalId), words, 0);
  return uuidText(words);
};

describe('the identity of a record', () => {
  it('is the external id when that is a UUID, in any case', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (text, isUpper) => {
        expect(read(isUpper ? text.toUpperCase() : text)).toBe(text);
      }),
    );
  });

  it('is not read from a text that only looks like a UUID', () => {
    const text = '8aae90a1-c2e7-33e5-9fab-f8f3e1900906';
    expect(read(text.slice(1))).toBeUndefined();
    expect(read(`${text}0`)).toBeUndefined();
    expect(read(text.replaceAll('-', ''))).toBeUndefined();
    for (let at = 0; at < text.length; at++) {
      expect(read(`${text.slice(0, at)}g${text.slice(at + 1)}`)).toBeUndefined();
    }
  });

  it('is never the UUID of zeros, which stands for no record', () => {
    expect(read('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });

  it('is a name UUID of version 5 over feed and external id otherwise', () => {
    const space = Buffer.from('7c9f2a5e41b84f0d9e6d3b1c58a07e42', 'hex');
    const digest = createHash('sha1').update(space).update('roaming;żółć-1').digest();
    digest[6] = (digest[6] & 0x0f) | 0x50;
    digest[8] = (digest[8] & 0x3f) | 0x80;
    expect(nameOf('roaming', 'żółć-1').replaceAll('-', '')).toBe(
      digest.subarray(0, 16).toString('hex'),
    );
  });

  it('never changes from release to release', () => {
    expect(nameOf('default', 'cdr-1')).toBe('7b675bba-a1e4-50d0-8a45-0a09d985177f');
  });

  it('differs between feeds that use the same external ids', () => {
    expect(nameOf('a', 'cdr-1')).not.toBe(nameOf('b', 'cdr-1'));
  });
});
