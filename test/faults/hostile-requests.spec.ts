import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventLoop } from './support/event-loop.js';
import { OverageProcess } from './support/overage-process.js';

/** Whatever is asked, nobody else waits long for the event loop, and memory stays within bounds. */
const mostMib = 500;
const records = 1_000_000;

const agreementId = '5d1c8a0e-0000-4000-8000-000000000001';
const msisdn = '48600100200';
const month = `/api/data-records/${agreementId}/2020/1`;
const lists = [
  ...['/api/import-files/1/rejects', '/api/import-files/2/rejects'],
  ...['/api/data-records-aggregates?limit=1000', '/api/agreements?limit=1000'],
];
const ndjson = 'application/x-ndjson';

jest.setTimeout(300_000);

const agreement = JSON.stringify({
  ...{ id: agreementId, msisdn, signedAt: '2019-12-01T00:00Z' },
  ...{ serviceStartAt: '2020-01-01T00:00Z', billingPeriodTimeZone: 'UTC' },
  maxBytesInBillingPeriod: 1e6,
});

/** A month of one subscriber with a million records, two a second. */
const fileOfMonth = (): string => {
  const lines: string[] = [];
  for (let at = 0; at < records; at++) {
    const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
    const time = new Date(Date.UTC(2020, 0, 2) + at * 500).toISOString();
    lines.push(`${id};${time};${msisdn};${at % 1000}\n`);
  }
  return lines.join('');
};

interface Request {
  readonly method?: string;
  readonly body?: string;
  readonly type?: string;
  /** Ends the connection behind so many bytes of the answer. */
  readonly leaveAfterBytes?: number;
}

const alias = (at: number): string =>
  `a${at}: explain(agreementId: "${agreementId}", year: 2020, month: 1, limit: 100) ` +
  '{ totalRecordedBytes }';

const graphql = (query: string): Request => ({
  ...{ method: 'POST', type: 'application/json' },
  body: JSON.stringify({ query }),
});

const megabytes = (text: string, mb: number): string =>
  text.repeat(Math.floor((mb * 2 ** 20) / text.length));

const nested = (mb: number): string => megabytes('[', mb) + megabytes(']', mb);

const objectOf = (fields: number): string =>
  `{${Array.from({ length: fields }, (_, at) => `"k${at}":0`).join()}}`;

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');

const requests: readonly (readonly [string, string, Request])[] = [
  [
    '63 MiB of lines that are no records',
    '/api/incoming-data-records',
    { method: 'POST', type: ndjson, body: megabytes('1\n', 63) },
  ],
  [
    '63 MiB of lines that are no agreements',
    '/api/agreements',
    { method: 'POST', type: ndjson, body: megabytes('[]\n', 63) },
  ],
  [
    'one line of 63 MiB',
    '/api/agreements',
    { method: 'POST', type: ndjson, body: megabytes('a', 63) },
  ],
  [
    'a JSON array of as many things as fit',
    '/api/agreements',
    { method: 'POST', type: 'application/json', body: `[${megabytes('0,', 0.99)}0]` },
  ],
  [
    'JSON within JSON as deep as fits',
    '/api/agreements',
    { method: 'POST', type: 'application/json', body: megabytes('[', 0.99) },
  ],
  [
    'the same, closed again',
    '/api/agreements',
    { method: 'POST', type: 'application/json', body: nested(0.49) },
  ],
  [
    'an object of as many fields as fit',
    '/api/incoming-data-records',
    { method: 'POST', type: 'application/json', body: objectOf(75_000) },
  ],
  [
    'as many variables as fit',
    '/graphql',
    {
      ...{ method: 'POST', type: 'application/json' },
      body: `{"query":"{__typename}","variables":${objectOf(75_000)}}`,
    },
  ],
  ['a month of a million records', month, {}],
  ['the same, by one who leaves', month, { leaveAfterBytes: 100_000 }],
  ['why of a million records', `${month}/explain?limit=1000`, {}],
  ['the same, by one who leaves', `${month}/explain?limit=1000`, { leaveAfterBytes: 1 }],
  ['the total of it', `${month}/total-data-used`, {}],
  [
    'why, under 95 names at once',
    '/graphql',
    graphql(`{ ${Array.from({ length: 95 }, (_, at) => alias(at)).join(' ')} }`),
  ],
  ['why, under two names at once', '/graphql', graphql(`{ ${alias(1)} ${alias(2)} }`)],
  ['a query that never ends', '/graphql', graphql(megabytes('{a', 0.9))],
  ['one field, thousands of times', '/graphql', graphql(`{ ${times(740, () => 'feeds{id}')} }`)],
  [
    'fragments within fragments',
    '/graphql',
    graphql(
      `{ ...f0 } ${times(330, (at) => `fragment f${at} on Query { ...f${at + 1} }`)} ` +
        'fragment f330 on Query { __typename }',
    ),
  ],
  ['a query of one long text', '/graphql', graphql(`{ a(b: "${megabytes('x', 0.9)}") }`)],
  ['every agreement', '/api/agreements?limit=1000', {}],
  ['every message', '/api/data-records-aggregates?limit=1000', {}],
];

