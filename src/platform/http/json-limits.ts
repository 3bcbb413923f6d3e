/** What a JSON text may hold so that reading and checking it holds nobody up. */
export interface JsonLimits {
  /** Arrays and objects within each other. */
  readonly levels: number;
  readonly fieldsOfObject: number;
  /** Commas between the fields and elements of all objects and arrays together. */
  readonly values: number;
}

/** No agreement, record, correction or query comes near them, however many are sent at once. */
export const jsonLimits: JsonLimits = { levels: 64, fieldsOfObject: 1_000, values: 100_000 };

const quote = 34;
const comma = 44;
const backslash = 92;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** The position behind a string that begins behind `start`. */
const behindString = (text: Uint8Array, start: number): number => {
  let at = start;
  while (at < text.length && text[at] !== quote) at += text[at] === backslash ? 2 : 1;
  return at + 1;
};

/** Counts what JSON is made of as it goes by; what it returns tells which limit was passed. */
class JsonMeasure {
  readonly #parts: Uint32Array;
  readonly #isObject: Uint8Array;
  #level = 0;
  #values = 0;

  constructor(private readonly limits: JsonLimits) {
    this.#parts = new Uint32Array(limits.levels + 1);
    this.#isObject = new Uint8Array(limits.levels + 1);
  }

  open(isObject: boolean): string | undefined {
    if (++this.#level > this.limits.levels) return `more than ${this.limits.levels} levels`;
    this.#parts[this.#level] = 0;
    this.#isObject[this.#level] = isObject ? 1 : 0;
    return undefined;
  }

  close(): undefined {
    if (this.#level > 0) this.#level--;
  }

  /** A comma: one more of what is parted by commas. */
  next(): string | undefined {
    const { values, fieldsOfObject } = this.limits;
    if (++this.#values >= values) return `more than ${values} values`;
    const parts = (this.#parts[this.#level] ?? 0) + 1;
    this.#parts[this.#level] = parts;
    if (parts < fieldsOfObject || this.#isObject[this.#level] === 0) return undefined;
    return `an object of more than ${fieldsOfObject} fields`;
  }

  /** Any byte outside a string. */
  take(byte: number): string | undefined {
    if (byte === comma) return this.next();
    if (byte === openBrace || byte === openBracket) return this.open(byte === openBrace);
    return byte === closeBrace || byte === closeBracket ? this.close() : undefined;
  }
}

/**
 * Which limit a text of JSON is over, in words; undefined when none. Costs 2 ms a MiB, where
 * `JSON.parse` of a MiB of brackets takes 50. Of a text that is no JSON it tells nothing certain.
 */
export const overJsonLimits = (text: Uint8Array, limits: JsonLimits): string | undefined => {
  const measure = new JsonMeasure(limits);
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === quote) {
      at = behindString(text, at + 1) - 1;
      continue;
    }
    const over = measure.take(byte);
    if (over !== undefined) return over;
  }
  return undefined;
};
