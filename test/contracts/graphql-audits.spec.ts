import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditServer, type AuditResult } from 'graphql-http';
import { startProgram, type RunningProgram } from '../../src/commands/start.js';
import { loadSettings } from '../../src/config/index.js';
import { createLogger } from '../../src/platform/telemetry/index.js';

/**
 * Apollo Server answers a document that cannot be parsed, is not valid, or has wrong variables with
 * 400 also to who accepts application/json, where the specification would rather have 200.
 */
const decidedByApollo = ['572B', 'FDE2', '7B9B'];

const textOf = (result: AuditResult): string =>
  `${result.id} ${result.name}${'reason' in result ? `: ${result.reason}` : ''}`;

describe('GraphQL over HTTP, by the audits of graphql-http', () => {
  let dataDir: string;
  let program: RunningProgram;
  let results: AuditResult[];

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'overage-graphql-'));
    const loaded = loadSettings({ DATA_DIR: dataDir, PORT: '0' }, () => undefined);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
    const logger = createLogger({ level: 'fatal', format: 'text' });
    const { settings } = loaded;
    program = await startProgram({ settings, logger, root: process.cwd(), version: 'test' });
    results = await auditServer({ url: `${program.url}/graphql` });
  });
  afterAll(async () => {
    await program.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('does everything that the specification says it must', () => {
    expect(results.length).toBeGreaterThan(50);
    expect(results.filter(({ status }) => status === 'error').map(textOf)).toEqual([]);
  });

  it('does what it should, but for what Apollo Server decides', () => {
    const warned = results.filter(({ status }) => status === 'warn');
    const ours = warned.filter(({ id }) => !decidedByApollo.includes(id));
    expect(ours.map(textOf)).toEqual([]);
  });
});
