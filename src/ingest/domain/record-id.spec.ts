import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { parseUuid, uuidText } from '../../values/index.js';
import { cleanRecordId, cleanText, mostIdBytes, RecordIds, uuidOfText } from './record-id.js';

const nameOf = (feed: string, externalId: string): string =>
  uuidText(new RecordIds(feed).of(externalId));

/** As a door takes it: cleaned first; undefined when it is refused. */
const idOf = (feed: string, text: string): string | undefined => {
  const { id } = cleanRecordId(text);
  return id === undefined ? undefined : nameOf(feed, id);
};

const zeros = '00000000-0000-0000-0000-000000000000';
const blanks = [' ', '\t', '\n', '\r', '\v', '\f', '\u0085', '\u00a0', '\u1680', '\u2003'];
const unseen = ['\u2028', '\u202f', '\u205f', '\u3000', '\ufeff', '\u200b', '\u200d', '\u2060'];
const marks = ['\u200e', '\u202e', '\u2066', '\u00ad', '\ufe0f', '\u180e'];
const edge = fc.string({ unit: fc.constantFrom(...blanks, ...unseen, ...marks), maxLength: 4 });
/** Ids as networks have them. */
const plainId = fc.string({
  unit: fc.constantFrom(...'abcXYZ0189-_./:#+=żé漢', '😀', "'", ','),
  minLength: 1,
  maxLength: 20,
});

describe('an external id', () => {
  it('is the same among blanks and what cannot be seen, and in quotes', () => {
    fc.assert(
      fc.property(plainId, fc.array(edge, { minLength: 4, maxLength: 4 }), (id, [a, b, c, d]) => {
        expect(cleanRecordId(`${a}${id}${d}`).id).toBe(id);
        expect(cleanRecordId(`${a}"${b}${id}${c}"${d}`).id).toBe(id);
      }),
    );
  });

  it('is the same composed and decomposed', () => {
    expect(cleanRecordId('zu\u0308rich-1').id).toBe('z\u00fcrich-1');
    expect(cleanRecordId('z\u00fcrich-1').id).toBe('z\u00fcrich-1');
  });

  it('does not change once it is clean', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        const { id } = cleanRecordId(text);
        if (id !== undefined) expect(cleanRecordId(id).id).toBe(id);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ...[...blanks.slice(1), ...unseen, ...marks].map((inside) => `a${inside}b`),
    ...['a"b', '"a""b"', '"""a"""', '"a', 'a"', '"', '""a""'],
    ...['a\u0000b', '\u0001a', 'a\u007f', 'a\u001fb'],
    ...['a\ud800', '\udc00a', '\ud800\ud800', 'a\u{e0041}b'],
  ])('is refused with what could not be told from another inside: %j', (text) => {
    expect(cleanRecordId(text)).toEqual({ problem: 'character' });
  });

  it.each(['', ' ', '""', '" "', '\ufeff', '\u00a0"\t"'])('is refused when empty: %j', (text) => {
    expect(cleanRecordId(text)).toEqual({ problem: 'empty' });
  });

  it('has a bound, which blanks around it do not count for', () => {
    const longest = 'ż'.repeat(mostIdBytes / 2);
    expect(cleanRecordId(`  "${longest}" `).id).toBe(longest);
    expect(cleanRecordId(`${longest}x`)).toEqual({ problem: 'too-long' });
  });

  it('may have single blanks inside, and is another one with two', () => {
    expect(cleanRecordId(' a b ').id).toBe('a b');
    expect(cleanRecordId('a  b').id).toBe('a  b');
  });

  it('is cleaned in a time that grows with its length', () => {
    const crafted = `x${' '.repeat(400_000)}x`;
    expect(cleanText(crafted)).toBe(crafted); // quadratic would take minutes
  });
});

describe('the identity of a record', () => {
  it('is the external id when that is a UUID, in any case and form', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        fc.pre(uuid !== zeros);
        const forms = [uuid, `{${uuid}}`, `urn:uuid:${uuid}`, `" {${uuid}} "`];
        for (const form of forms.flatMap((each) => [each, each.toUpperCase()])) {
          expect(idOf('default', form)).toBe(uuid);
          expect(uuidOfText(form)).toEqual(parseUuid(uuid));
        }
      }),
    );
  });

  it('is not read from a text that only looks like a UUID', () => {
    const uuid = '8aae90a1-c2e7-33e5-9fab-f8f3e1900906';
    const others = [uuid.slice(1), `${uuid}0`, uuid.replaceAll('-', ''), `{${uuid}`, `(${uuid})`];
    for (const other of [...others, `urn:oid:x${uuid}`]) {
      expect(nameOf('default', other)[14]).toBe('5');
      expect(uuidOfText(other)).toBeUndefined();
    }
    for (let at = 0; at < uuid.length; at++) {
      const text = `${uuid.slice(0, at)}g${uuid.slice(at + 1)}`;
      expect(nameOf('default', text)).not.toBe(uuid);
      expect(uuidOfText(text)).toBeUndefined();
    }
  });

  it('is never the UUID of zeros, which stands for no record', () => {
    expect(nameOf('default', zeros)).not.toBe(zeros);
    expect(nameOf('default', `{${zeros}}`)).toBe(nameOf('default', zeros));
    expect(uuidOfText(zeros)).toBeUndefined();
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
    expect(nameOf('a;x', 'y')).toBe('5f56f707-c547-5297-95cf-e4faff799b42');
  });

  it('differs between feeds, whatever is in their names and ids', () => {
    const part = fc.string({ unit: fc.constantFrom(';', 'a', '3'), minLength: 1, maxLength: 6 });
    const named = fc.record({ feed: part, id: part });
    fc.assert(
      fc.property(named, named, (one, other) => {
        fc.pre(one.feed !== other.feed || one.id !== other.id);
        expect(nameOf(one.feed, one.id)).not.toBe(nameOf(other.feed, other.id));
      }),
      { numRuns: 2000 },
    );
    expect(nameOf('a;x', 'y')).not.toBe(nameOf('a', 'x;y'));
    expect(nameOf('a;x', 'y')).not.toBe(nameOf('a', '3;a;x;y'));
  });
});
