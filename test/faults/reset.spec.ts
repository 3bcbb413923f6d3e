import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtMain, OverageProcess } from './support/overage-process.js';

jest.setTimeout(60_000);

const agreement = {
  id: '6f1f2f5e-9a55-4c4e-8f4e-0d4f0f3a1b11',
  msisdn: '48600700800',
  signedAt: '2020-01-01T00:00:00Z',
  serviceStartAt: '2020-02-01T00:00:00Z',
  billingPeriodTimeZone: 'Europe/Warsaw',
  maxBytesInBillingPeriod: 100,
};
const line = 'one;2020-02-03T10:00+01:00[Europe/Warsaw];48600700800;120\n';

interface Counts {
  readonly agreements: number;
  readonly files: number;
  readonly records: number;
  readonly messages: number;
}

describe('reset', () => {
  let dataDir: string;
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'overage-reset-'))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const incoming = () => join(dataDir, 'incoming-data-records');

  const reset = (...args: string[]) => {
    const env = { PATH: process.env.PATH, DATA_DIR: dataDir };
    const { status, stdout, stderr } = spawnSync(process.execPath, [builtMain, 'reset', ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { status, output: stdout + stderr };
  };

  /** Counts one record that exceeds its plan, and answers what is stored then. */
  const count = async (program: OverageProcess): Promise<Counts> => {
    const response = await fetch(`${program.url}/api/agreements`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(agreement),
    });
    expect(response.status).toBe(201);
    writeFileSync(join(incoming(), 'tmp_one'), line);
    renameSync(join(incoming(), 'tmp_one'), join(incoming(), 'one.csv'));
    const path = '/api/data-records-aggregates?limit=1&wait=20';
    expect(await program.get<{ messages: unknown[] }>(path)).toMatchObject({
      messages: [{ offset: 0, value: { type: 'DATA_PLAN_EXCEEDED', totalRecordedBytes: 120 } }],
    });
    return (await program.get<Counts>('/api/counts')) as Counts;
  };

  const started = async (): Promise<OverageProcess> => {
    const program = await OverageProcess.start({ dataDir });
    await program.ready();
    return program;
  };

  it('leaves an installation as new: the same input counts as the first time', async () => {
    const first = await started();
    const before = await count(first);
    await first.stop();

    const { status, output } = reset('--yes');

    expect({ status, output }).toMatchObject({ status: 0 });
    expect(existsSync(join(dataDir, 'overage.duckdb'))).toBe(false);
    expect(readdirSync(incoming()).filter((name) => !name.startsWith('_'))).toEqual([]);
    const again = await started();
    const none = { agreements: 0, files: 0, records: 0, messages: 0 };
    expect(await again.get('/api/counts')).toMatchObject(none);
    expect(await count(again)).toEqual(before);
    await again.stop();
  });

  it('keeps files that were read, where the next start does not look', async () => {
    const program = await started();
    await count(program);
    await program.stop();

    reset('--yes');

    const [aside] = readdirSync(incoming()).filter((name) => name.startsWith('_before-reset-'));
    expect(readdirSync(join(incoming(), aside, 'done'), { recursive: true })).toEqual(
      expect.arrayContaining([expect.stringContaining('one.csv')]),
    );
  });

  it('changes nothing while a program runs', async () => {
    const program = await started();
    const before = await count(program);

    expect(reset('--yes')).toMatchObject({
      status: 1,
      output: expect.stringContaining(`STORE_IN_USE`) as string,
    });

    expect(await program.get('/api/counts')).toEqual(before);
    await program.stop();
  });

  it('changes nothing when nobody can be asked', async () => {
    const program = await started();
    const before = await count(program);
    await program.stop();

    const { status, output } = reset();

    expect(status).toBe(1);
    expect(output).toContain('NOT_CONFIRMED');
    const again = await started();
    expect(await again.get('/api/counts')).toEqual(before);
    await again.stop();
  });

  it('says that there is nothing to reset when it is done twice', async () => {
    const program = await started();
    await count(program);
    await program.stop();
    reset('--yes');
    expect(reset('--yes')).toMatchObject({
      status: 0,
      output: expect.stringContaining('nothing to reset') as string,
    });
  });
});
