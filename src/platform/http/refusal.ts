import { Fault, type Facts, type FaultCodes, type FaultOptions } from '../../streaming/index.js';

/** A line of a request that was refused; `line` counts from 1. */
export interface RefusedLine {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** What became of the lines of a request. */
export interface LinesTaken {
  readonly accepted: number;
  /** The first ones in order. */
  readonly rejected: readonly RefusedLine[];
  /** How many more were refused; absent for none. */
  readonly rejectedNotNamed?: number;
  /** When the request ended early: every line up to this one was taken, and none behind it. */
  readonly lines?: number;
}

export interface RefusalOptions extends FaultOptions {
  readonly status: number;
  readonly lines?: LinesTaken;
}

/** A request that is refused: a Fault with the HTTP status and the next step for the caller. */
export class Refusal extends Fault {
  readonly status: number;
  readonly lines: LinesTaken | undefined;

  constructor(code: string, message: string, options: RefusalOptions) {
    super(code, 'BadRecord', message, options);
    this.status = options.status;
    this.lines = options.lines;
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
