import { execFile } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtMain, OverageProcess } from '../faults/support/overage-process.js';
import { numbersFrom } from '../support/random-numbers.js';
import { seed } from '../support/seed.js';

/**
 * Many more records than memory, a fifth of them out of order, at full speed, while others ask for
 * months and explanations and the program is killed now and then: nothing is lost, nothing counts
 * twice, and memory stays within its bound. `SOAK_RECORDS=2000000` for a short one.
 */
const records = Number(process.env.SOAK_RECORDS ?? 40_000_000);
const linesAFile = Math.min(1_000_000, records);
const files = Math.ceil(records / linesAFile);
const subscribers = 10_000;
const memoryLimit = '64MiB';
/** All of the process; 80 MB of it know 40 million stored records. */
const mostMib = 800;
const minute = 60_000;
/** Less than feeds may be out of order by, so that nothing is late. */
const mostDelayMs = 180 * minute;
const startMs = Date.UTC(2020, 0, 12);
const msALine = 3;

jest.setTimeout(60 * minute);

const env = {
  ...{ STORE_MEMORY_LIMIT: memoryLimit, LOG_LEVEL: 'error', FEED_MAX_OUT_OF_ORDERNESS: 'PT4H' },
  ...{ IMPORT_QUIET_PERIOD: 'PT0S' },
};
const uuid = (at: number): string => {
  const first = (Math.imul(at + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${first}-0000-4000-8000-${String(at).padStart(12, '0')}`;
};
const msisdnOf = (subscriber: number): string => `4860${String(1_000_000 + subscriber)}`;

const bytesBySubscriber = new Float64Array(subscribers);
const next = numbersFrom(seed);

/** Adds the lines of a file to what is expected, and writes them. */
const writeFile = (path: string, file: number): void => {
  const out = openSync(path, 'w');
  let text = '';
  for (let line = 0; line < linesAFile; line++) {
    const place = file * linesAFile + line;
    const delayMs = next(5) === 0 ? next(mostDelayMs) : 0;
    const at = new Date(startMs + place * msALine - delayMs).toISOString();
    const subscriber = next(subscribers);
    const bytes = next(1 << 20);
    bytesBySubscriber[subscriber] += bytes;
    text += `${uuid(place)};${at};${msisdnOf(subscriber)};${bytes}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(out, text);
    text = '';
  }
  writeSync(out, text);
  closeSync(out);
};

const agreements = (): string =>
  Array.from({ length: subscribers }, (_, subscriber) =>
    JSON.stringify({
      ...{ id: uuid(subscriber), msisdn: msisdnOf(subscriber) },
      ...{ signedAt: '2019-12-01T00:00Z', serviceStartAt: '2020-01-01T00:00Z' },
      ...{ billingPeriodTimeZone: 'UTC', maxBytesInBillingPeriod: 1e12 },
    }),
  ).join('\n');

const mostMemoryMib = (pid: number): number => {
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};

describe(`a soak of ${records.toLocaleString('en-US')} records at ${memoryLimit}`, () => {
  const dataDir = mkdtempSync(join(process.env.SOAK_DIR ?? tmpdir(), 'overage-soak-'));
  const incoming = join(dataDir, 'incoming-data-records');
  let program: OverageProcess;
  let isAsking = true;
  const answers = { right: 0, busy: 0, others: 0 };

  const start = async (): Promise<void> => {
    program = await OverageProcess.start({ dataDir, env });
    // without its last snapshot it may have a million events to read
    await program.until(async () => (await program.get('/health/ready')) !== undefined, 5 * minute);
  };

  /** Asks one question after the other; a program that is killed gives no answer. */
  const ask = async (path: string): Promise<void> => {
    for (let at = 0; isAsking; at++) {
      const id = uuid((at * 7919) % subscribers);
      const url = `${program.url}/api/data-records/${id}/2020/1${path}`;
      const status = await fetch(url, { signal: AbortSignal.timeout(minute) })
        .then(async (answer) => (await answer.arrayBuffer(), answer.status))
        .catch(() => 0);
      if (status === 200) answers.right++;
      else if (status === 503) answers.busy++;
      else if (status !== 0) answers.others++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  beforeAll(() => mkdirSync(incoming, { recursive: true }));
  afterAll(async () => {
    isAsking = false;
    await program.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('loses nothing, counts nothing twice, stays small', async () => {
    await start();
    expect(await program.post('/api/agreements', agreements(), 'application/x-ndjson')).toBe(true);
    const asking = [ask('?limit=1000'), ask('/explain?limit=100'), ask('/total-data-used')];
    const killedIn = new Set([Math.floor(files / 3), Math.floor((2 * files) / 3)]);
    const most: number[] = [];
    const sinceMs = performance.now();
    for (let file = 0; file < files; file++) {
      const name = `soak-${String(file).padStart(4, '0')}.csv`;
      writeFile(join(incoming, `tmp_${name}`), file);
      renameSync(join(incoming, `tmp_${name}`), join(incoming, name));
      if (killedIn.has(file)) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        most.push(mostMemoryMib(program.pid));
        await program.kill();
        await start();
      }
      const isDone = async () => Promise.resolve(existsSync(join(incoming, 'done', name)));
      expect(await program.until(isDone, 5 * minute)).toBe(true);
    }
    const seconds = (performance.now() - sinceMs) / 1000;
    isAsking = false;
    await Promise.all(asking);
    most.push(mostMemoryMib(program.pid));
    process.stdout.write(
      `  soak: ${records} records in ${seconds.toFixed(0)} s with writing them; most memory of ` +
        `each life ${most.map((mib) => mib.toFixed(0)).join(', ')} MiB; ` +
        `${answers.right} answers, ${answers.busy} times busy\n`,
    );

    type Files = { items: { state: string; lines: number; counted: number }[] };
    const { items } = (await program.get<Files>('/api/import-files?limit=100')) as Files;
    expect(items.map(({ state }) => state)).toEqual(items.map(() => 'done'));
    const counted = items.reduce((sum, file) => sum + file.counted, 0);
    expect(counted).toBe(files * linesAFile);
    const wrong: string[] = [];
    for (let subscriber = 0; subscriber < subscribers; subscriber++) {
      const path = `/api/data-records/${uuid(subscriber)}/2020/1/total-data-used`;
      const headers = { accept: 'application/json' };
      const answer = await fetch(`${program.url}${path}`, { headers });
      const { totalRecordedBytes } = (await answer.json()) as { totalRecordedBytes: number };
      if (totalRecordedBytes !== bytesBySubscriber[subscriber]) wrong.push(path);
    }
    expect(wrong).toEqual([]);
    expect(answers.others).toBe(0);
    expect(answers.right).toBeGreaterThan(files);
    expect(Math.max(...most)).toBeLessThan(mostMib);
    expect((await program.stop()).code).toBe(0);
  });

  test('is what its log says', async () => {
    const options = { env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env } };
    const { code, output } = await new Promise<{ code: number; output: string }>((ended) =>
      execFile(process.execPath, [builtMain, 'verify'], options, (error, stdout, stderr) =>
        ended({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
      ),
    );
    if (code !== 0) throw new Error(output);
  });
});
