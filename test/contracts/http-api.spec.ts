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

it('tells messages as one order with offsets from 0, and cursors as numbers', async () => {
  const program = await openEmbedded();
  try {
    const get = async (path: string): Promise<string> => (await fetch(program.url + path)).text();
    expect(await get('/api/data-records-aggregates')).toBe('{"messages":[],"next":-1}');
    await get('/api/agreements/generate');
    await get('/api/data-records/generate');
    const at = '2020-02-01T00:00:00+01:00';
    await fetch(`${program.url}/api/feeds/topic/complete-through`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ at }),
    });
    const page = await get('/api/data-records-aggregates');
    expect(page).toMatch(
      /^\{"messages":\[\{"offset":0,"key":"[^"]+","timestamp":1580511599999,"headers":\{"id":/,
    );
    expect(page).toMatch(/"type":"BILLING_PERIOD_CLOSED"\}\}\],"next":0\}$/);
    expect(await get('/api/data-records-aggregates?after=00')).toBe('{"messages":[],"next":0}');
    expect(await get('/api/data-records-aggregates?after=x&wait=61')).toMatch(
      /"after: must be -1, the offset of .*; wait: must be a whole number from 0 to 60"/,
    );
    expect(await get('/api/data-records-aggregates?after=0:1')).toContain(
      '"after: must be -1 or the offset of a message"',
    );
  } finally {
    await program.stop();
  }
});
