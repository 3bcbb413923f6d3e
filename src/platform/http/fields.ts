import { applyDecorators } from '@nestjs/common';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import type { GraphQLScalarType } from 'graphql';
import { msisdnSchema, zonedTimeSchema } from './text-schemas.js';
import { byteCountScalar, offsetScalar } from './whole-number.scalars.js';

/** What a field says of itself in both documents. */
export interface FieldOptions {
  readonly description?: string;
  /** The field is always there, and may be null. */
  readonly nullable?: boolean;
  /** It may be null by the type of GraphQL alone; the wire contract has it so. */
  readonly nullableInGraphql?: boolean;
  /** The field may be absent; GraphQL gives null for it. */
  readonly optional?: boolean;
  readonly example?: unknown;
}

type GraphqlType = () => StringConstructor | BooleanConstructor | GraphQLScalarType | object;

/** One field of a shape, in OpenAPI and in GraphQL. */
const field = (
  type: GraphqlType,
  schema: ApiPropertyOptions,
  { description, nullable = false, optional = false, nullableInGraphql, example }: FieldOptions,
): PropertyDecorator =>
  applyDecorators(
    Field(type as () => StringConstructor, {
      nullable: nullableInGraphql ?? (nullable || optional),
      description,
    }),
    ApiProperty({
      ...schema,
      ...(description !== undefined && { description }),
      ...(nullable && { nullable }),
      ...(example !== undefined && { example }),
      required: !optional,
    } as ApiPropertyOptions),
  );

/** A class whose fields are one shape: of an answer over REST and of a type of GraphQL. */
export const Shape = (name: string, description: string): ClassDecorator =>
  applyDecorators(ObjectType(name, { description }), ApiSchema({ name, description }));

/** A class whose fields are one shape of answers over REST alone. */
export const RestShape = (name: string, description: string): ClassDecorator =>
  ApiSchema({ name, description });

/** A text. */
export const TextField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => String, { type: String }, options);

/** A UUID as text; an ID in GraphQL. */
export const UuidField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => ID, { type: String, format: 'uuid' }, options);

/** An instant as ISO 8601 in UTC. */
export const TimeField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => String, { type: String, format: 'date-time' }, options);

/** The subscriber number as text: E.164 without the plus sign. */
export const MsisdnField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => String, msisdnSchema, options);

/** A time as Java writes it with its zone (`zonedTimeSchema`). */
export const ZonedTimeField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => String, zonedTimeSchema, options);

/** A text of a pattern. */
export const PatternField = (pattern: string, options: FieldOptions = {}): PropertyDecorator =>
  field(() => String, { type: String, pattern }, options);

/** True or false. */
export const FlagField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => Boolean, { type: Boolean }, options);

/** Bounds of a number, both of them in. */
export interface NumberBounds {
  readonly minimum?: number;
  readonly maximum?: number;
}

const largestInt = 2 ** 31 - 1;

/** A whole number of 32 bits. */
export const IntField = (options: FieldOptions & NumberBounds = {}): PropertyDecorator => {
  const { minimum = 0, maximum = largestInt } = options;
  return field(() => Int, { type: 'integer', format: 'int32', minimum, maximum }, options);
};

/** A number that need not be whole. */
export const NumberField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => Float, { type: Number }, options);

const longSchema = ({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: NumberBounds) =>
  ({ type: 'integer', format: 'int64', minimum, maximum }) as const;

/** A number of bytes, 0 to 2^53 − 1. */
export const ByteCountField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => byteCountScalar, longSchema({}), options);

/** A place in a log, or a number of such. */
export const OffsetField = (options: FieldOptions & NumberBounds = {}): PropertyDecorator =>
  field(() => offsetScalar, longSchema(options), options);

/** Words of which a field is one, under one name in both documents. */
export interface Words {
  readonly name: string;
  readonly values: readonly string[];
  readonly byName: Readonly<Record<string, string>>;
}

/** Makes the words known to GraphQL, whose names have no hyphens: once for each name. */
export const wordsOf = (name: string, values: readonly string[], description: string): Words => {
  const byName = Object.fromEntries(values.map((value) => [value.replaceAll('-', '_'), value]));
  registerEnumType(byName, { name, description });
  return { name, values, byName };
};

/** One of the words. */
export const WordField = (
  { name, values, byName }: Words,
  options: FieldOptions = {},
): PropertyDecorator => field(() => byName, { enum: [...values], enumName: name }, options);

/** Nest tells a function that answers the type from a class by its name, which has to be `type`. */
const lazy = (of: () => new () => object) => ({ type: () => of() });

/** A shape within a shape. */
export const ShapeField = (
  type: () => new () => object,
  options: FieldOptions = {},
): PropertyDecorator => field(type, lazy(type), options);

/** A list of shapes. */
export const ListField = (
  type: () => new () => object,
  options: FieldOptions = {},
): PropertyDecorator => field(() => [type()], { ...lazy(type), isArray: true }, options);

/** A list of texts. */
export const TextsField = (options: FieldOptions = {}): PropertyDecorator =>
  field(() => [String], { type: String, isArray: true }, options);