describe('requests that ask for a lot', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'overage-hostile-'));
  const loop = new EventLoop(join(dataDir, 'loop.json'));
  const incoming = join(dataDir, 'incoming-data-records');
  let program: OverageProcess;

  beforeAll(async () => {
    const env = { LOG_LEVEL: 'error', ...loop.env };
    const start = async (): Promise<void> => {
      program = await OverageProcess.start({ dataDir, env });
      await program.ready();
    };
    await start();
    expect(await program.post('/api/agreements', agreement)).toBe(true);
    mkdirSync(incoming, { recursive: true });
    writeFileSync(join(incoming, 'tmp_month.csv'), fileOfMonth());
    renameSync(join(incoming, 'tmp_month.csv'), join(incoming, 'month.csv'));
    writeFileSync(join(incoming, 'tmp_rejects.csv'), megabytes('no record;at all\n', 4));
    renameSync(join(incoming, 'tmp_rejects.csv'), join(incoming, 'rejects.csv'));
    const isDone = () =>
      Promise.resolve(
        ['month.csv', 'rejects.csv'].every((name) => existsSync(join(incoming, 'done', name))),
      );
    expect(await program.until(isDone)).toBe(true);
    // what the import needed is not what requests need
    await program.stop();
    await start();
  });
  afterAll(async () => {
    await program.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const mostMemoryMib = (): number => {
    const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
    const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
    return Number(kib) / 1024;
  };

  /** Sends it and reads what is answered, as far as it is wanted; refused or not. */
  const send = (path: string, { method, body, type, leaveAfterBytes }: Request): Promise<void> =>
    new Promise((ended) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      const sent = request(`${program.url}${path}`, { method, headers }, (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes >= (leaveAfterBytes ?? Infinity)) sent.destroy();
        });
        answer.once('close', ended);
      });
      // who sends too much may be cut off before it has read the answer
      sent.once('error', () => ended());
      sent.end(body);
    });

  test.each(requests)('%s (%s) holds nobody up', async (_, path, asked) => {
    await loop.isHeldShortly(program, () => send(path, asked));
    expect(program.hasEnded).toBe(false);
  });

  /** Asks and reads nothing of the answer. */
  const askOnly = (path: string): Socket => {
    const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    return socket;
  };
  const longestProbeMs = async (probes: number): Promise<number> => {
    let longestMs = 0;
    for (let probe = 0; probe < probes; probe++) {
      const sinceMs = performance.now();
      expect(await program.get('/health/ready')).toBeDefined();
      longestMs = Math.max(longestMs, performance.now() - sinceMs);
      await sleep(100);
    }
    return longestMs;
  };

  test.each([
    ['months', 50, [month]],
    ['months, why, refused lines and lists', 300, [month, `${month}/explain`, ...lists]],
    ['why', 150, [`${month}/explain?limit=1000`]],
  ])('those who ask for %s (%d at once) and read nothing cost nothing', async (_, count, paths) => {
    const sockets = Array.from({ length: count }, (_, at) => askOnly(paths[at % paths.length]));
    try {
      expect(await longestProbeMs(50)).toBeLessThan(2000);
      // a short question is answered beside them
      expect(await program.get(`/api/data-records/${agreementId}/2019/1/explain`)).toBeDefined();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    expect(await longestProbeMs(5)).toBeLessThan(2000);
  });

  test('those who send bodies of nonsense, forty at once, cost nothing', async () => {
    const body = megabytes('1\n', 6);
    const sent = Array.from({ length: 40 }, () =>
      send('/api/incoming-data-records', { method: 'POST', type: ndjson, body }),
    );
    expect(await longestProbeMs(30)).toBeLessThan(2000);
    await Promise.all(sent);
  });

  test('memory stayed within its bound', () => {
    expect(mostMemoryMib()).toBeLessThanOrEqual(mostMib);
  });
});
