import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { httpErrors } from './errors.js';
import { refusal, type Refusal } from './refusal.js';

/** What class-validator says of a field that no shape has. */
const unknownField = 'whitelistValidation';

const reasonsOf = (error: ValidationError, path: string): string[] => {
  const name = path === '' ? error.property : `${path}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, text]) =>
    rule === unknownField ? `${name}: is not known` : `${name}: ${text}`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => reasonsOf(child, name))];
};

/** One refusal (400 REQUEST_INVALID) that names every field that is wrong, and why. */
export const refusalOf = (errors: readonly ValidationError[]): Refusal => {
  const reasons = errors.flatMap((error) => reasonsOf(error, ''));
  return invalid(reasons.join('; '));
};

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names every object has: the library leaves fields of them out without a word. */
const isPassedOver = (name: string): boolean => name in Object.prototype || name === 'prototype';

const passedOverIn = (value: unknown): string[] =>
  isObject(value) ? Object.keys(Object(value) as object).filter(isPassedOver) : [];

const invalid = (message: string): Refusal =>
  refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });

/** Types of parameters that stand for themselves. */
const plain: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object, undefined]);

/**
 * Checks what a request gives against the class of the parameter: fields no shape has are refused,
 * all reasons are told at once. Values stay as they came but for what a field turns them into.
 */
export class ShapePipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => refusalOf(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (plain.has(metadata.metatype)) return super.transform(value, metadata);
    if (metadata.type === 'body' && !isObject(value))
      throw invalid('the body must be a JSON object');
    const passedOver = passedOverIn(value);
    if (passedOver.length > 0) {
      throw invalid(passedOver.map((name) => `${name}: is not known`).join('; '));
    }
    return super.transform(value, metadata) as Promise<unknown>;
  }
}
