import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { AGREEMENT_LOG, type AgreementLog } from '../agreements/index.js';
import { loadSettings, type Settings } from '../config/index.js';
import { DIRECT_RECORDS, type DirectRecords } from '../data-records/index.js';
import { AgreementsGenerator, DirectRecordsGenerator } from '../generator/index.js';
import { createLogger } from '../platform/telemetry/index.js';
import { storePath } from '../wiring/embedded/embedded-wiring.js';
import { startProgram } from './start.js';
import { verify } from './verify.js';

const logger = createLogger({ level: 'error', format: 'text' });
const demo = { batchSize: 3, months: 2 };

const settingsIn = (dataDir: string): Settings => {
  const loaded = loadSettings(
    { DATA_DIR: dataDir, PORT: '0', FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' },
    () => undefined,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.settings;
};

/** A store with 3 agreements and 2 months of records, no program on it. */
const fillStore = async (settings: Settings): Promise<void> => {
  const program = await startProgram({ settings, logger, root: process.cwd(), version: 'test' });
  const agreements = program.app.get<AgreementLog>(AGREEMENT_LOG, { strict: false });
  const records = program.app.get<DirectRecords>(DIRECT_RECORDS, { strict: false });
  await agreements.add(new AgreementsGenerator().next(demo.batchSize));
  await records.write(new DirectRecordsGenerator().next(demo).records());
  await program.stop();
};

describe('verify', () => {
  let dataDir: string;
  let settings: Settings;
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'overage-verify-'));
    settings = settingsIn(dataDir);
    await fillStore(settings);
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const run = async () => {
    const lines: string[] = [];
    const differences = await verify(settings, logger, (line) => lines.push(line));
    return { differences, lines };
  };

  const tamper = async (sql: string): Promise<void> => {
    const instance = await DuckDBInstance.create(storePath(dataDir));
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
    instance.closeSync();
  };

  it('finds nothing in a store as the program left it', async () => {
    const { differences, lines } = await run();
    expect(differences).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^\d+ events, 9 totals, .*all as the log says$/)]);
  });

  it.each([
    ['a row with other bytes', 'UPDATE usage_record SET recorded_bytes = 1 WHERE version = 20'],
    ['a row that is gone', 'DELETE FROM usage_record WHERE version = 20'],
    ['a row twice', 'INSERT INTO usage_record SELECT * FROM usage_record WHERE version = 20'],
    [
      'a row of another month',
      'UPDATE usage_record SET recorded_at = recorded_at + 3456000000 WHERE version = 20',
    ],
    ['a row that waits', 'UPDATE usage_record SET status = 2 WHERE version = 20'],
    [
      'two rows that have changed places',
      `UPDATE usage_record SET version = CASE version WHEN 20 THEN 21 ELSE 20 END
        WHERE version IN (20, 21)`,
    ],
    [
      'a row of no event',
      'INSERT INTO usage_record SELECT * REPLACE (1000000 AS version) FROM usage_record LIMIT 1',
    ],
    [
      'headers of a message that are not its own',
      `UPDATE message SET headers = '{}' WHERE "offset" = 1`,
    ],
    [
      'messages that have changed places',
      `UPDATE message SET "offset" = 1 - "offset" WHERE "offset" < 2`,
    ],
    ['a changed message', `UPDATE message SET value = '{}' WHERE "offset" = 0`],
    ['a message that is gone', `DELETE FROM message WHERE "offset" = 0`],
    [
      'a message too many',
      `INSERT INTO message SELECT "offset" + 1000, * EXCLUDE "offset" FROM message LIMIT 1`,
    ],
    ['a changed agreement', 'UPDATE agreement SET max_bytes_in_billing_period = 1'],
    ['a book without lines', 'INSERT INTO import_file_count VALUES (9, 1, 0, 0, 0, 0)'],
  ])('finds %s', async (_fault, sql) => {
    await tamper(sql);
    expect((await run()).differences).toBeGreaterThan(0);
  });

  it('prints no full MSISDN', async () => {
    await tamper('DELETE FROM usage_record');
    const { lines } = await run();
    expect(lines.join('\n')).not.toContain('48917846822');
  });

  it('finds no store where there is none, and makes none', async () => {
    const elsewhere = settingsIn(join(dataDir, 'elsewhere'));
    const verified = verify(elsewhere, logger, () => undefined);
    await expect(verified).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
    expect(existsSync(elsewhere.dataDir)).toBe(false);
  });

  it('refuses a store that a program runs on', async () => {
    const program = await startProgram({ settings, logger, root: process.cwd(), version: 'test' });
    await expect(run()).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await program.stop();
  });
});
