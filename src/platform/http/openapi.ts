import type { OpenAPIObject } from '@nestjs/swagger';
import { isClosed } from './inputs.js';

/** A JSON schema as OpenAPI 3.0 has it. */
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type PlainSchema = Exclude<Schema, { $ref: string }>;

export const textSchema: PlainSchema = { type: 'string' };
export const flagSchema: PlainSchema = { type: 'boolean' };
export const uuidSchema: PlainSchema = { type: 'string', format: 'uuid' };
export const timeSchema: PlainSchema = { type: 'string', format: 'date-time' };

/** A whole number; without bounds 0 to 2^53 − 1. */
export const numberSchema = (
  minimum = 0,
  maximum: number = Number.MAX_SAFE_INTEGER,
  defaultNumber?: number,
): PlainSchema => ({
  type: 'integer',
  format: 'int64',
  minimum,
  maximum,
  ...(defaultNumber !== undefined && { default: defaultNumber }),
});

/** An array. */
export const listSchema = (items: Schema): PlainSchema => ({ type: 'array', items });

/** The same, or null. */
export const orNull = (schema: PlainSchema): PlainSchema => ({ ...schema, nullable: true });

/** An object that has all of these fields. */
export const fieldsSchema = (properties: Readonly<Record<string, Schema>>): PlainSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

/** A page of a list: `next` is the `after` of the page behind it, null on the last one. */
export const pageSchema = (item: Schema): PlainSchema =>
  fieldsSchema({ items: listSchema(item), next: orNull(numberSchema()) });

const refusedLines = listSchema(
  fieldsSchema({ line: numberSchema(1), code: textSchema, message: textSchema }),
);

const linesFields = { accepted: numberSchema(), rejected: refusedLines };
const rejectedNotNamed: PlainSchema = {
  ...numberSchema(1),
  description: 'How many more were refused than are in the list; absent for none.',
};

/** What became of the lines of a request. */
export const linesSchema: PlainSchema = {
  ...fieldsSchema(linesFields),
  properties: { ...linesFields, rejectedNotNamed },
};

const faultSchema: PlainSchema = {
  ...fieldsSchema({ code: textSchema, message: textSchema, next: textSchema }),
  description: 'code is stable (docs/errors.md), next says what to do about it.',
};
const optionalOfFault = {
  ...linesFields,
  rejectedNotNamed,
  lines: {
    ...numberSchema(1),
    description: 'When the body ended early: all lines up to this one were taken, none behind.',
  },
};

const refused = {
  description: 'Refused: 4xx is the caller’s, 503 passes, 500 is a fault of the program.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
};

const methods = ['get', 'put', 'post', 'delete'] as const;

/** The document with the one shape of refusals on each operation. */
export const withRefusals = (document: OpenAPIObject): OpenAPIObject => {
  for (const path of Object.values(document.paths)) {
    for (const method of methods) {
      const operation = path[method];
      if (operation === undefined) continue;
      operation.responses['4XX'] = refused;
      operation.responses['default'] = refused;
    }
  }
  const fault = { ...faultSchema, properties: { ...faultSchema.properties, ...optionalOfFault } };
  const { schemas = {} } = document.components ?? {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (isClosed(name)) (schema as PlainSchema).additionalProperties = false;
  }
  return {
    ...document,
    components: { ...document.components, schemas: { ...schemas, Fault: fault } },
  };
};
