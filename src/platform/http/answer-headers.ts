import { createHash } from 'node:crypto';

interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

interface Reply {
  readonly statusCode: number;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  hasHeader(name: string): boolean;
}

/**
 * Nothing is guessed from the bytes of an answer, and none is kept by a browser or a proxy:
 * answers hold subscribers' numbers. Static files say otherwise for themselves.
 */
export const sayDefaults = (reply: { header(name: string, value: string): unknown }): void => {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('cache-control', 'no-store');
};

const isMatch = (asked: string, etag: string): boolean =>
  asked === '*' || asked.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);

/**
 * Names what an answer to a GET holds, and answers 304 without it to a caller who has it already
 * (RFC 9110, If-None-Match). The mark is weak: the bytes differ by compression. Answers the body
 * to send.
 */
export const withEtag = (request: Request, reply: Reply, body: unknown): unknown => {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  if (!isRead || !isText || reply.statusCode !== 200 || reply.hasHeader('etag')) return body;
  const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  reply.header('etag', `W/${etag}`);
  const asked = request.headers['if-none-match'];
  if (typeof asked !== 'string' || !isMatch(asked, etag)) return body;
  reply.code(304);
  return '';
};
