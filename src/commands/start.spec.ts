import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../config/index.js';
import { createLogger } from '../platform/telemetry/index.js';
import { startProgram } from './start.js';

const folder = mkdtempSync(join(tmpdir(), 'overage-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

const start = async (env: Readonly<Record<string, string>>): Promise<unknown> => {
  const loaded = loadSettings(
    { DATA_DIR: join(folder, 'data'), PORT: '0', ...env },
    () => undefined,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const logger = createLogger({ level: 'fatal', format: 'json', write: () => undefined });
  return startProgram({ settings: loaded.settings, logger, root: process.cwd(), version: 'test' });
};

describe('a start that cannot be', () => {
  it('names the address it cannot listen on', async () => {
    // an address of the range for documentation: no machine has it
    const started = start({ HOST: '192.0.2.1' });
    await expect(started).rejects.toMatchObject({ code: 'ADDRESS_NOT_USABLE' });
  });

  it('names the folder for files it cannot make', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const started = start({ MOBILECS_INCOMING_DATA_RECORDS_DIR: join(file, 'incoming') });
    await expect(started).rejects.toMatchObject({ code: 'INCOMING_DIR_NOT_USABLE' });
  });

  it('leaves the store to the next one', async () => {
    await expect(start({ HOST: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ADDRESS_NOT_USABLE',
    });
  });
});
