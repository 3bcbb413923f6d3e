import { HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Fault, type Reaction } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { Refusal, type LinesTaken } from './refusal.js';

/** What every refusal looks like on the wire. */
export interface FaultAnswer extends Partial<LinesTaken> {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
}

interface Answer {
  readonly status: number;
  readonly body: FaultAnswer;
}

const declared = (code: keyof typeof httpErrors, status: number, message?: string): Answer => ({
  status,
  body: { code, message: message ?? httpErrors[code].meaning, next: httpErrors[code].next },
});

const ofRefusal = (refusal: Refusal): Answer => ({
  status: refusal.status,
  body: {
    code: refusal.code,
    message: refusal.message,
    next: refusal.next,
    ...refusal.lines,
  },
});

const ofHttpStatus = (status: number): Answer => {
  if (status === 404) return declared('ROUTE_UNKNOWN', 404);
  if (status === 414) return declared('REQUEST_INVALID', 414, 'a part of the address is too long');
  if (status === 431) return declared('REQUEST_INVALID', 431, 'address or headers are too long');
  if (status === 413) return declared('BODY_TOO_LARGE', 413);
  if (status === 415) return declared('BODY_TYPE_UNKNOWN', 415);
  if (status === 400) return declared('BODY_NOT_JSON', 400);
  if (status >= 400 && status < 500) return declared('REQUEST_INVALID', status);
  return declared('UNEXPECTED', 500);
};

/** A caller who went away while sending is no fault of the program; nobody reads the answer. */
const isGone = (error: { code?: unknown; statusCode?: unknown }): boolean =>
  error.code === 'ECONNRESET' && error.statusCode === 400;

/** Fastify gives its own errors a code; those of the content type parser are the caller's. */
const ofFastify = (error: { code?: unknown; statusCode?: unknown }): Answer | undefined => {
  if (isGone(error)) return declared('REQUEST_INVALID', 400, 'the request was cut off');
  if (typeof error.code !== 'string' || !error.code.startsWith('FST_')) return undefined;
  const status = typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (error.code === 'FST_ERR_BAD_URL') {
    return declared('REQUEST_INVALID', 400, 'the address cannot be read; escape it as UTF-8');
  }
  return status < 500 ? ofHttpStatus(status) : undefined;
};

/** The answer to bytes that are no HTTP request, to a head that is too long, to one too slow. */
export const answerOfClientError = (error: { readonly code?: string }): Answer => {
  if (error.code === 'HPE_HEADER_OVERFLOW') return ofHttpStatus(431);
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return declared('REQUEST_TOO_SLOW', 408);
  return declared('REQUEST_INVALID', 400, 'this is not a whole HTTP request');
};

/** The answer to a method that an address does not have. */
const wrongMethod = (methods: readonly string[]): Answer =>
  declared('METHOD_NOT_ALLOWED', 405, `this address has ${methods.join(', ')}`);

/** Nothing is wrong with the request: a state that passes, or one that a person has to mend. */
const later: ReadonlySet<Reaction> = new Set(['Retry', 'StateCorrupt']);

const retryAfterSeconds = '2';

/** What passes by itself is asked again; what a person has to mend says how. */
const nextOf = ({ reaction, next }: Fault): string =>
  reaction === 'StateCorrupt' && next !== undefined ? next : laterNext;

const laterNext =
  'Send it again in a moment; when it stays so, docs/errors.md says what the code asks for.';

/**
 * The answer for whatever was thrown; undefined status 500 means a fault of the program, whose
 * text is never shown.
 */
export const answerOf = (error: unknown): Answer => {
  if (error instanceof Refusal) return ofRefusal(error);
  if (error instanceof Fault && later.has(error.reaction)) {
    return { status: 503, body: { code: error.code, message: error.message, next: nextOf(error) } };
  }
  if (error instanceof HttpException) return ofHttpStatus(error.getStatus());
  if (typeof error === 'object' && error !== null) {
    const answer = ofFastify(error);
    if (answer !== undefined) return answer;
    // JSON.parse of Fastify's secure parser throws a SyntaxError with a status of its own
    if (error instanceof SyntaxError && 'statusCode' in error) return ofHttpStatus(400);
  }
  return declared('UNEXPECTED', 500);
};

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): void;
  readonly sent: boolean;
}

/** Answers every error of a request as `{code, message, next}`; used as a global filter. */
export class FaultFilter implements ExceptionFilter {
  /** `methodsOf` tells which methods an address has. */
  constructor(
    private readonly onUnexpected: (error: unknown) => void,
    private readonly methodsOf: (address: string) => readonly string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // GraphQL formats its own errors
    if (host.getType<string>() !== 'http') throw error;
    const http = host.switchToHttp();
    const answer = answerOf(error);
    if (answer.body.code === 'UNEXPECTED') this.onUnexpected(error);
    const reply = http.getResponse<Reply>();
    if (reply.sent) return;
    if (answer.status === 503) reply.header('retry-after', retryAfterSeconds);
    if (answer.body.code !== 'ROUTE_UNKNOWN') return this.#send(reply, answer);
    const methods = this.methodsOf(http.getRequest<{ url: string }>().url);
    if (methods.length === 0) return this.#send(reply, answer);
    this.#send(reply.header('allow', methods.join(', ')), wrongMethod(methods));
  }

  #send(reply: Reply, answer: Answer): void {
    reply
      .status(answer.status)
      .header('content-type', 'application/json; charset=utf-8')
      .send(answer.body);
  }
}
