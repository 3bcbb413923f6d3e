import fc from 'fast-check';
import { nameUuidFromBytes } from './name-uuid.js';

describe('nameUuidFromBytes', () => {
  it.each([
    ['', 'd41d8cd9-8f00-3204-a980-0998ecf8427e'],
    ['hello', '5d41402a-bc4b-3a76-b971-9d911017c592'],
  ])('makes of %j what Java makes', (text, uuid) => {
    expect(nameUuidFromBytes(Buffer.from(text))).toBe(uuid);
  });

  it('always has version 3 and the variant of RFC 9562', () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(fc.property(fc.uint8Array(), (bytes) => form.test(nameUuidFromBytes(bytes))));
  });
});
