import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, ValidateBy } from 'class-validator';
import { parseIsoDateTime } from '../../values/iso-date-time.js';
import { msisdnPattern, msisdnSchema } from './text-schemas.js';

/** What an input says of itself in the document. */
export interface InputOptions {
  readonly description?: string;
  readonly example?: unknown;
  /** It may be left out; the class gives its default. */
  readonly optional?: boolean;
  readonly default?: number | string;
}

const closed = new Set<string>();

/** A class whose fields are the body of a request: a field it does not have is refused. */
export const Input = (name: string, description: string): ClassDecorator => {
  closed.add(name);
  return ApiSchema({ name, description });
};

/** Whether a shape of this name is the body of a request, so that it has no other fields. */
export const isClosed = (name: string): boolean => closed.has(name);

/** One rule of an input: how a text becomes the value, when that is right, and what is said. */
export interface InputRule {
  readonly read?: (value: unknown) => unknown;
  readonly isRight: (value: unknown) => boolean;
  readonly message: string;
}

/** GraphQL gives null for what was left out. */
const noneOf = (value: unknown): unknown => (value === null ? undefined : value);

/** An input by a rule of its own, as the document is to tell it. */
export const Ruled = (
  { read = (value) => value, isRight, message }: InputRule,
  schema: object,
  options: InputOptions,
): PropertyDecorator => {
  const { optional = false, ...told } = options;
  return applyDecorators(
    ApiProperty({ ...schema, ...told, required: !optional }),
    Transform(({ value }) => {
      const given: unknown = noneOf(value);
      return given === undefined ? options.default : read(given);
    }),
    ...(optional ? [IsOptional()] : []),
    ValidateBy({
      name: 'rule',
      validator: { validate: isRight, defaultMessage: () => message },
    }),
  );
};

/** Bounds of a number, both of them in. */
export interface InputBounds {
  readonly minimum: number;
  readonly maximum: number;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Digits only, so not `1e3`, ` 5` or `0x10`; what is no such text is left as it is. */
const wholeNumberOf = (value: unknown): unknown =>
  isText(value) && /^\d{1,16}$/.test(value) ? Number(value) : value;

/** A whole number in a path, a query or an argument. */
export const WholeNumber = (
  { minimum, maximum }: InputBounds,
  options: InputOptions = {},
): PropertyDecorator =>
  Ruled(
    {
      read: wholeNumberOf,
      isRight: (value) =>
        Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
      message: `must be a whole number from ${minimum} to ${maximum}`,
    },
    {
      type: 'integer',
      format: maximum > 2 ** 31 - 1 ? 'int64' : 'int32',
      minimum,
      maximum,
    },
    options,
  );

const uuid = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
const uuidPattern = new RegExp(`^${uuid}$`);

/** A UUID in a path, a query or an argument. */
export const Uuid = (options: InputOptions = {}): PropertyDecorator =>
  Ruled(
    { isRight: (value) => isText(value) && uuidPattern.test(value), message: 'must be a UUID' },
    { type: 'string', format: 'uuid' },
    options,
  );

/** The id of a record: zeros stand for "no record" in what is stored. */
export const RecordId = (options: InputOptions = {}): PropertyDecorator =>
  Ruled(
    {
      isRight: (value) => isText(value) && uuidPattern.test(value) && /[^0-]/.test(value),
      message: 'must be a UUID that is not all zeros',
    },
    { type: 'string', format: 'uuid' },
    options,
  );

/** A number of bytes as a JSON number. */
export const ByteCount = (options: InputOptions = {}): PropertyDecorator =>
  Ruled(
    {
      isRight: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
      message: 'must be a whole number from 0 to 2^53 - 1',
    },
    { type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    options,
  );

const isMsisdn = new RegExp(msisdnPattern);

/** A subscriber number as text (E.164 without the plus sign), read as a whole number. */
export const Msisdn = (options: InputOptions = {}): PropertyDecorator =>
  Ruled(
    {
      read: (value) => (isText(value) && isMsisdn.test(value) ? Number(value) : value),
      isRight: (value) => typeof value === 'number',
      message: 'must be 1 to 15 digits without a leading zero',
    },
    msisdnSchema,
    options,
  );

/** An ISO 8601 time with an offset, read as epoch milliseconds between the two bounds. */
export const Instant = (
  { minimum, maximum }: InputBounds,
  options: InputOptions = {},
): PropertyDecorator =>
  Ruled(
    {
      read: (value) => (isText(value) ? parseIsoDateTime(value) : NaN),
      isRight: (value) => typeof value === 'number' && value >= minimum && value <= maximum,
      message: 'must be an ISO 8601 time with an offset',
    },
    { type: 'string', format: 'date-time' },
    options,
  );

/** A text of so many characters that may have to match a pattern. */
export const Text = (
  { minLength, maxLength }: { readonly minLength: number; readonly maxLength: number },
  options: InputOptions = {},
): PropertyDecorator =>
  Ruled(
    {
      isRight: (value) => isText(value) && value.length >= minLength && value.length <= maxLength,
      message: `must be a text of ${minLength} to ${maxLength} characters`,
    },
    { type: 'string', minLength, maxLength },
    options,
  );
