import { loadSettings, isGeneratorOn } from '../../src/config/index.js';
import { ProgramInTest } from '../support/running-program.js';

const generates = [
  '/api/agreements/generate',
  '/api/incoming-data-records/generate',
  '/api/data-records/generate',
];

const on = (env: Record<string, string>): boolean => {
  const loaded = loadSettings(env, () => undefined);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return isGeneratorOn(loaded.settings);
};

const cluster = {
  STORE: 'cluster',
  KAFKA_BOOTSTRAP_SERVERS: 'k:1',
  CASSANDRA_CONTACT_POINT: 'c:1',
};

it.each([
  [{}, true],
  [{ HOST: 'localhost' }, true],
  [{ HOST: '0.0.0.0' }, false],
  [{ HOST: '::' }, false],
  [{ HOST: '10.0.0.1' }, false],
  [cluster, false],
  [{ ...cluster, GENERATOR: 'on' }, true],
  [{ HOST: '0.0.0.0', GENERATOR: 'on' }, true],
  [{ GENERATOR: 'off' }, false],
])('demo data is on with %j: %s', (env, isOn) => expect(on(env)).toBe(isOn));

describe('without demo data', () => {
  let program: ProgramInTest;
  beforeAll(async () => {
    program = await ProgramInTest.start({ GENERATOR: 'off' });
  });
  afterAll(async () => {
    await program.stop();
    program.remove();
  });

  it.each(generates)('%s refuses and says how to turn it on', async (path) => {
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(program.url + path, { method });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({
        code: 'GENERATOR_OFF',
        next: expect.stringContaining('GENERATOR=on'),
      });
    }
  });

  it('the page is told not to offer it', async () => {
    const counts = await (await fetch(`${program.url}/api/counts`)).json();
    expect(counts).toMatchObject({ agreements: 0, records: 0, canGenerate: false });
  });
});

describe('with demo data', () => {
  let program: ProgramInTest;
  beforeAll(async () => {
    program = await ProgramInTest.start();
  });
  afterAll(async () => {
    await program.stop();
    program.remove();
  });

  it.each(
    generates.flatMap((path) =>
      ['batchsize=1', 'month=2', 'x=', 'months=1&a=b'].map((query) => `${path}?${query}`),
    ),
  )('refuses %s, which has a parameter it does not know', async (path) => {
    const answer = await fetch(program.url + path);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('refuses more than a disk should be asked to hold', async () => {
    const answer = await fetch(`${program.url}${generates[1]}?batch-size=50000&months=120`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'GENERATE_TOO_MUCH' });
  });

  it('closes no period that has not ended', async () => {
    await fetch(`${program.url}/api/agreements/generate`);
    const answer = await fetch(`${program.url}/api/data-records/generate?months=120`);
    expect(await answer.text()).toMatch(/Stopped at .*: what is later would be in the future\.\n$/);
    const latest = await fetch(`${program.url}/api/data-records-aggregates?latest=1`);
    const { messages } = (await latest.json()) as { messages: { timestamp: number }[] };
    expect(messages[0].timestamp).toBeLessThan(Date.now() + 31 * 86_400_000);
  });
});
