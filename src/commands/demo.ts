import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MESSAGE_LOG,
  startOfMessages,
  type LoggedMessage,
  type MessageLog,
} from '../billing-window/index.js';
import { loadSettings, type Settings } from '../config/index.js';
import { GeneratorService } from '../generator/generator.service.js';
import type { ImportedFile } from '../import/import.dto.js';
import { ImportService } from '../import/import.service.js';
import { pauseFor } from '../platform/pause.js';
import type { Logger } from '../platform/telemetry/index.js';
import { startProgram, type RunningProgram } from './start.js';

const golden = { batchSize: 1, months: 1 };
const messagesOfGoldenRun = 2;
const lookEveryMs = 20;
const patienceMs = 30_000;

export interface DemoOptions {
  readonly logger: Logger;
  readonly root: string;
  readonly version: string;
  readonly print: (line: string) => void;
}

/** The demo knows no setting but its own, so that it is the same everywhere. */
const demoSettings = (dataDir: string): Settings => {
  const loaded = loadSettings(
    { DATA_DIR: dataDir, PORT: '0', FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' },
    () => undefined,
  );
  if (!loaded.ok)
    throw new Error(`the demo's settings are wrong: ${JSON.stringify(loaded.faults)}`);
  return loaded.settings;
};

/**
 * Makes the golden agreement and its CDR file in a data directory of its own, imports the file,
 * and prints the messages and the book of the file. Answers the exit code.
 */
export const demo = async (options: DemoOptions): Promise<number> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'overage-demo-'));
  try {
    const program = await startProgram({ ...options, settings: demoSettings(dataDir) });
    try {
      return await runDemo(program, options.print);
    } finally {
      await program.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};

const runDemo = async ({ app }: RunningProgram, print: (line: string) => void): Promise<number> => {
  const generator = app.get(GeneratorService, { strict: false });
  const messages = app.get<MessageLog>(MESSAGE_LOG, { strict: false });
  const imports = app.get(ImportService, { strict: false });
  print(await generator.agreements(golden));
  print(await generator.cdrFile(golden));
  const told = await until(
    () => messages.behind(startOfMessages, messagesOfGoldenRun),
    (found) => found.length === messagesOfGoldenRun,
  );
  const files = await until(
    async () => (await imports.list({ limit: 1 })).items,
    ([file]) => file?.state === 'done' || file?.state === 'failed',
  );
  print('Messages of topic data-records-aggregates:');
  for (const { value } of told) print(value);
  print('');
  print('Book of the file:');
  for (const file of files) print(bookText(file));
  return isGolden(told, files) ? 0 : 1;
};

const isGolden = (told: readonly LoggedMessage[], files: readonly ImportedFile[]): boolean =>
  told.length === messagesOfGoldenRun && files.every(({ state }) => state === 'done');

const bookText = (file: ImportedFile): string => {
  const { name, lines, counted, late, waiting, duplicate, rejected } = file;
  return (
    `${name}: ${lines} lines = ${counted} counted + ${late} late + ${waiting} waiting + ` +
    `${duplicate} duplicate + ${rejected} rejected`
  );
};

/** What was read last, once it is enough or patience is over. */
const until = async <T>(read: () => Promise<T>, enough: (value: T) => boolean): Promise<T> => {
  let value = await read();
  for (let waitedMs = 0; !enough(value) && waitedMs < patienceMs; waitedMs += lookEveryMs) {
    await pauseFor(lookEveryMs);
    value = await read();
  }
  return value;
};
