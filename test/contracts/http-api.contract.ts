import { connect } from 'node:net';
import {
  client,
  firstRecord,
  goldenAgreement,
  goldenRun,
  messagesAfter,
  json,
  ndjson,
  period,
  refused,
  until,
  type ApiUnderTest,
  type Client,
  type Loose,
} from './api-client.js';
import { documentLaws } from './openapi-document.contract.js';
import { goldenRunLaws } from './golden-run.contract.js';
import { pagedLaws } from './paged.contract.js';

export type { ApiUnderTest };

const agreementJson = (fields: Record<string, unknown> = {}) => ({
  id: '11111111-1111-4111-8111-111111111111',
  msisdn: '48111',
  signedAt: '2019-12-20T00:00+01:00[Europe/Warsaw]',
  serviceStartAt: '2020-01-01T00:00+01:00[Europe/Warsaw]',
  billingPeriodTimeZone: 'Europe/Warsaw',
  maxBytesInBillingPeriod: 1000,
  ...fields,
});

const recordJson = (fields: Record<string, unknown> = {}) => ({
  externalId: '22222222-2222-4222-8222-222222222222',
  recordedAt: '2020-01-05T00:00+01:00[Europe/Warsaw]',
  msisdn: '48111',
  recordedBytes: 10,
  ...fields,
});

const endOfMessages = async (api: Client): Promise<number | string> =>
  (await api.get('/api/data-records-aggregates?limit=10000')).body.next;

/** The laws of the HTTP edge, for every way to run the program. The store is empty at first. */
export const httpApiContract = (name: string, open: () => Promise<ApiUnderTest>): void => {
  describe(`HTTP API, ${name}`, () => {
    let program: ApiUnderTest;
    let api: Client;
    beforeEach(async () => {
      program = await open();
      api = client(program.url);
    });
    afterEach(() => program.stop());

    const withGoldenRun = () => goldenRun(api);

    pagedLaws(() => api);
    generatorLaws(() => api);
    correctionLaws(() => api, withGoldenRun);
    recordLaws(() => api);
    agreementLaws(() => api);
    feedLaws(() => api);
    messageLaws(() => api, withGoldenRun);
    graphqlLaws(() => api);
  });

  describe(`HTTP API, ${name}, what can be asked of the golden run`, () => {
    let program: ApiUnderTest;
    let api: Client;
    beforeAll(async () => {
      program = await open();
      api = client(program.url);
      await goldenRun(api);
    });
    afterAll(() => program.stop());

    goldenRunLaws(() => api);
  });

  // nothing here leaves anything behind: one program does for all
  describe(`HTTP API, ${name}, what it refuses and what never changes`, () => {
    let program: ApiUnderTest;
    let api: Client;
    beforeAll(async () => {
      program = await open();
      api = client(program.url);
    });
    afterAll(() => program.stop());

    recordRefusalLaws(() => api);
    agreementRefusalLaws(() => api);
    feedRefusalLaws(() => api);
    graphqlRefusalLaws(() => api);
    refusalLaws(() => api);
    wireLaws(() => api);
    pageLaws(() => api);
    documentLaws(() => api);
  });
};

const generatorLaws = (api: () => Client): void => {
  it('writes the records of an agreement directly, making the agreement', async () => {
    const answer = await api().get('/api/data-records/generate');
    expect(answer.type).toMatch(/^text\/plain/);
    expect(answer.text).toContain(goldenAgreement);
    expect((await api().get(`${period}/1`)).body).toHaveLength(30);
    expect((await api().get(`/api/agreements/${goldenAgreement}`)).status).toBe(200);
  });

  it('imports the file it drops, and tells its book', async () => {
    await api().get('/api/agreements/generate?batch-size=2');
    const answer = await api().get('/api/incoming-data-records/generate?batch-size=2&months=2');
    expect(answer.text).toContain('120 data records');
    const file = await until(
      async () => (await api().get('/api/import-files')).body.items[0],
      // what was read is counted a little later
      (item) => item?.state === 'done' && item.counted + item.rejected === item.lines,
    );
    expect(answer.text).toContain(file.name);
    expect(file).toMatchObject({ feed: 'default', lines: 120, counted: 120, rejected: 0 });
    const explained = (await api().get(`${period}/2/explain`)).body;
    expect(explained.records[0]).toMatchObject({ file: file.name, fileId: file.id });
    expect([61, 62]).toContain(explained.records[0].line); // the 31st day, two a day
    // how far feeds are is told twice a second
    const feed = await until(
      async () =>
        (await api().get('/api/feeds')).body.feeds.find((each: Loose) => each.feed === 'default'),
      (found) => found !== undefined,
    );
    expect(feed.lastFile).toEqual({ name: file.name, state: 'done' });
  });

  it('goes on with the demo agreements where the last call ended', async () => {
    const [one, two, both] = [
      await api().get('/api/agreements/generate'),
      await api().post('/api/agreements/generate?batch-size=2'),
      (await api().get('/api/agreements')).body.items,
    ];
    const ids = `${one.text}${two.text}`.match(/[0-9a-f-]{36}/g);
    expect(ids).toEqual(both.map(({ id }: Loose) => id));
    expect(new Set(ids).size).toBe(3);
  });
};

