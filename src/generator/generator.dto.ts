import { Ruled } from '../platform/http/inputs.js';
import { MAX_BATCH_SIZE, MAX_MONTHS } from './domain/generate-request.js';

/** A parameter given twice is an array: no number either. */
const oneText = (value: unknown): string => (typeof value === 'string' ? value : 'not one text');

/** A count that `readGenerateRequest` reads: its faults have codes of their own. */
const Count = (maximum: number, description: string): PropertyDecorator =>
  Ruled(
    { read: oneText, isRight: () => true, message: '' },
    { type: 'integer', format: 'int32', minimum: 1, maximum, default: 1 },
    { optional: true, description },
  );

/** How much demo data. */
export class GenerateQuery {
  @Count(MAX_BATCH_SIZE, 'Subscribers.') 'batch-size'?: string;
  @Count(MAX_MONTHS, 'Months; subscribers times months are at most 160,000.') months?: string;
}
