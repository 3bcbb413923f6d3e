import fc from 'fast-check';
import { jsonLimits, overJsonLimits, type JsonLimits } from './json-limits.js';

const over = (text: string, limits: JsonLimits = jsonLimits) =>
  overJsonLimits(Buffer.from(text), limits);

const array = (inner: string, times: number) => '['.repeat(times) + inner + ']'.repeat(times);
const list = (count: number, element: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => element(at)).join();

/** The same figures of a value that was read, by walking it; commas count, not what they part. */
const shapeOf = (value: unknown): JsonLimits => {
  const isPlain = typeof value !== 'object' || value === null;
  if (isPlain) return { levels: 0, fieldsOfObject: 0, values: 0 };
  const inner = Object.values(value).map(shapeOf);
  const own = Math.max(0, inner.length - 1);
  const most = (name: 'levels' | 'fieldsOfObject') => Math.max(0, ...inner.map((one) => one[name]));
  return {
    levels: most('levels') + 1,
    fieldsOfObject: Math.max(Array.isArray(value) ? 0 : own, most('fieldsOfObject')),
    values: inner.reduce((sum, one) => sum + one.values, own),
  };
};

describe('the limits of a JSON body', () => {
  it('takes what is just within each, and refuses one more', () => {
    expect(over(array('1', 64))).toBeUndefined();
    expect(over(array('1', 65))).toBe('more than 64 levels');
    expect(over(`{${list(1_000, (at) => `"k${at}":0`)}}`)).toBeUndefined();
    expect(over(`{${list(1_001, (at) => `"k${at}":0`)}}`)).toBe(
      'an object of more than 1000 fields',
    );
    expect(over(`[${list(100_000, () => '0')}]`)).toBeUndefined();
    expect(over(`[${list(100_001, () => '0')}]`)).toBe('more than 100000 values');
  });

  it('counts the fields of each object by itself', () => {
    const object = `{${list(900, (at) => `"k${at}":0`)}}`;
    expect(over(`[${list(100, () => object)}]`)).toBeUndefined();
    expect(over(`[{"a":${object},${list(999, (at) => `"k${at}":0`)}}]`)).toBeUndefined();
    expect(over(`[{"a":${object},${list(1_000, (at) => `"k${at}":0`)}}]`)).toBeDefined();
  });

  it('does not look into strings', () => {
    for (const text of ['[[[[', '{{{{', ',,,,', '\\"[[[[', '\\\\', '\\\\\\"[[[[']) {
      const limits = { levels: 2, fieldsOfObject: 2, values: 2 };
      expect(over(`["${text}",1]`, limits)).toBeUndefined();
      expect(over(`["${text}",[[]]]`, limits)).toBe('more than 2 levels');
    }
  });

  it('ends on texts that are no JSON', () => {
    for (const text of ['', ']]]]', '"', '"\\', '}{', '\u0000', '[,']) over(text);
    expect(over(`${']'.repeat(10)}${array('', 65)}`)).toBe('more than 64 levels');
  });

  it('tells the same as walking what was read', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 5, depthSize: 'large' }),
        fc.record({
          levels: fc.integer({ min: 1, max: 5 }),
          fieldsOfObject: fc.integer({ min: 1, max: 5 }),
          values: fc.integer({ min: 1, max: 12 }),
        }),
        (text, limits) => {
          // an object that names a field twice has fewer fields when it was read
          const written = JSON.stringify(JSON.parse(text) as unknown);
          const shape = shapeOf(JSON.parse(written) as unknown);
          const isOver =
            shape.levels > limits.levels ||
            shape.fieldsOfObject >= limits.fieldsOfObject ||
            shape.values >= limits.values;
          expect(over(written, limits) !== undefined).toBe(isOver);
        },
      ),
    );
  });
});