const correctionLaws = (api: () => Client, run: () => Promise<void>): void => {
  const path = `/api/data-records/${goldenAgreement}`;
  const correction = {
    recordedAt: '2020-01-02T00:00:00+01:00',
    internalRecordId: firstRecord,
    recordedBytes: 1000,
  };

  it('corrects a record, answers it, and keeps what it was before', async () => {
    await run();
    const { status, body } = await api().put(path, correction);
    expect(status).toBe(200);
    expect(body).toEqual({
      key: {
        agreementId: goldenAgreement,
        year: 2020,
        month: 1,
        recordedAt: '2020-01-01T23:00:00.000+00:00',
        internalRecordId: firstRecord,
      },
      recordedBytes: 1000,
    });
    expect((await api().get(`${period}/1`)).body[29]).toEqual(body);
    const explained = (await api().get(`${period}/1/explain`)).body;
    expect(explained.totalRecordedBytes).toBe(13559994361 - 825011938);
    expect(explained.records.at(-1)).toMatchObject({
      internalRecordId: firstRecord,
      runningTotalBytes: explained.totalRecordedBytes,
      earlierVersions: [{ recordedBytes: 825012938, runningTotalBytes: 825012938 }],
    });
  });

  it('says in a message that a closed period was corrected', async () => {
    await run();
    const before = await endOfMessages(api());
    await api().put(path, correction);
    const [message] = await messagesAfter(api(), before);
    expect(message.value).toMatchObject({ type: 'BILLING_PERIOD_ADJUSTED', delta: -825011938 });
  });

  it('adds a record that nobody has seen', async () => {
    await run();
    const internalRecordId = '33333333-3333-4333-8333-333333333333';
    await api().put(path, { ...correction, internalRecordId });
    expect((await api().get(`${period}/1`)).body).toHaveLength(31);
  });
};

const recordLaws = (api: () => Client): void => {
  const agreementPeriod = `/api/data-records/${agreementJson().id}/2020/1`;

  it('keeps a record waiting until its agreement comes, then counts it', async () => {
    await api().post('/api/incoming-data-records', recordJson());
    await api().post('/api/agreements', agreementJson());
    const { body } = await api().get(`${agreementPeriod}/explain`);
    expect(body.totalRecordedBytes).toBe(10);
    expect(body.records[0]).toMatchObject({
      status: 'counted',
      earlierVersions: [{ status: 'waiting', runningTotalBytes: 0 }],
    });
  });

  it('counts a record of a closed period as late and says so', async () => {
    await api().post('/api/agreements', agreementJson());
    const inFebruary = recordJson({ recordedAt: '2020-02-02T00:00+01:00', recordedBytes: 1 });
    await api().post('/api/incoming-data-records', recordJson());
    await api().post('/api/incoming-data-records', { ...inFebruary, externalId: 'february' });
    await api().post('/api/incoming-data-records', recordJson({ externalId: 'late one' }));
    const { body } = await api().get(`${agreementPeriod}/explain`);
    expect(body).toMatchObject({ countedBytes: 10, lateBytes: 10, totalRecordedBytes: 20 });
    const types = (await messagesAfter(api(), -1)).map(({ value }: Loose) => value.type);
    expect(types).toEqual(['BILLING_PERIOD_CLOSED', 'BILLING_PERIOD_ADJUSTED']);
    expect((await api().get(`${agreementPeriod}/total-data-used`)).text).toMatch(/^20 B\n/);
  });

  it('takes the good lines and names the others', async () => {
    const lines = [
      JSON.stringify(recordJson()),
      '{',
      '',
      JSON.stringify(recordJson({ recordedBytes: -1, externalId: 'b' })),
      JSON.stringify(recordJson({ recordedBytes: 11 })),
      JSON.stringify(recordJson({ recordedAt: '2999-01-01T00:00Z', externalId: 'c' })),
    ];
    await api().post('/api/agreements', agreementJson());
    const { body } = await api().post('/api/incoming-data-records', lines.join('\n'), ndjson);
    expect(body.accepted).toBe(1);
    expect(body.rejected.map(({ line, code }: Loose) => [line, code])).toEqual([
      [2, 'BODY_NOT_JSON'],
      [4, 'RECORD_INVALID'],
      [5, 'CONFLICTING_RECORD'],
      [6, 'RECORD_IN_FUTURE'],
    ]);
  });
};

