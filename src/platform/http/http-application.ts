import fastifyCompress from '@fastify/compress';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { isUtf8 } from 'node:buffer';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';
import { answerOf, answerOfClientError, FaultFilter } from './fault-filter.js';
import { sayDefaults, withEtag } from './answer-headers.js';
import { bodyBytes } from './body-bytes.js';
import { NdjsonBody } from './body-lines.js';
import { changesOnGet } from './changes-on-get.js';
import { jsonLimits, overJsonLimits } from './json-limits.js';
import { KnownRoutes } from './known-routes.js';
import { guardRequest, type KnownHosts } from './request-guard.js';
import { FaultShape } from './lines.dto.js';
import { completedDocument } from './openapi.js';
import { pageFiles } from './pages.js';
import { ShapePipe } from './validation.js';
import { serveStaticFiles } from './static-files.js';
import { UnknownQueryGuard } from './unknown-query.js';
import { UnreadAnswers, type SentAnswer } from './unread-answers.js';

export interface HttpOptions {
  /** Most bytes of an NDJSON body. */
  readonly maxBodyBytes: number;
  /** Most connections at once; more are closed unheard. */
  readonly maxConnections: number;
  readonly hosts: KnownHosts;
  /** The folder that holds web/ and node_modules. */
  readonly root: string;
  readonly version: string;
  readonly logger: LoggerService;
  readonly onUnexpected: (error: unknown) => void;
}

const fastifyOf = (adapter: FastifyAdapter) => adapter.getInstance();
type Fastify = ReturnType<typeof fastifyOf>;

/** What both a Fastify reply and a stand-in for it can do. */
interface PlainReply {
  code(status: number): PlainReply;
  header(name: string, value: string): PlainReply;
  send(body: unknown): unknown;
}

/** An address the router cannot read never comes as far as the filter. */
const answerFrameworkError = (error: unknown, _request: unknown, reply: unknown): void => {
  const { status, body } = answerOf(error);
  sayDefaults(reply as PlainReply);
  (reply as PlainReply)
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(body);
};

/** JSON is read whole before it is understood, and one text of it at once: so it is bounded. */
const mostJsonBytes = 1024 * 1024;

const wholeOf = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};

const tooComplex = (over: string) =>
  refusal(httpErrors, 'BODY_TOO_COMPLEX', { status: 400, message: `the body has ${over}` });

/** JSON and NDJSON, nothing else. Clients that send a type without a body mean no body. */
const readBodies = (fastify: Fastify, maxBodyBytes: number): void => {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  const maxJsonBytes = Math.min(mostJsonBytes, maxBodyBytes);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', (request, _payload, done) => {
    wholeOf(bodyBytes(request.raw, maxJsonBytes)).then((body) => {
      if (body.length === 0) done(null, undefined);
      else if (!isUtf8(body)) done(refusal(httpErrors, 'BODY_NOT_JSON', { status: 400 }));
      else {
        const over = overJsonLimits(body, jsonLimits);
        if (over !== undefined) done(tooComplex(over));
        else void parseJson(request, body.toString(), done);
      }
    }, done);
  });
  fastify.addContentTypeParser('application/x-ndjson', (request, _payload, done) =>
    done(null, new NdjsonBody(bodyBytes(request.raw, maxBodyBytes))),
  );
};

/** What is seen of a request and the route that was found for it. */
interface Routed {
  readonly is404: boolean;
  readonly url: string;
  readonly routeOptions: { readonly url?: string | undefined };
}

const isMissing = ({ is404, url, routeOptions }: Routed, routes: KnownRoutes): boolean =>
  is404 || routes.isOfAnother(url, routeOptions.url ?? url);

/** Refuses what must not be answered, says what holds for every answer, packs long ones. */
const watchRequests = async (
  fastify: Fastify,
  { hosts, routes }: { readonly hosts: KnownHosts; readonly routes: KnownRoutes },
): Promise<void> => {
  fastify.addHook('onRequest', (request, reply, done) => {
    sayDefaults(reply);
    const { method, headers, routeOptions } = request;
    const isChangingGet = Object.hasOwn(routeOptions.config, changesOnGet);
    const refused = guardRequest({ method, headers, isChangingGet }, hosts);
    // what is not there reads no body, so none can be wrong with it; the filter tells the methods
    const missing = isMissing(request, routes)
      ? refusal(httpErrors, 'ROUTE_UNKNOWN', { status: 404 })
      : undefined;
    done(refused ?? missing);
  });
  const unread = new UnreadAnswers(unreadLimits);
  fastify.addHook('onSend', async (request, reply, body) =>
    withRoom(unread, reply, withEtag(request, reply, body)),
  );
  await fastify.register(fastifyCompress, {
    // a small window: a thousand slow readers of packed answers must fit into memory
    zlibOptions: { level: 5, windowBits: 13, memLevel: 5 },
    encodings: ['gzip', 'deflate', 'identity'],
    syncThreshold: 16 * 1024,
    globalDecompression: false, // bodyBytes unpacks, and bounds it
  });
};

