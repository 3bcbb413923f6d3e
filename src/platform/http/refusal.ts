import { Fault, type Facts, type FaultCodes } from '../../streaming/index.js';

/** A line of a request that was refused; `line` counts from 1. */
export interface RefusedLine {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** A request that is refused: a Fault with the HTTP status and the next step for the caller. */
export class Refusal extends Fault {
  readonly status: number;
  readonly next: string | undefined;
  readonly rejected: readonly RefusedLine[] | undefined;

  constructor(
    code: string,
    message: string,
    options: {
      status: number;
      next?: string;
      facts?: Facts;
      rejected?: readonly RefusedLine[];
      cause?: unknown;
    },
  ) {
    super(code, 'BadRecord', message, options);
    this.status = options.status;
    this.next = options.next;
    this.rejected = options.rejected;
  }
}

/** A refusal with a declared code: meaning and next step are the declared ones. */
export const refusal = <C extends FaultCodes>(
  codes: C,
  code: keyof C & string,
  options: { status: number; message?: string; facts?: Facts },
): Refusal =>
  new Refusal(code, options.message ?? codes[code].meaning, {
    ...options,
    next: codes[code].next,
  });