const recordRefusalLaws = (api: () => Client): void => {
  it('refuses a record whose bytes are known to be others, and says what to do', async () => {
    await api().post('/api/incoming-data-records', recordJson());
    const other = recordJson({ recordedBytes: 11 });
    refused(await api().post('/api/incoming-data-records', other), 409, 'CONFLICTING_RECORD');
  });

  it('refuses only the lines that are not UTF-8', async () => {
    const lines = [
      recordJson(),
      recordJson({ externalId: '\u00e9' }),
      recordJson({ externalId: '\ufffd' }),
    ];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    const utf8 = await api().post('/api/incoming-data-records', Buffer.from(text), ndjson);
    expect(utf8.body).toEqual({ accepted: 3, rejected: [] });
    const latin1 = Buffer.from(text.replace('\ufffd', 'z'), 'latin1');
    const { body } = await api().post('/api/incoming-data-records', latin1, ndjson);
    expect(body).toMatchObject({ accepted: 2, rejected: [{ line: 2, code: 'BODY_NOT_JSON' }] });
  });

  it.each([
    ['an unknown field', { x: 1 }],
    ['no msisdn', { msisdn: undefined }],
    ['a leading zero', { msisdn: '048' }],
    ['no time', { recordedAt: 'yesterday' }],
    ['a time without offset', { recordedAt: '2020-01-01T00:00' }],
    ['a day that does not exist', { recordedAt: '2020-02-30T00:00Z' }],
    ['part of a byte', { recordedBytes: 1.5 }],
    ['too many bytes', { recordedBytes: 2 ** 53 }],
    ['an empty id', { externalId: '' }],
  ])('refuses a record with %s', async (_fault, fields) => {
    const answer = await api().post('/api/incoming-data-records', recordJson(fields));
    refused(answer, 400, 'RECORD_INVALID');
    expect(answer.body).toMatchObject({ accepted: 0, rejected: [{ line: 1 }] });
  });
};

const agreementLaws = (api: () => Client): void => {
  it('takes one agreement and answers it in wire form', async () => {
    const answer = await api().post('/api/agreements', agreementJson());
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 201,
      body: { accepted: 1, rejected: [] },
    });
    const { body } = await api().get(`/api/agreements/${agreementJson().id}`);
    expect(body).toEqual(agreementJson());
    expect((await api().get('/api/agreements?msisdn=48111')).body.items).toEqual([body]);
    expect((await api().get('/api/agreements?msisdn=48112')).body.items).toEqual([]);
  });

  it('takes many lines, the good ones also when others are not', async () => {
    const good = agreementJson();
    const lines = [good, { ...good, id: 'x' }, { ...good, maxBytesInBillingPeriod: 1 }, good];
    const text = lines.map((line) => JSON.stringify(line)).join('\r\n');
    const { status, body } = await api().post('/api/agreements', text, ndjson);
    expect(status).toBe(201);
    expect(body.accepted).toBe(2);
    expect(body.rejected).toMatchObject([
      { line: 2, code: 'AGREEMENT_ID_INVALID' },
      { line: 3, code: 'AGREEMENT_CONFLICT' },
    ]);
  });

  it('refuses the same id with other content', async () => {
    await api().post('/api/agreements', agreementJson());
    const other = agreementJson({ maxBytesInBillingPeriod: 5 });
    refused(await api().post('/api/agreements', other), 409, 'AGREEMENT_CONFLICT');
  });

  it('pages through all agreements in the order they came', async () => {
    await api().get('/api/agreements/generate?batch-size=5');
    const first = (await api().get('/api/agreements?limit=3')).body;
    const second = (await api().get(`/api/agreements?limit=3&after=${first.next}`)).body;
    expect(second.next).toBeNull();
    const all = (await api().get('/api/agreements')).body.items;
    expect([...first.items, ...second.items]).toEqual(all);
  });

  it('explains which agreement lost and why', async () => {
    const later = '44444444-4444-4444-8444-444444444444';
    await api().post('/api/agreements', agreementJson());
    const from = { id: later, serviceStartAt: '2020-01-20T00:00+01:00[Europe/Warsaw]' };
    await api().post('/api/agreements', agreementJson(from));
    await api().post('/api/incoming-data-records', recordJson());
    await api().post(
      '/api/incoming-data-records',
      recordJson({ externalId: 'b', recordedAt: '2020-01-25T00:00Z' }),
    );
    const one = (await api().get(`/api/data-records/${agreementJson().id}/2020/1/explain`)).body;
    expect(one.records).toHaveLength(1);
    expect(one.rivals).toMatchObject([{ id: later, reason: 'starts-within-period' }]);
    const two = (await api().get(`/api/data-records/${later}/2020/1/explain`)).body;
    expect(two.rivals).toMatchObject([{ id: agreementJson().id, reason: 'starts-earlier' }]);
  });
};

