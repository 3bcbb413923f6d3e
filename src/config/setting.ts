import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { parseDurationMs } from './duration.js';
import { Secret } from './secret.js';

/** How a value is written, what it may be, and the schema that turns its text into it. */
export interface Kind<T> {
  /** The type as the page of settings names it. */
  readonly type: string;
  readonly unit?: string;
  readonly bounds?: string;
  readonly schema: z.ZodType<T, string>;
}

/** One setting, declared once: the loader, `--validate` and the page of settings read this. */
export interface Setting<T> extends Kind<T> {
  readonly name: string;
  /** As text, the way a user would write it; checked like any other value. */
  readonly defaultText: string;
  readonly doc: string;
}

/** A fault that zod has no word for. */
const fault = (message: string) => ({ code: 'custom', message }) as const;

const bounded = (from: z.ZodType<number, string>, limits: Limits) =>
  from.pipe(
    z
      .number()
      .min(limits.min, { error: `must be at least ${limits.minText}` })
      .max(limits.max, { error: `must be at most ${limits.maxText}` }),
  );

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly minText: string;
  readonly maxText: string;
}

const boundsOf = (limits: Limits): string => `${limits.minText} to ${limits.maxText}`;

/** A number read by `read`, which gives undefined for text that is none. */
const numeric = (read: (text: string) => number | undefined, expected: string) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue(fault(`must be ${expected}`));
    return z.NEVER;
  });

const readInteger = (text: string): number | undefined => {
  const value = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
};

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const readBytes = (text: string): number | undefined => {
  const found = /^([0-9]{1,16}) ?(KiB|MiB|GiB)?$/.exec(text);
  const value = found === null ? NaN : Number(found[1]) * byteUnits[found[2] ?? ''];
  return Number.isSafeInteger(value) ? value : undefined;
};

/** Any text that is not blank and holds no control character. */
export const text = (type = 'text'): Kind<string> => ({
  type,
  schema: z.string().regex(/^(?!\s*$)[^\u0000-\u001f\u007f]+$/, {
    error: 'must not be blank or hold control characters',
  }),
});

/** A whole number of `unit` within [min, max]. */
export const integer = (min: number, max: number, unit?: string): Kind<number> => {
  const limits = { min, max, minText: String(min), maxText: String(max) };
  return {
    type: 'whole number',
    unit,
    bounds: boundsOf(limits),
    schema: bounded(numeric(readInteger, 'a whole number'), limits),
  };
};

/** Bytes, plain or with KiB, MiB, GiB; the bounds are written the same way. */
export const bytes = (minText: string, maxText: string): Kind<number> => {
  const limits = { min: readBytes(minText) ?? NaN, max: readBytes(maxText) ?? NaN };
  const all = { ...limits, minText, maxText };
  return {
    type: 'size',
    bounds: boundsOf(all),
    schema: bounded(numeric(readBytes, 'bytes such as 65536, 64KiB or 1GiB'), all),
  };
};

/** An ISO 8601 duration, in milliseconds once read; the bounds are written the same way. */
export const duration = (minText: string, maxText: string): Kind<number> => {
  const limits = { min: parseDurationMs(minText) ?? NaN, max: parseDurationMs(maxText) ?? NaN };
  const all = { ...limits, minText, maxText };
  return {
    type: 'ISO 8601 duration',
    bounds: boundsOf(all),
    schema: bounded(numeric(parseDurationMs, 'an ISO 8601 duration such as PT4H or P1D'), all),
  };
};

/** `on` or `off`; `true` and `false` are read as well. */
export const flag = (): Kind<boolean> => ({
  type: 'on or off',
  schema: z
    .enum(['on', 'off', 'true', 'false'], { error: 'must be on or off' })
    .transform((word) => word === 'on' || word === 'true'),
});

/** One of `values`. */
export const choice = <const V extends string>(values: readonly V[]): Kind<V> => ({
  type: `one of ${values.join(', ')}`,
  schema: z.string().transform((word, context): V => {
    const found = values.find((value) => value === word);
    if (found !== undefined) return found;
    context.addIssue(fault(`must be one of ${values.join(', ')}`));
    return z.NEVER;
  }),
});

