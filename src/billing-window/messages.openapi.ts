import {
  fieldsSchema,
  numberSchema,
  orNull,
  textSchema,
  uuidSchema,
} from '../platform/http/openapi.js';

/** A cursor: a number with one log (embedded), `partition:offset` of each partition otherwise. */
export const cursorSchema = {
  ...textSchema,
  pattern: '^(-1|\\d+|\\d+:\\d+(,\\d+:\\d+)*)$',
  default: '-1',
  description: 'embedded a JSON number: the offset of the last message; cluster `0:17,1:22`',
};

const message = fieldsSchema({
  offset: orNull(numberSchema()),
  key: uuidSchema,
  timestamp: numberSchema(),
  headers: { type: 'object', additionalProperties: textSchema },
  value: { type: 'object', additionalProperties: true },
});

/**
 * A message of topic data-records-aggregates as it is answered; with its partition in the cluster.
 * A copy that was looked up by its agreement knows no place there: its offset is null.
 */
export const messageSchema = {
  ...message,
  properties: { partition: numberSchema(), ...message.properties },
};
