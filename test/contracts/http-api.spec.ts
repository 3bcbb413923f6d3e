import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '../../src/commands/start.js';
import { loadSettings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';
import { httpApiContract, type ApiUnderTest } from './http-api.contract.js';

const openEmbedded = async (): Promise<ApiUnderTest> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'overage-http-'));
  const loaded = loadSettings(
    {
      DATA_DIR: dataDir,
      PORT: '0',
      FEED_MAX_OUT_OF_ORDERNESS: 'PT0S',
      MAX_BODY_BYTES: '1MiB',
      LOG_LEVEL: 'error',
      LOG_FORMAT: 'text',
    },
    () => undefined,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { settings } = loaded;
  const logger = createLogger({ level: 'error', format: 'text' });
  const program = await startProgram({ settings, logger, root: process.cwd(), version: 'test' });
  return {
    url: program.url,
    stop: async () => {
      await program.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
};

httpApiContract('embedded', openEmbedded);
