import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExtraModels, getSchemaPath } from '@nestjs/swagger';

/** A body of lines: one object of the shape, an array of them, or one a line (NDJSON). */
export const ApiLines = (shape: Type): MethodDecorator => {
  const one = { $ref: getSchemaPath(shape) };
  return applyDecorators(
    ApiExtraModels(shape),
    ApiConsumes('application/json', 'application/x-ndjson'),
    ApiBody({ schema: { oneOf: [one, { type: 'array', minItems: 1, items: one }] } }),
  );
};
