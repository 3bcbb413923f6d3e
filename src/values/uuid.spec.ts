import fc from 'fast-check';
import { parseUuid, uuidText } from './uuid.js';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

describe('the words of a UUID', () => {
  it('are those of its text, in any case', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (uuid, isUpper) => {
        const words = parseUuid(isUpper ? uuid.toUpperCase() : uuid);
        expect(uuidText(words as Uint32Array)).toBe(uuid);
        const hex = uuid.replaceAll('-', '');
        expect([...(words as Uint32Array)]).toEqual(
          [0, 8, 16, 24].map((at) => parseInt(hex.slice(at, at + 8), 16)),
        );
      }),
    );
  });

  it('are those of no text that is none', () => {
    const spoiled = fc
      .tuple(fc.uuid(), fc.nat(35), fc.string({ unit: 'binary', minLength: 0, maxLength: 2 }))
      .map(([uuid, at, put]) => uuid.slice(0, at) + put + uuid.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(spoiled, fc.string({ unit: 'binary', maxLength: 40 })), (text) => {
        expect(parseUuid(text) !== undefined).toBe(pattern.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