const agreementRefusalLaws = (api: () => Client): void => {
  it.each([
    ['AGREEMENT_ZONE_UNKNOWN', { billingPeriodTimeZone: 'Mars/Base' }],
    ['AGREEMENT_ALLOWANCE_INVALID', { maxBytesInBillingPeriod: -1 }],
    ['AGREEMENT_TIME_INVALID', { serviceStartAt: 'soon' }],
    ['AGREEMENT_FIELD_UNKNOWN', { x: 1 }],
    ['AGREEMENT_MSISDN_INVALID', { msisdn: 'a' }],
  ])('refuses with %s', async (code, fields) => {
    refused(await api().post('/api/agreements', agreementJson(fields)), 400, code);
  });
};

const feedLaws = (api: () => Client): void => {
  it('closes what waited when a feed is told complete, and says what is waited for', async () => {
    await api().post('/api/agreements', agreementJson());
    await api().post('/api/incoming-data-records', recordJson());
    const before = await until(
      async () => (await api().get('/api/feeds')).body,
      ({ openPeriods }) => openPeriods.count > 0,
    );
    expect(before.openPeriods).toEqual({
      count: 1,
      earliestEnd: '2020-01-31T23:00:00.000Z',
      waitFor: ['topic'],
    });
    const at = '2020-02-01T00:00:00+01:00';
    const told = await api().post('/api/feeds/topic/complete-through', { at });
    expect(told.body).toMatchObject({ feed: 'topic', watermark: '2020-01-31T23:00:00.000Z' });
    const [closed] = await messagesAfter(api(), -1);
    expect(closed.value).toMatchObject({ type: 'BILLING_PERIOD_CLOSED', totalRecordedBytes: 10 });
    await until(
      async () => (await api().get('/api/feeds')).body.openPeriods.count,
      (count) => count === 0,
    );
  });

  it('no longer waits for a feed that has ended', async () => {
    await api().post('/api/feeds/default/complete-through', { at: '2020-01-01T00:00Z' });
    const ended = await api().del('/api/feeds/default');
    expect(ended.body).toMatchObject({ feed: 'default', status: 'ended', holdsBack: false });
  });
};

const feedRefusalLaws = (api: () => Client): void => {
  it('refuses a feed it does not know and a time that has not come', async () => {
    const at = '2020-01-01T00:00Z';
    refused(await api().post('/api/feeds/nope/complete-through', { at }), 404, 'FEED_UNKNOWN');
    refused(await api().del('/api/feeds/__proto__'), 404, 'FEED_UNKNOWN');
    for (const future of ['2999-01-01T00:00Z', new Date(Date.now() + 60_000).toISOString()]) {
      const answer = await api().post('/api/feeds/topic/complete-through', { at: future });
      refused(answer, 400, 'FEED_TIME_IN_FUTURE');
    }
    const noTime = await api().post('/api/feeds/topic/complete-through', {});
    refused(noTime, 400, 'REQUEST_INVALID');
  });

  it('answers nothing when the wait is over', async () => {
    const { body } = await api().get('/api/data-records-aggregates?wait=1');
    expect(body).toEqual({ messages: [], next: -1 });
  });
};

