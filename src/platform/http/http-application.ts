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
import { NdjsonBody } from './ndjson.js';
import { withRefusals } from './openapi.js';
import { pageFiles } from './pages.js';
import { ShapePipe } from './validation.js';
import { serveStaticFiles } from './static-files.js';

export interface HttpOptions {
  readonly maxBodyBytes: number;
  /** The folder that holds web/ and node_modules. */
  readonly root: string;
  readonly version: string;
  readonly logger: LoggerService;
  readonly onUnexpected: (error: unknown) => void;
}

/** What both a Fastify reply and a stand-in for it can do. */
interface PlainReply {
  code(status: number): PlainReply;
  header(name: string, value: string): PlainReply;
  send(body: unknown): unknown;
}

/** An address the router cannot read never comes as far as the filter. */
const answerFrameworkError = (error: unknown, _request: unknown, reply: unknown): void => {
  const { status, body } = answerOf(error);
  (reply as PlainReply)
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(body);
};

/** JSON and NDJSON, nothing else. Clients that send a type without a body mean no body. */
const readBodies = (adapter: FastifyAdapter): void => {
  const fastify = adapter.getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  const whole = { parseAs: 'buffer' } as const;
  fastify.addContentTypeParser('application/json', whole, (request, body: Buffer, done) => {
    if (body.length === 0) done(null, undefined);
    else if (!isUtf8(body)) done(refusal(httpErrors, 'BODY_NOT_JSON', { status: 400 }));
    else void parseJson(request, body.toString(), done);
  });
  fastify.addContentTypeParser('application/x-ndjson', whole, (_request, body: Buffer, done) =>
    done(null, new NdjsonBody(body)),
  );
};

/** Bytes that never became a request; as Fastify's own handler, with the one form of answers. */
const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const { status, body } = answerOfClientError(error);
    const text = JSON.stringify(body);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
        `content-type: application/json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  }
  socket.destroy(error);
};

const newAdapter = ({ maxBodyBytes }: HttpOptions): FastifyAdapter => {
  const adapter: FastifyAdapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true, // a long poll must not hold up the end
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  readBodies(adapter);
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
  const document = JSON.stringify(withRefusals(SwaggerModule.createDocument(app, config)));
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
  const app = await NestFactory.create<NestFastifyApplication>(module, newAdapter(options), {
    logger: options.logger,
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalPipes(new ShapePipe());
  app.useGlobalFilters(new FaultFilter(options.onUnexpected));
  serveStaticFiles(app.getHttpAdapter().getInstance(), pageFiles(options.root));
  serveOpenApi(app, options.version);
  return app;
};
