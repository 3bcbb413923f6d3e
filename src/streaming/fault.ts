/** What the runtime does about a fault; the code only says what happened. */
export type Reaction = 'Retry' | 'Fenced' | 'StateCorrupt' | 'BadRecord' | 'Fatal' | 'Warn';

/** One stable error code, as docs/errors.md lists it. */
export interface FaultCode {
  readonly reaction: Reaction;
  /** What happened, one sentence. */
  readonly meaning: string;
  /** What the reader does next, one sentence. */
  readonly next: string;
}

/** The codes one context owns; docs/errors.md is printed from all of them. */
export type FaultCodes = Readonly<Record<string, FaultCode>>;

/** Where and about what: file, line, offset, setting. Never a secret or a full MSISDN. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/** What a fault may carry beside its code and its message. */
export interface FaultOptions {
  readonly facts?: Facts;
  readonly cause?: unknown;
  /** What the reader does next, where it is said to one who has only this fault. */
  readonly next?: string | undefined;
}

/** An error with a reaction, a stable code and the facts; `cause` keeps what was caught. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly facts: Facts;
  readonly next: string | undefined;

  constructor(
    readonly code: string,
    readonly reaction: Reaction,
    ...[message, options = {}]: [message: string, options?: FaultOptions]
  ) {
    super(message, { cause: options.cause });
    this.facts = options.facts ?? {};
    this.next = options.next;
  }
}
