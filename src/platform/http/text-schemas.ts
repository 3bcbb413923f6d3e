import type { ApiPropertyOptions } from '@nestjs/swagger';

/** E.164 without the plus sign. */
export const msisdnPattern = '^[1-9][0-9]{0,14}$';

/** A subscriber number as text. */
export const msisdnSchema = {
  type: 'string',
  pattern: msisdnPattern,
  example: '48917846822',
} as const;

/** A subscriber number as records and agreements may bring it. */
export const msisdnTextOrNumber: ApiPropertyOptions = {
  oneOf: [
    { type: 'string', pattern: msisdnPattern },
    { type: 'integer', format: 'int64', minimum: 1, maximum: 999_999_999_999_999 },
  ],
  example: '48917846822',
};

/** A number of bytes, 0 to 2^53 − 1. */
export const byteCountSchema = {
  type: 'integer',
  format: 'int64',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

const localTime = '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?';

/**
 * A time as Java's ZonedDateTime writes it: seconds are left out when they are 0, the name of the
 * zone follows. That is not RFC 3339, so not `date-time`.
 */
export const zonedTimeSchema = {
  type: 'string',
  pattern: `^${localTime}(Z|[+-]\\d{2}:\\d{2}(:\\d{2})?)(\\[[^\\[\\]]+\\])?$`,
  example: '2020-01-02T00:00+01:00[Europe/Warsaw]',
} as const;

const anyDate = '\\d{4}-?(\\d{2}-?\\d{2}|\\d{3}|[Ww]\\d{2}-?\\d)';
const anyTime = '\\d{2}(:?\\d{2}(:?\\d{2}([.,]\\d+)?)?)?';
const anyOffset = '([Zz]|[+-]\\d{2}(:?\\d{2}(:?\\d{2})?)?)';

/** Any ISO 8601 time with an offset (`parseIsoDateTime`), as it may be sent. */
export const isoTimeSchema = {
  type: 'string',
  maxLength: 128,
  pattern: `^${anyDate}[Tt]${anyTime}${anyOffset}(\\[[^\\[\\]]*\\])?$`,
  example: '2020-01-02T00:00+01:00[Europe/Warsaw]',
} as const;
