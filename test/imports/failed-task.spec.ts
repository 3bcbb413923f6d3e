import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { storePath } from '../../src/wiring/embedded/embedded-wiring.js';
import { ProgramInTest } from '../support/running-program.js';
import { goodLines } from './importer-in-test.js';

interface Said {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly next?: string;
}

const agreement = {
  ...{ id: '00000000-0000-4000-8000-000000000001', msisdn: '31600000001' },
  ...{ signedAt: '2020-01-01T00:00Z', serviceStartAt: '2020-01-01T00:00Z' },
  ...{ billingPeriodTimeZone: 'UTC', maxBytesInBillingPeriod: 1 },
};

describe('a store that is gone while the program runs', () => {
  let program: ProgramInTest;
  beforeAll(async () => {
    program = await ProgramInTest.start();
    program.drop('before.csv', goodLines(100));
    await program.done(1);
    const path = storePath(program.dataDir);
    renameSync(path, `${path}.taken-away`);
    program.drop('behind.csv', goodLines(100, 101));
  });
  afterAll(async () => {
    await program.stop();
    rmSync(program.dataDir, { recursive: true });
  });

  const ask = async (path: string, body?: unknown): Promise<Said> => {
    const answer = await fetch(`${program.url}${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  const putBack = /put the files back/;
  const failed = async (): Promise<Said> => {
    for (let tries = 0; tries < 500; tries++) {
      const said = await ask('/health/live');
      if (said.status === 503) return said;
      await sleep(20);
    }
    throw new Error('the task did not fail');
  };

  it('is told by health, with the cause and what to do', async () => {
    const said = {
      ...{ status: 503, code: 'TASK_FAILED' },
      message: expect.stringContaining('STORE_REMOVED') as string,
      next: expect.stringMatching(putBack) as string,
    };
    expect(await failed()).toMatchObject(said);
    expect(await ask('/health/ready')).toMatchObject(said);
  });

  it('is told to whoever sends something, not as an end of the program', async () => {
    await failed();
    expect(await ask('/api/agreements', agreement)).toMatchObject({
      ...{ status: 503, code: 'STORE_REMOVED' },
      next: expect.stringMatching(putBack) as string,
    });
  });

  it('is among the warnings and the partitions', async () => {
    await failed();
    expect(await ask('/api/warnings')).toMatchObject({
      items: [{ code: 'STORE_REMOVED', next: expect.stringMatching(putBack) as string }],
    });
    expect(await ask('/api/partitions')).toMatchObject({
      items: [{ state: 'failed', cause: expect.stringContaining('STORE_REMOVED') as string }],
    });
  });

  it('leaves the file that was not counted where it was', async () => {
    await failed();
    expect(readdirSync(join(program.dataDir, 'incoming-data-records'))).toContain('behind.csv');
  });
});
