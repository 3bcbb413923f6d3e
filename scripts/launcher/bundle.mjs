import { join } from 'node:path';
import { dist } from './places.mjs';

/** Loaded from where they are installed: native code, and what the frameworks can do without. */
const leftOut = [
  '@duckdb/*',
  '@apollo/gateway',
  '@apollo/subgraph',
  '@as-integrations/express5',
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nats-io/transport-node',
  '@nestjs/platform-express',
  '@nestjs/websockets/socket-module.js',
  'amqp-connection-manager',
  'ioredis',
  'mqtt',
  'ts-morph',
];

/** What modules of CommonJS expect to find around them. */
const commonjsWords = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/**
 * Puts the built program and its packages into the one file dist/main.js: reading 3,000 small ones
 * takes Node longer than all the rest of a start. A thread of it has a small file of its own.
 * Rejects when a package cannot be found.
 */
export const bundle = (esbuild) =>
  esbuild.build({
    entryPoints: {
      main: join(dist, 'src/main.js'),
      'run-builder.worker': join(dist, 'src/ingest/adapters/record-index/run-builder.worker.js'),
    },
    outdir: dist,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true, // names of classes are names of types in GraphQL
    sourcemap: 'linked',
    sourcesContent: false,
    external: leftOut,
    banner: { js: commonjsWords },
    logLevel: 'error',
  });