const messageLaws = (api: () => Client, run: () => Promise<void>): void => {
  it('answers a waiting request as soon as there is a message', async () => {
    const waiting = api().get('/api/data-records-aggregates?wait=20');
    await run();
    const began = performance.now();
    expect((await waiting).body.messages.length).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(2000);
  });
};

const graphqlLaws = (api: () => Client): void => {
  it('holds 2^53 - 1 bytes as a JSON number, in variables and in answers', async () => {
    await api().get('/api/agreements/generate');
    const { body } = await api().graphql(
      `mutation ($id: String!, $request: DataRecordUpsertRequest!) {
         upsertDataRecord(agreementId: $id, upsertRequest: $request) {
           key { month } recordedBytes } }`,
      {
        id: goldenAgreement,
        request: {
          recordedAt: '2020-02-01T00:00:00+01:00',
          internalRecordId: firstRecord,
          recordedBytes: 9007199254740991,
        },
      },
    );
    expect(body).toEqual({
      data: { upsertDataRecord: { key: { month: 2 }, recordedBytes: 9007199254740991 } },
    });
  });
};

const graphqlRefusalLaws = (api: () => Client): void => {
  const args = `agreementId: "${goldenAgreement}", year: 2020, month: 1`;

  it('refuses with the codes of REST and without a stack', async () => {
    const month13 = `agreementId: "${goldenAgreement}", year: 2020, month: 13`;
    const unknown = await api().graphql(`{ getTotalDataUsage(${args}) }`);
    expect(unknown.body.errors[0].extensions.code).toBe('AGREEMENT_UNKNOWN');
    const bad = await api().graphql(`{ getTotalDataUsage(${month13}) }`);
    expect(bad.body.errors[0].extensions.code).toBe('REQUEST_INVALID');
    const noField = await api().graphql('{ nothing }');
    expect(noField.status).toBe(400);
    for (const { body } of [unknown, bad, noField, await api().post('/graphql', {})]) {
      expect(body.errors[0].extensions.next).toEqual(expect.any(String));
    }
    for (const { text } of [unknown, bad, noField]) expect(text).not.toMatch(/stack|\n\s+at /);
  });

  it('refuses pages that cannot be, as REST does', async () => {
    for (const list of ['importFiles(limit: 0)', 'importFiles(after: 0)', 'messages(limit: 0)']) {
      const { body } = await api().graphql(`{ page: ${list} { __typename } }`);
      expect(body.errors?.[0].extensions.code).toBe('REQUEST_INVALID');
    }
  });

  it("refuses a subscription as the caller's mistake", async () => {
    const { status, body } = await api().graphql('subscription { x }');
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'OPERATION_RESOLUTION_FAILURE']);
  });

  it('refuses a query that is too large', async () => {
    const many = Array.from({ length: 400 }, (_, at) => `a${at}: messages { offset }`).join(' ');
    const { status, body } = await api().graphql(`{ ${many} }`);
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'QUERY_TOO_LARGE']);
  });
};

const refusalLaws = (api: () => Client): void => {
  it.each([
    ['a month 13', `${period}/13`, 400, 'REQUEST_INVALID'],
    ['a month 0', `${period}/0`, 400, 'REQUEST_INVALID'],
    ['a month in words', `${period}/may`, 400, 'REQUEST_INVALID'],
    ['an agreement it does not know', `${period}/1`, 404, 'AGREEMENT_UNKNOWN'],
    ['an id that is no UUID', '/api/data-records/x/2020/1', 400, 'REQUEST_INVALID'],
    ['an address it does not know', '/api/nothing', 404, 'ROUTE_UNKNOWN'],
    ['an address that cannot be read', '/%zz', 400, 'REQUEST_INVALID'],
    [
      'a batch size of 0',
      '/api/agreements/generate?batch-size=0',
      400,
      'GENERATE_BATCH_SIZE_INVALID',
    ],
    ['months in words', '/api/data-records/generate?months=x', 400, 'GENERATE_MONTHS_INVALID'],
    ['a limit of 0', '/api/data-records-aggregates?limit=0', 400, 'REQUEST_INVALID'],
    ['a parameter it does not know', '/api/agreements?x=1', 400, 'REQUEST_INVALID'],
  ])('refuses %s', async (_fault, path, ...answer) => {
    refused(await api().get(path), ...answer);
  });

  it.each(['/api/agreements', '/api/incoming-data-records', '/graphql'])(
    'refuses a body of %s that is not JSON',
    async (path) => refused(await api().post(path, '{"a":'), 400, 'BODY_NOT_JSON'),
  );

  it.each(['/api/agreements', '/api/incoming-data-records', '/graphql'])(
    'refuses a body of %s that is not UTF-8',
    async (path) => {
      const latin1 = Buffer.from('{"externalId":"\u00e9"}', 'latin1');
      refused(await api().post(path, latin1), 400, 'BODY_NOT_JSON');
    },
  );

  it('refuses a body over the limit with 413', async () => {
    const large = `"${'x'.repeat(2 ** 20 + 1)}"`;
    refused(await api().post('/api/agreements', large), 413, 'BODY_TOO_LARGE');
    refused(await api().post('/api/agreements', large, ndjson), 413, 'BODY_TOO_LARGE');
  });

  it('refuses no body and a body of another type', async () => {
    refused(await api().post('/api/agreements'), 400, 'REQUEST_INVALID');
    refused(await api().post('/api/agreements', '', json), 400, 'REQUEST_INVALID');
    refused(await api().post('/api/agreements', 'a', 'text/plain'), 415, 'BODY_TYPE_UNKNOWN');
  });
};