const unreadLimits = { bytes: 48 * 1024 * 1024, patienceMs: 5000 };
/** A smaller answer costs no more than its connection. */
const leastBytesToWatch = 16 * 1024;

/** The body, or that there is no room for it while others do not read theirs. */
const withRoom = (unread: UnreadAnswers, reply: RoomReply, body: unknown): unknown => {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body.length : 0;
  if (bytes < leastBytesToWatch || unread.admits(reply.raw, bytes)) return body;
  const { status, body: why } = answerOf(refusal(httpErrors, 'ANSWERS_UNREAD', { status: 503 }));
  reply.code(status).header('content-type', 'application/json; charset=utf-8');
  reply.header('retry-after', '2').removeHeader('etag').removeHeader('content-length');
  return JSON.stringify(why);
};

interface RoomReply extends PlainReply {
  readonly raw: SentAnswer;
  header(name: string, value: string): RoomReply;
  removeHeader(name: string): RoomReply;
}

/** Bytes that never became a request; as Fastify's own handler, with the one form of answers. */
const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const { status, body } = answerOfClientError(error);
    const text = JSON.stringify(body);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
        `content-type: application/json; charset=utf-8\r\n` +
        `x-content-type-options: nosniff\r\ncache-control: no-store\r\n` +
        `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  }
  socket.destroy(error);
};

/** A whole request has to be there within five minutes, its head within half of one. */
const requestWithinMs = 300_000;
const headWithinMs = 30_000;
/** Longer than a long poll is silent; who takes nothing of an answer for so long is cut off. */
const silenceMs = 120_000;

const newAdapter = (options: HttpOptions): FastifyAdapter => {
  const adapter: FastifyAdapter = new FastifyAdapter({
    bodyLimit: options.maxBodyBytes,
    forceCloseConnections: true, // a long poll must not hold up the end
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    requestTimeout: requestWithinMs,
    connectionTimeout: silenceMs,
  });
  const fastify = fastifyOf(adapter);
  fastify.server.headersTimeout = headWithinMs;
  fastify.server.maxConnections = options.maxConnections;
  readBodies(fastify, options.maxBodyBytes);
  return adapter;
};

/** What each group of operations is about; contexts name their tag in the controller. */
const tags = {
  agreements: 'Who pays for which MSISDN, from when, and how much is included.',
  'data records': 'What was used in a billing period, why it was counted so, corrections.',
  'incoming data records': 'Records that are sent one by one or line by line.',
  import: 'CDR files, their books and their refused lines.',
  feeds: 'Where records come from, and how complete each source is.',
  messages: 'What systems downstream are told: exceeded, closed, adjusted.',
  partitions: 'Who counts which part of the log, and how far.',
  counts: 'How much there is.',
  health: 'For whoever keeps the process alive.',
  generator: 'Demo data.',
};

const serveOpenApi = (app: NestFastifyApplication, version: string): void => {
  const builder = new DocumentBuilder();
  for (const [name, description] of Object.entries(tags)) builder.addTag(name, description);
  const config = builder
    .setTitle('Overage')
    .setDescription('Mobile data usage per agreement and billing period, each byte explained.')
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .build();
  const drawn = SwaggerModule.createDocument(app, config, { extraModels: [FaultShape] });
  const document = JSON.stringify(completedDocument(drawn));
  app.getHttpAdapter().get('/api/openapi.json', (_request: unknown, reply: JsonReply) => {
    reply.header('content-type', 'application/json; charset=utf-8').send(document);
  });
};

interface JsonReply {
  header(name: string, value: string): JsonReply;
  send(body: string): unknown;
}

/** The application with its pages and its one way to answer errors; it does not listen yet. */
export const newHttpApplication = async (
  module: DynamicModule,
  options: HttpOptions,
): Promise<NestFastifyApplication> => {
  const adapter = newAdapter(options);
  const fastify = fastifyOf(adapter);
  const routes = new KnownRoutes();
  fastify.addHook('onRoute', (route) => routes.add(route));
  await watchRequests(fastify, { hosts: options.hosts, routes });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: options.logger,
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalGuards(new UnknownQueryGuard());
  app.useGlobalPipes(new ShapePipe());
  app.useGlobalFilters(
    new FaultFilter(options.onUnexpected, (address) => routes.methodsOf(address)),
  );
  serveStaticFiles(fastify, pageFiles(options.root));
  serveOpenApi(app, options.version);
  return app;
};
