import type { Finding } from './world.js';

/** Collects what is wrong; of each law only so many, in the order of their keys. */
export class Findings {
  readonly #found: Finding[] = [];

  add(law: string, key: string, detail: string): void {
    this.#found.push({ law, key, detail });
  }

  /** A finding when both texts differ. */
  same(law: string, key: string, [found, expected]: readonly [found: unknown, expected: unknown]) {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) this.add(law, key, `found ${a}, expected ${b}`);
  }

  /** Compares two maps: keys that are missing, that are too many, and values that differ. */
  sameMaps(
    law: string,
    found: ReadonlyMap<string, unknown>,
    expected: ReadonlyMap<string, unknown>,
  ): void {
    const keys = [...new Set([...found.keys(), ...expected.keys()])].sort();
    for (const key of keys) {
      if (!found.has(key)) this.add(law, key, `missing: ${JSON.stringify(expected.get(key))}`);
      else if (!expected.has(key))
        this.add(law, key, `too many: ${JSON.stringify(found.get(key))}`);
      else this.same(law, key, [found.get(key), expected.get(key)]);
    }
  }

  /** All of them: laws in the order in which they were looked at, keys in theirs. */
  get all(): readonly Finding[] {
    return this.#found;
  }
}