const rawAnswer = (url: string, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(request));
    let text = '';
    socket.on('data', (part) => (text += String(part)));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });

const wireLaws = (api: () => Client): void => {
  it('refuses a method an address does not have', async () => {
    refused(await api().del('/api/agreements'), 405, 'METHOD_NOT_ALLOWED');
    // an address of its own is never taken for the name of something
    const named = await api().put('/api/data-records/generate', {});
    refused(named, 405, 'METHOD_NOT_ALLOWED');
    expect(named.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('refuses an address that is too long', async () => {
    refused(await api().get(`/api/agreements/${'x'.repeat(2000)}`), 414, 'REQUEST_INVALID');
    refused(await api().get(`/api/agreements/${'x'.repeat(50_000)}`), 431, 'REQUEST_INVALID');
  });

  it('answers what is no request of HTTP with a code too', async () => {
    const answer = await rawAnswer(api().url, 'GET / HTTP/1.1\r\nhost: a\r\nb\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*\r\n\r\n\{"code":"REQUEST_INVALID",.*"next":/);
  });
};

/** What a response holds, by content type; one that names none has no schema. */
const contents = ({ content }: Loose): Loose[] => Object.values(content ?? { none: {} });

const pageLaws = (api: () => Client): void => {
  it('says that it is ready and counts what it has', async () => {
    expect((await api().get('/health/live')).status).toBe(200);
    expect((await api().get('/health/ready')).body).toEqual({ status: 'ready', task: 'running' });
    expect((await api().get('/api/counts')).body).toMatchObject({ agreements: 0, messages: 0 });
  });

  it.each(['/', '/graphiql', '/api/docs'])(
    'serves the page %s with local files only',
    async (path) => {
      const page = await api().get(path);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
      const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]*\.(?:js|css|svg))"/g)];
      expect(files.length).toBeGreaterThan(0);
      for (const [, file] of files) expect((await api().get(file)).status).toBe(200);
    },
  );

  it('describes parameters, answers and refusals of every operation in OpenAPI', async () => {
    const { body } = await api().get('/api/openapi.json');
    const operations = Object.entries<Loose>(body.paths).flatMap(([path, methods]) =>
      Object.entries<Loose>(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(operations.length).toBeGreaterThan(20);
    for (const { path, method, operation } of operations) {
      const named = operation.parameters.filter((each: Loose) => each.in === 'path');
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(named.map(({ name }: Loose) => name).sort()).toEqual(inPath.sort());
      const { default: refusal, ...answers } = operation.responses;
      const schemas = [...operation.parameters, ...Object.values<Loose>(answers).flatMap(contents)];
      const untyped = schemas.filter(
        ({ schema }: Loose) => !schema?.type && !schema?.$ref && !schema?.oneOf,
      );
      expect({ path, method, untyped }).toEqual({ path, method, untyped: [] });
      expect(contents(refusal)).toEqual([{ schema: { $ref: '#/components/schemas/Fault' } }]);
    }
    expect(body.components.schemas.Fault.required).toEqual(['code', 'message', 'next']);
  });

  it('describes its addresses as OpenAPI', async () => {
    const { body } = await api().get('/api/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/api/agreements',
        '/api/incoming-data-records',
        '/api/data-records-aggregates',
        '/api/data-records/{agreementId}/{year}/{month}/explain',
        '/api/feeds/{feed}/complete-through',
      ]),
    );
  });
};
