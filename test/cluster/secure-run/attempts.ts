import { migrate } from '../../../src/commands/migrate.js';
import { startProgram, type RunningProgram } from '../../../src/commands/start.js';
import { verify } from '../../../src/commands/verify.js';
import type { Settings } from '../../../src/config/index.js';
import { createLogger } from '../../../src/platform/telemetry/index.js';
import { Fault } from '../../../src/streaming/index.js';

/** Everything the program said since the process began: log, prints and faults with causes. */
export const said: string[] = [];

const logger = createLogger({ level: 'trace', format: 'json', write: (line) => said.push(line) });

/** What is said from now on. */
export const sayings = (): (() => string) => {
  const from = said.length;
  return () => said.slice(from).join('');
};

/** `overage migrate`: the lines it prints. */
export const migrated = async (settings: Settings): Promise<string[]> => {
  const printed: string[] = [];
  try {
    await migrate(settings, logger, (line) => printed.push(line));
    return printed;
  } finally {
    said.push(...printed);
  }
};

/** `overage start`. */
export const started = (settings: Settings): Promise<RunningProgram> =>
  startProgram({ settings, logger, root: process.cwd(), version: 'test' });

/** `overage verify`: the number of differences. */
export const verified = (settings: Settings): Promise<number> =>
  verify(settings, logger, (line) => said.push(line));

/** How a command was refused. */
export interface Refusal {
  readonly code: string;
  /** Of its message, behind the first. */
  readonly lines: readonly string[];
  readonly message: string;
}

/** The refusal of a command, or undefined when it was not refused. */
export const refusalOf = async (
  command: (settings: Settings) => Promise<unknown>,
  settings: Settings,
): Promise<Refusal | undefined> => {
  try {
    const running = (await command(settings)) as Partial<RunningProgram>;
    await running.stop?.();
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    logger.error('refused', error);
    const { code, message } = error;
    said.push(message);
    const [, ...lines] = message.split('\n  ');
    return { code, lines, message };
  }
};
