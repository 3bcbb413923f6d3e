import fc from 'fast-check';
import { request } from 'node:http';
import { connect } from 'node:net';
import { guardRequest, type KnownHosts } from '../../src/platform/http/request-guard.js';
import { ProgramInTest } from '../support/running-program.js';

const loopback: KnownHosts = { bound: '127.0.0.1', allowed: [] };
const wildcard: KnownHosts = { bound: '0.0.0.0', allowed: [] };
const proxied: KnownHosts = { bound: '0.0.0.0', allowed: ['usage.example.org', '*.internal'] };

interface Asked {
  readonly host?: string;
  readonly origin?: string;
  readonly site?: string;
  readonly method?: string;
  readonly isChangingGet?: boolean;
}

const codeOf = (asked: Asked, known = loopback): string | undefined => {
  const { host = '127.0.0.1:8080', origin, site, method = 'GET', isChangingGet = false } = asked;
  const headers = { host, origin, 'sec-fetch-site': site };
  return guardRequest({ method, headers, isChangingGet }, known)?.code;
};

describe('the name a request is for', () => {
  it.each([
    ['localhost', loopback],
    ['LOCALHOST.:8080', loopback],
    ['127.0.0.1', loopback],
    ['127.8.9.1:1', loopback],
    ['[::1]:8080', loopback],
    ['10.1.2.3:8080', wildcard],
    ['[2001:db8::7]:8080', wildcard],
    ['[::1]', { bound: '::', allowed: [] }],
    ['10.1.2.3', { bound: '10.1.2.3', allowed: [] }],
    ['[2001:DB8:0::7]', { bound: '2001:db8::7', allowed: [] }],
    ['Counter.Example.org:99', { bound: 'counter.example.org', allowed: [] }],
    ['usage.example.org', proxied],
    ['a.b.internal:80', proxied],
    ['anything.at.all', { bound: '127.0.0.1', allowed: ['*'] }],
  ])('is known: %s', (host, known) => expect(codeOf({ host }, known)).toBeUndefined());

  it.each([
    ['attacker.example', loopback],
    ['attacker.example', wildcard],
    ['localhost.attacker.example:8080', loopback],
    ['127.0.0.1.nip.io', loopback],
    ['10.1.2.3', loopback],
    ['0.0.0.0:8080', loopback],
    ['internal', proxied],
    ['xinternal', proxied],
    ['usage.example.org.evil.net', proxied],
    ['user@localhost', loopback],
    ['localhost/x', loopback],
    ['a b', loopback],
    ['', loopback],
  ])('is refused: %s', (host, known) => expect(codeOf({ host }, known)).toBe('HOST_UNKNOWN'));

  it('is never taken as known by a name that others can point here', () => {
    const name = fc.domain().filter((each) => !/^localhost$|\.internal$|example\.org$/.test(each));
    fc.assert(
      fc.property(name, fc.constantFrom(loopback, wildcard, proxied), (host, known) => {
        expect(codeOf({ host }, known)).toBe('HOST_UNKNOWN');
      }),
    );
  });
});

const changes = [
  { method: 'POST' },
  { method: 'PUT' },
  { method: 'DELETE' },
  { isChangingGet: true },
];

