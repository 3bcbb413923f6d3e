import { fieldsSchema, numberSchema, textSchema, uuidSchema } from '../platform/http/openapi.js';

/** A message of topic data-records-aggregates as it is answered. */
export const messageSchema = fieldsSchema({
  offset: numberSchema(),
  key: uuidSchema,
  timestamp: numberSchema(),
  headers: { type: 'object', additionalProperties: textSchema },
  value: { type: 'object', additionalProperties: true },
});
