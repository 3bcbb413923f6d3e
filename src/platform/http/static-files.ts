import { createReadStream } from 'node:fs';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

/** A file that is served at an address; the list is fixed, so no path comes from a request. */
export interface StaticFile {
  readonly url: string;
  readonly path: string;
  /** Only for files that may be kept by the browser: they change with an installed version. */
  readonly maxAgeSeconds?: number;
  readonly contentSecurityPolicy?: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

interface Reply {
  header(name: string, value: string): Reply;
  send(body: unknown): Reply;
}

interface Routes {
  get(url: string, handler: (request: unknown, reply: Reply) => Reply): unknown;
}

/** The nearest folder at or above `from` that holds the file; undefined when none does. */
export const folderAbove = (from: string, file: string): string | undefined => {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (dirname(at) === at) return undefined;
  }
};

/** The folder of an installed package, resolved as an import from `from` would be. */
export const packageFolder = (name: string, from: string): string =>
  dirname(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));

/** Adds one GET route a file. Only same-origin requests are allowed to the pages themselves. */
export const serveStaticFiles = (routes: Routes, files: readonly StaticFile[]): void => {
  for (const file of files) {
    routes.get(file.url, (_request, reply) => {
      reply
        .header('content-type', contentTypes[extname(file.path)] ?? 'application/octet-stream')
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', file.maxAgeSeconds ? `max-age=${file.maxAgeSeconds}` : 'no-cache');
      if (file.contentSecurityPolicy) {
        reply.header('content-security-policy', file.contentSecurityPolicy);
      }
      return reply.send(createReadStream(file.path));
    });
  }
};