describe.each(changes)('a change by %o', (how) => {
  it.each([
    ['a client that is no browser', {}],
    ['a page of the program', { origin: 'http://127.0.0.1:8080', site: 'same-origin' }],
    ['a page of the program, by an old browser', { origin: 'http://127.0.0.1:8080' }],
    ['an address typed by a person', { site: 'none' }],
  ])('is let through from %s', (_who, asked) => {
    expect(codeOf({ ...how, ...asked })).toBeUndefined();
  });

  it.each([
    ['another site', { origin: 'https://evil.example', site: 'cross-site' }],
    ['another site, by an old browser', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000', site: 'same-site' }],
    ['another port, by an old browser', { origin: 'http://127.0.0.1:3000' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another site', { site: 'cross-site' }],
    ['what is no origin', { origin: '127.0.0.1:8080' }],
    ['a word that is not known', { site: 'same-origin, cross-site' }],
  ])('is refused from %s', (_who, asked) => {
    expect(codeOf({ ...how, ...asked })).toBe('ORIGIN_FOREIGN');
  });

  it('is let through from the page behind a proxy that is listed', () => {
    const asked = { ...how, host: '10.0.0.9:8080', origin: 'https://usage.example.org' };
    expect(codeOf({ ...asked, site: 'same-origin' }, proxied)).toBeUndefined();
    expect(codeOf({ ...asked, site: 'same-origin' }, wildcard)).toBe('ORIGIN_FOREIGN');
    const any = { bound: '0.0.0.0', allowed: ['*'] };
    expect(codeOf({ ...how, host: 'a.b', origin: 'https://evil.example' }, any)).toBe(
      'ORIGIN_FOREIGN',
    );
  });
});

describe('a program that runs', () => {
  let program: ProgramInTest;
  beforeAll(async () => {
    program = await ProgramInTest.start();
  });
  afterAll(async () => {
    await program.stop();
    program.remove();
  });

  /** As a browser or curl sends it: fetch of Node would set Host by itself. */
  const ask = (path: string, options: { method?: string; headers?: object; body?: string } = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
      (resolve, reject) => {
        const { method = 'GET', headers = {}, body } = options;
        const sent = request(program.url + path, { method, headers: { ...headers } }, (answer) => {
          let text = '';
          answer.on('data', (part: Buffer) => (text += part.toString()));
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
          });
        });
        sent.on('error', reject);
        sent.end(body);
      },
    );
  const codeOfAnswer = ({ text }: { text: string }): unknown =>
    (JSON.parse(text) as { code?: unknown }).code;

  const json = { 'content-type': 'application/json' };
  const mutation =
    'mutation { upsertDataRecord(agreementId: "0b12c601-9287-3f5c-a78c-df508fe0f889", ' +
    'upsertRequest: {recordedAt: "2020-01-02T00:00Z", recordedBytes: 1, ' +
    'internalRecordId: "8aae90a1-c2e7-33e5-9fab-f8f3e1900906"}) { recordedBytes } }';

  it.each(['/', '/api/counts', '/graphql?query={__typename}', '/health/ready', '/nothing'])(
    'does not answer %s under a name it does not know',
    async (path) => {
      const answer = await ask(path, { headers: { host: 'evil.example' } });
      expect([answer.status, codeOfAnswer(answer)]).toEqual([403, 'HOST_UNKNOWN']);
    },
  );

  it.each([
    ['GET', '/api/agreements/generate'],
    ['GET', '/api/incoming-data-records/generate'],
    ['HEAD', '/api/data-records/generate'],
    ['POST', '/api/agreements'],
    ['PUT', '/api/data-records/0b12c601-9287-3f5c-a78c-df508fe0f889'],
    ['DELETE', '/api/feeds/default'],
    ['POST', '/graphql'],
  ])('is changed by no %s of %s from another site', async (method, path) => {
    const before = (await ask('/api/counts')).text;
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const body = method === 'POST' ? JSON.stringify({ query: mutation }) : undefined;
      const answer = await ask(path, { method, headers: { ...json, ...headers }, body });
      expect(answer.status).toBe(403);
      if (method !== 'HEAD') expect(codeOfAnswer(answer)).toBe('ORIGIN_FOREIGN');
    }
    expect((await ask('/api/counts')).text).toBe(before);
  });

  it('is changed by no GraphQL query that an address or a form of another page holds', async () => {
    const inUrl = await ask(`/graphql?query=${encodeURIComponent(mutation)}`, { headers: json });
    expect(inUrl.status).toBe(405);
    const plain = await ask('/graphql?query={__typename}');
    expect(plain.status).toBe(400);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const body = JSON.stringify({ query: mutation });
      const headers = { 'content-type': type };
      const answer = await ask('/graphql', { method: 'POST', headers, body });
      expect(answer.status).toBe(415);
    }
  });

  it('answers who is no browser as before', async () => {
    expect((await ask('/api/counts')).status).toBe(200);
    const query = JSON.stringify({ query: '{ __typename }' });
    const asked = await ask('/graphql', { method: 'POST', headers: json, body: query });
    expect(asked.status).toBe(200);
  });

  it('says of answers that they are not to be guessed at, of data that none is kept', async () => {
    const paths = [
      '/api/counts',
      '/api/nothing',
      '/api/openapi.json',
      '/health/live',
      '/api/feeds',
      '/api/%ff',
      `/api/agreements/${'a'.repeat(2000)}`,
    ];
    for (const path of paths) {
      const { headers } = await ask(path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
    }
    expect((await ask('/')).headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
  });

  it('says so too of what is no request it can read', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(program.url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (part) => (text += part.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write('FETCHME /api/counts HTTP/1.1\r\nhost: localhost\r\n\r\n');
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('x-content-type-options: nosniff\r\ncache-control: no-store\r\n');
  });

  it.each([
    '/api/counts?x=1',
    '/api/partitions?limit=1',
    '/api/warnings?code=STORE_DAMAGED',
    '/api/feeds?feed=a&x',
    '/api/agreements/5d1c8a0e-0000-4000-8000-000000000001?year=2020',
    '/api/import-files/1?lines=2',
    '/api/import-files/1/rejects?limit=3',
    '/api/data-records/5d1c8a0e-0000-4000-8000-000000000001/2020/1/total-data-used?unit=KB',
    '/api/agreements?limt=3',
  ])('refuses what an address does not know: %s', async (path) => {
    const answer = await ask(path);
    expect([answer.status, codeOfAnswer(answer)]).toEqual([400, 'REQUEST_INVALID']);
    const [name] = Array.from(new URL(path, program.url).searchParams.keys());
    expect(answer.text).toContain(`${name}: is not known`);
  });

  it('leaves machines that ask for health what they put behind it', async () => {
    expect((await ask('/health/live?from=balancer')).status).toBe(200);
  });

  it.each([
    ['DELETE', '/api/agreements', 'GET, HEAD, POST'],
    ['PUT', '/api/feeds/default', 'DELETE'],
    ['POST', '/api/import-files/1/rejects', 'GET, HEAD'],
    ['PATCH', '/graphql', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/api/counts?x=1', 'GET, HEAD'],
  ])('refuses %s %s and says which methods there are', async (method, path, allow) => {
    const answer = await ask(path, { method });
    expect([answer.status, codeOfAnswer(answer)]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(answer.headers['allow']).toBe(allow);
  });

  it('answers nothing again that the caller has', async () => {
    const first = await ask('/api/counts');
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^W\/"/);
    for (const asked of [etag, `"x", ${etag}`, etag.slice(2), '*']) {
      const again = await ask('/api/counts', { headers: { 'if-none-match': asked } });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    const other = await ask('/api/counts', { headers: { 'if-none-match': '"x"' } });
    expect(other.status).toBe(200);
  });

  it('packs a long answer for who can read it, and does not pack a short one', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const long = await ask('/api/openapi.json', { headers });
    expect(long.headers['content-encoding']).toBe('gzip');
    const short = await ask('/api/counts', { headers });
    expect(short.headers['content-encoding']).toBeUndefined();
    expect((await ask('/api/openapi.json')).headers['content-encoding']).toBeUndefined();
  });
});
