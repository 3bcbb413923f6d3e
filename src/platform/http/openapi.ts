import type { OpenAPIObject } from '@nestjs/swagger';
import { isClosed } from './inputs.js';

/** A JSON schema as OpenAPI 3.0 has it. */
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type PlainSchema = Exclude<Schema, { $ref: string }>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

export const textSchema: PlainSchema = { type: 'string' };

const refused = {
  description: 'Refused: 4xx is the caller’s, 503 passes, 500 is a fault of the program.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Fault' } } },
};

const ndjson = 'application/x-ndjson';
const ndjsonSchema: PlainSchema = {
  type: 'string',
  description: 'One object a line, each as for application/json.',
};

const completed = (operation: Operation): void => {
  for (const parameter of operation.parameters ?? []) {
    // the type of the property in the program is told beside the forms it is sent in
    const schema = '$ref' in parameter ? undefined : parameter.schema;
    if (schema !== undefined && 'oneOf' in schema) delete schema.type;
  }
  operation.responses['4XX'] = refused;
  operation.responses['default'] = refused;
  const { requestBody } = operation;
  if (requestBody === undefined || !('content' in requestBody)) return;
  if (ndjson in requestBody.content) requestBody.content[ndjson] = { schema: ndjsonSchema };
};

const methods = ['get', 'put', 'post', 'delete'] as const;

/**
 * The document with what holds for each operation: the one shape of refusals, lines as text, and
 * no other fields in the shapes of requests.
 */
export const completedDocument = (document: OpenAPIObject): OpenAPIObject => {
  for (const path of Object.values(document.paths)) {
    for (const method of methods) {
      const operation = path[method];
      if (operation !== undefined) completed(operation);
    }
  }
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    if (isClosed(name)) (schema as PlainSchema).additionalProperties = false;
  }
  return document;
};
