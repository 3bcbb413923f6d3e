import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventLoop } from './support/event-loop.js';
import { OverageProcess } from './support/overage-process.js';

/** What one event or one batch of them causes may be much: nobody else waits long for it. */
const waitingEach = 40_000;
const subscribers = Array.from({ length: 6 }, (_, at) => 48_600_100_200 + at);
const many = Array.from({ length: 4_000 }, (_, at) => 48_700_000_000 + at);
const waitingOfMany = 20;

jest.setTimeout(300_000);

const agreementOf = (msisdn: number): string =>
  JSON.stringify({
    ...{ id: `5d1c8a0e-0000-4000-8000-0${msisdn}`, msisdn: String(msisdn) },
    ...{ signedAt: '2019-12-01T00:00Z', serviceStartAt: '2020-01-01T00:00Z' },
    ...{ billingPeriodTimeZone: 'UTC', maxBytesInBillingPeriod: 1e12 },
  });

const lineOf = (msisdn: number, at: number): string => {
  const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
  const time = new Date(Date.UTC(2020, 0, 2) + at * 500).toISOString();
  return `${id};${time};${msisdn};7\n`;
};

const linesOf = (msisdn: number, count: number): string =>
  Array.from({ length: count }, (_, at) => lineOf(msisdn, at)).join('');

describe('events that cause a lot', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'overage-long-'));
  const loop = new EventLoop(join(dataDir, 'loop.json'));
  const incoming = join(dataDir, 'incoming-data-records');
  let program: OverageProcess;

  const importFile = async (name: string, text: string): Promise<void> => {
    writeFileSync(join(incoming, `tmp_${name}`), text);
    renameSync(join(incoming, `tmp_${name}`), join(incoming, name));
    const isDone = () => Promise.resolve(existsSync(join(incoming, 'done', name)));
    expect(await program.until(isDone)).toBe(true);
  };

  const counts = async (msisdn: number, records: number): Promise<void> => {
    const path = `/api/data-records/5d1c8a0e-0000-4000-8000-0${msisdn}/2020/1/total-data-used`;
    const headers = { accept: 'application/json' };
    const isCounted = async () => {
      const answer = await fetch(`${program.url}${path}`, { headers });
      if (!answer.ok) return false;
      const { totalRecordedBytes } = (await answer.json()) as { totalRecordedBytes: number };
      return totalRecordedBytes === records * 7;
    };
    expect(await program.until(isCounted)).toBe(true);
  };

  beforeAll(async () => {
    mkdirSync(incoming, { recursive: true });
    program = await OverageProcess.start({ dataDir, env: { LOG_LEVEL: 'error', ...loop.env } });
    await program.ready();
    const each = subscribers.map((msisdn) => linesOf(msisdn, waitingEach));
    const ofMany = many.map((msisdn) => linesOf(msisdn, waitingOfMany));
    await importFile('waiting.csv', [...each, ...ofMany].join(''));
  });
  afterAll(async () => {
    await program.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test(`an agreement that ${waitingEach} records wait for`, async () => {
    const left = [...subscribers];
    await loop.isHeldShortly(program, async () => {
      const msisdn = left.pop() as number;
      expect(await program.post('/api/agreements', agreementOf(msisdn))).toBe(true);
      await counts(msisdn, waitingEach);
    });
  });

  test(`a thousand agreements at once that ${waitingOfMany} records each wait for`, async () => {
    const left = [...many];
    await loop.isHeldShortly(program, async () => {
      const now = left.splice(0, 800);
      const body = now.map((msisdn) => `${agreementOf(msisdn)}\n`).join('');
      expect(await program.post('/api/agreements', body, 'application/x-ndjson')).toBe(true);
      await counts(now[now.length - 1], waitingOfMany);
    });
  });

  test(`a file of ${waitingEach} lines that was delivered before`, async () => {
    const [msisdn] = subscribers;
    let delivered = 0;
    await loop.isHeldShortly(program, async () => {
      await importFile(`again-${delivered++}.csv`, linesOf(msisdn, waitingEach));
    });
  });
});