/** One or more of `values`, separated by commas; order and repeats do not matter. */
export const listOf = <V extends string>(values: readonly V[]): Kind<readonly V[]> => ({
  type: `list of ${values.join(', ')}`,
  schema: z.string().transform((written, context): readonly V[] => {
    const words = new Set(written.split(',').map((word) => word.trim()));
    const found = values.filter((value) => words.has(value));
    if (found.length === words.size) return found;
    const expected = `must be one or more of ${values.join(', ')}, comma-separated`;
    context.addIssue(fault(expected));
    return z.NEVER;
  }),
});

/** Endings of names, separated by commas; `none` for no one. */
export const endings = (): Kind<readonly string[]> => ({
  type: 'list of endings such as .pending,.new, or none',
  schema: z
    .string()
    .regex(/^[^\u0000-\u001f\u007f/,]+(,[^\u0000-\u001f\u007f/,]+)*$/, {
      error: 'must be endings of names, separated by commas, or none',
    })
    .transform((written) =>
      written === 'none' ? [] : written.split(',').map((ending) => ending.trim()),
    )
    .refine((found) => !found.includes(''), { error: 'must not have an empty ending' }),
});

/** A name of the given shape, which `allowed` tells in words. */
export const name = (shape: RegExp, allowed: string): Kind<string> => ({
  type: 'name',
  unit: allowed,
  schema: z.string().regex(shape, { error: `must be a name of ${allowed}` }),
});

const addressOf = (written: string, defaultPort: number | undefined): string | undefined => {
  const found = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?$/.exec(written);
  const port = found?.[2] === undefined ? defaultPort : Number(found[2]);
  const isPort = port !== undefined && port >= 1 && port <= 65_535;
  return found !== null && isPort ? `${found[1]}:${port}` : undefined;
};

/**
 * Comma-separated host:port; without `defaultPort` each must write its port. Host names and IPv4:
 * the Kafka client cannot read an IPv6 address, a name that stands for one works.
 */
export const addresses = (defaultPort?: number): Kind<readonly string[]> => ({
  type: 'list of host:port',
  schema: z.string().transform((written, context): readonly string[] => {
    const read = written.split(',').map((word) => addressOf(word.trim(), defaultPort));
    const found = read.filter((address) => address !== undefined);
    if (found.length === read.length) return [...new Set(found)];
    const expected = 'must be host:port, comma-separated, with host names or IPv4 addresses';
    context.addIssue(fault(expected));
    return z.NEVER;
  }),
});

const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?$/;

/** One host or host:port. An IPv6 address that has a port stands in brackets. */
export const address = (): Kind<string> => ({
  type: 'host[:port]',
  schema: z.string().transform((written, context): string => {
    if (isIPv6(written)) return `[${written}]`;
    const [, ipv6, port = '1'] = bracketed.exec(written) ?? [];
    const isOne =
      ipv6 === undefined
        ? addressOf(written, 1) !== undefined
        : isIPv6(ipv6) && Number(port) >= 1 && Number(port) <= 65_535;
    if (isOne) return written;
    context.addIssue(fault('must be a host name or an address, with :port or without'));
    return z.NEVER;
  }),
});

const hostName = /^(\*|(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)$/;

/** None or more host names, comma-separated, in lower case; `*.name` and `*` are read as well. */
export const hostNames = (): Kind<readonly string[]> => ({
  type: 'list of host names',
  schema: z.string().transform((written, context): readonly string[] => {
    const words = written.split(',').map((word) => word.trim().toLowerCase());
    const found = words.filter((word) => word !== '');
    if (found.every((word) => hostName.test(word))) return [...new Set(found)];
    context.addIssue(fault('must be host names without a port, comma-separated'));
    return z.NEVER;
  }),
});

/** Text that is never shown again. */
export const secret = (): Kind<Secret> => {
  const { schema } = text();
  return { type: 'secret text', schema: schema.transform((written) => new Secret(written)) };
};

/** A setting that need not be set: its default is no text at all, read as undefined. */
export const optional = <T>(kind: Kind<T>): Kind<T | undefined> => ({
  ...kind,
  schema: z.string().transform((written, context): T | undefined => {
    if (written === '') return undefined;
    const read = kind.schema.safeParse(written);
    if (read.success) return read.data;
    for (const { message } of read.error.issues) {
      context.addIssue(fault(message));
    }
    return z.NEVER;
  }),
});
