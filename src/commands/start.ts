import { resolve } from 'node:path';
import type { LoggerService, ValueProvider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module.js';
import { isGeneratorOn, type Settings } from '../config/index.js';
import { GENERATOR_ON } from '../generator/generator.controller.js';
import { newHttpApplication } from '../platform/http/http-application.js';
import { StreamServer } from '../platform/stream-server.js';
import type { Logger } from '../platform/telemetry/index.js';
import { Fault } from '../streaming/index.js';
import { storePath, wireEmbedded } from '../wiring/embedded/embedded-wiring.js';
import type { StoreMode } from '../wiring/store-mode.js';

/** A program that runs: its address, and how to end it. */
export interface RunningProgram {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Nothing acknowledged is lost; ends within 2 s. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** The folder with web/ and node_modules. */
  readonly root: string;
  readonly version: string;
  /** The program of the thread that writes the index of rows (embedded). */
  readonly indexWorker?: string;
  /** Resolves when the program is to end; a start that is not through is given up then. */
  readonly asked?: Promise<void>;
}

/**
 * Opens the store, starts counting, then listens. Rejects with a Fault when it cannot, or when it
 * is asked to end before it could.
 */
export const startProgram = async (options: StartOptions): Promise<RunningProgram> => {
  const { settings, logger, root, version } = options;
  const wiring = await wire(options);
  const { runtime, providers, controllers, hosts = [] } = wiring;
  let isRunning = false;
  void options.asked?.then(() => (isRunning ? undefined : runtime.stop()));
  const onUnexpected = (error: unknown): void => logger.error('a request failed', error);
  let app: NestFastifyApplication | undefined;
  try {
    const module = settings.roles.includes('api')
      ? AppModule.on(
          { providers: [...providers, generatorSwitch(settings)], controllers },
          onUnexpected,
        )
      : AppModule.healthOnly({ providers, controllers });
    app = await newHttpApplication(module, {
      maxBodyBytes: settings.maxBodyBytes,
      maxConnections: settings.maxConnections,
      hosts: { bound: settings.host, allowed: [...settings.allowedHosts, ...hosts] },
      root,
      version,
      logger: quietly(logger),
      onUnexpected,
    });
    app.connectMicroservice({ strategy: new StreamServer(runtime) });
    await app.startAllMicroservices();
    isRunning = true;
    await listen(app, settings);
    const url = await urlOf(app);
    wiring.onListening?.(Number(new URL(url).port || 80));
    return { url, app, stop: () => stopProgram(app, () => runtime.stop()) };
  } catch (error) {
    await stopProgram(app, () => runtime.stop());
    throw error;
  }
};

const generatorSwitch = (settings: Settings): ValueProvider => ({
  provide: GENERATOR_ON,
  useValue: isGeneratorOn(settings),
});

/** The clients of Kafka and Cassandra are loaded only where they are used. */
const wire = async ({ settings, logger, indexWorker }: StartOptions): Promise<StoreMode> => {
  if (settings.store === 'embedded') return wireEmbedded(settings, logger, indexWorker);
  const { wireCluster } = await import('../wiring/cluster/cluster-wiring.js');
  return wireCluster(settings, logger);
};

const listen = async (app: NestFastifyApplication, { host, port }: Settings): Promise<void> => {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    const options = { cause: error };
    if (code === 'EADDRINUSE') {
      throw new Fault('ADDRESS_IN_USE', 'Fatal', `${host}:${port} is in use`, options);
    }
    if (syscall === undefined) throw error;
    throw new Fault('ADDRESS_NOT_USABLE', 'Fatal', `${host}:${port}: ${message}`, options);
  }
};

/** HTTP first, so that no answer is given any more; the runtime commits or undoes what is left. */
const stopProgram = async (
  app: NestFastifyApplication | undefined,
  stopRuntime: () => Promise<void>,
): Promise<void> => {
  await app?.close();
  await stopRuntime();
};

/** A wildcard address is no address to click on. */
const urlOf = async (app: NestFastifyApplication): Promise<string> => {
  const url = new URL(await app.getUrl());
  if (['0.0.0.0', '[::]', '[::1]'].includes(url.hostname)) url.hostname = 'localhost';
  return url.origin;
};

/** What is printed when the program listens. */
export const startText = (url: string, settings: Settings): string =>
  [
    '',
    'Overage is running.',
    `  Page      ${url}/`,
    `  GraphiQL  ${url}/graphiql`,
    `  REST API  ${url}/api/docs`,
    `  Files     drop CDR files into ${resolve(settings.incomingDataRecordsDir)}`,
    `  Store     ${storeText(settings)}`,
    '',
    ...(isGeneratorOn(settings) ? demoText(url) : []),
  ].join('\n');

const demoText = (url: string): string[] => [
  'Next step, a demo agreement and its CDR file:',
  `  curl ${url}/api/agreements/generate && curl ${url}/api/incoming-data-records/generate`,
  '',
];

const storeText = (settings: Settings): string =>
  settings.store === 'embedded'
    ? resolve(storePath(settings.dataDir))
    : `Kafka ${settings.kafkaBootstrapServers.join(',')}, ` +
      `Cassandra ${settings.cassandraContactPoints.join(',')} ${settings.cassandraKeyspace}`;

/** Nest tells about every route; that is for those who look for a fault in the program itself. */
const quietly = (logger: Logger): LoggerService => ({
  log: logger.debug,
  fatal: logger.fatal,
  error: logger.error,
  warn: logger.warn,
  debug: logger.debug,
  verbose: logger.verbose,
});
