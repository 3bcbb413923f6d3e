import {
  goldenAgreement,
  goldenMsisdn,
  messagesAfter,
  messagesPath,
  firstRecord,
  period,
  refused,
  goldenRecords,
  ndjson,
  until,
  type Client,
  type Loose,
} from './api-client.js';
import { pageByPageLaws } from './paged.contract.js';

/** What can be asked of the golden run. Nothing here changes what it left: one run does for all. */
export const goldenRunLaws = (api: () => Client): void => {
  answerLaws(api);
  pageByPageLaws(api);
  explainLaws(api);
  refusedCorrectionLaws(api);
  messagePageLaws(api);
  graphqlAnswerLaws(api);
  partitionLaws(api);
};

const answerLaws = (api: () => Client): void => {
  it('answers the golden run with the fields of the wire contract in their order', async () => {
    const { text } = await api().get('/api/data-records-aggregates');
    expect(text).toContain(
      `"value":{"agreementId":"${goldenAgreement}","year":2020,"month":1,` +
        '"latestRecordedAt":"Fri Jan 10 23:00:00 UTC 2020",' +
        '"latestInternalRecordId":"523d8cc7-e611-3508-90bc-fab260b2973e",' +
        '"totalRecordedBytes":5697948758,"billingPeriodTimeZone":"Europe/Warsaw",' +
        '"maxBytesInBillingPeriod":5368709120,"type":"DATA_PLAN_EXCEEDED"}',
    );
    expect(text).toContain(
      '"latestRecordedAt":"Thu Jan 30 23:00:00 UTC 2020",' +
        '"latestInternalRecordId":"b58a3008-23a9-384c-b4e6-2cc837d1ef07",' +
        '"totalRecordedBytes":13559994361',
    );
    const messages = await messagesAfter(api(), -1);
    expect(messages.map(({ key, timestamp }: Loose) => [key, timestamp])).toEqual([
      [goldenAgreement, 1580511599999],
      [goldenAgreement, 1580511599999],
    ]);
  });

  it('answers a period newest first, the month with or without a leading zero', async () => {
    const { body } = await api().get(`${period}/1`);
    expect(body).toHaveLength(30);
    expect(body[29]).toEqual({
      key: {
        agreementId: goldenAgreement,
        year: 2020,
        month: 1,
        recordedAt: '2020-01-01T23:00:00.000+00:00',
        internalRecordId: firstRecord,
      },
      recordedBytes: 825012938,
    });
    const times = body.map(({ key }: Loose) => key.recordedAt);
    expect(times).toEqual([...times].sort().reverse());
    expect((await api().get(`${period}/01`)).body).toEqual(body);
  });

  it('answers the total as four lines of plain text', async () => {
    const answer = await api().get(`${period}/1/total-data-used`);
    expect(answer.type).toMatch(/^text\/plain/);
    expect(answer.text).toBe('13559994361 B\n13242182 KB\n12932 MB\n13 GB');
  });
};

const explainLaws = (api: () => Client): void => {
  it('explains a total record by record, and names the crossing record', async () => {
    const { body } = await api().get(`${period}/1/explain`);
    expect(body.records).toHaveLength(30);
    let total = 0;
    for (const record of body.records) {
      total += record.recordedBytes;
      expect(record.runningTotalBytes).toBe(total);
    }
    expect(body).toMatchObject({ totalRecordedBytes: total, exceeded: true, closed: true });
    expect(body.crossingRecord).toMatchObject({
      internalRecordId: '523d8cc7-e611-3508-90bc-fab260b2973e',
      runningTotalBytes: 5697948758,
    });
    expect(body.agreement).toMatchObject({ id: goldenAgreement, msisdn: goldenMsisdn });
    expect(body.messages.map(({ value }: Loose) => value.type)).toEqual([
      'DATA_PLAN_EXCEEDED',
      'BILLING_PERIOD_CLOSED',
    ]);
  });

  it('takes the same records again and changes nothing', async () => {
    const before = (await api().get(`${period}/1/explain`)).text;
    const again = await api().post('/api/incoming-data-records', goldenRecords(), ndjson);
    expect(again.body).toEqual({ accepted: 31, rejected: [] });
    expect((await api().get(`${period}/1/explain`)).text).toBe(before);
  });
};

const refusedCorrectionLaws = (api: () => Client): void => {
  const path = `/api/data-records/${goldenAgreement}`;
  const correction = {
    recordedAt: '2020-01-02T00:00:00+01:00',
    internalRecordId: firstRecord,
    recordedBytes: 1000,
  };

  it('refuses a correction outside the agreement', async () => {
    const early = { ...correction, recordedAt: '2019-05-01T00:00Z' };
    refused(await api().put(path, early), 409, 'AGREEMENT_NOT_IN_FORCE');
  });

  it.each([
    ['an unknown field', { ...correction, x: 1 }],
    ['a time without offset', { ...correction, recordedAt: '2020-01-02T00:00:00' }],
    ['negative bytes', { ...correction, recordedBytes: -1 }],
    ['a part of a byte', { ...correction, recordedBytes: 0.5 }],
    ['more than 2^53 - 1 bytes', { ...correction, recordedBytes: 2 ** 53 }],
    ['bytes as text', { ...correction, recordedBytes: '1' }],
    ['an id that is no UUID', { ...correction, internalRecordId: 'x' }],
    ['an id of zeros', { ...correction, internalRecordId: '00000000-0000-0000-0000-000000000000' }],
    ['a list', [correction]],
  ])('refuses a correction with %s', async (_fault, body) => {
    const answer = await api().put(path, body);
    refused(answer, 400, 'REQUEST_INVALID');
    expect((await api().get(`${period}/1`)).body[29].recordedBytes).toBe(825012938);
  });
};

const messagePageLaws = (api: () => Client): void => {
  it('hands out messages page by page, and where to go on', async () => {
    const all = (await api().get('/api/data-records-aggregates')).body;
    expect(all.messages).toHaveLength(2);
    const one = (await api().get('/api/data-records-aggregates?limit=1')).body;
    expect(one.messages).toEqual(all.messages.slice(0, 1));
    const two = (await api().get(`/api/data-records-aggregates?after=${one.next}`)).body;
    expect(two).toEqual({ messages: all.messages.slice(1), next: all.next });
    const none = (await api().get(`/api/data-records-aggregates?after=${two.next}`)).body;
    expect(none).toEqual({ messages: [], next: all.next });
  });

  it('hands out the newest messages, and where to go on behind them', async () => {
    const all = (await api().get('/api/data-records-aggregates')).body;
    const one = (await api().get('/api/data-records-aggregates?latest=1')).body;
    expect(one).toEqual({ messages: all.messages.slice(1), next: all.next });
    expect((await api().get('/api/data-records-aggregates?latest=9')).body).toEqual(all);
  });

  it('goes on behind a cursor in GraphQL as in REST', async () => {
    const all = (await api().graphql('{ messages { cursor value } }')).body.data.messages;
    expect(all).toHaveLength(2);
    const query = 'query ($from: String) { messages(cursor: $from) { cursor value } }';
    const { body } = await api().graphql(query, { from: all[0].cursor });
    expect(body.data.messages).toEqual(all.slice(1));
    const [{ value }] = await messagesAfter(api(), all[0].cursor);
    expect(JSON.parse(all[1].value)).toEqual(value);
  });

  it.each(['x', '-2', '1.5', '', '0:', '0:1,', '0:1,0:2', '99:1', '0:99999999999999999'])(
    'refuses %j, which is no cursor',
    async (after) => {
      const path = `/api/data-records-aggregates?after=${encodeURIComponent(after)}`;
      refused(await api().get(path), 400, 'REQUEST_INVALID');
      const { body } = await api().graphql(
        `{ messages(cursor: ${JSON.stringify(after)}) { key } }`,
      );
      expect(body.errors[0].extensions.code).toBe('REQUEST_INVALID');
    },
  );
};

const graphqlAnswerLaws = (api: () => Client): void => {
  const args = `agreementId: "${goldenAgreement}", year: 2020, month: 1`;

  it('answers the operations of the wire contract', async () => {
    const { body } = await api().graphql(
      `{ findDataRecords(${args}) { key { agreementId year month recordedAt internalRecordId }
           recordedBytes }
         getTotalDataUsage(${args}) }`,
    );
    expect(body.data.findDataRecords).toEqual((await api().get(`${period}/1`)).body);
    expect(body.data.getTotalDataUsage).toMatch(/^13559994361 B\n/);
  });

  it('takes offsets of messages beyond 32 bits', async () => {
    const all = (await api().graphql('{ messages { cursor } }')).body.data.messages;
    // a cursor is an offset, or one behind each `partition:`
    const far = all.at(-1).cursor.replaceAll(/\d+(?=,|$)/g, '4294967296');
    const { body } = await api().graphql(`{ messages(cursor: "${far}") { offset } }`);
    expect(body.errors[0].extensions.code).toBe('CURSOR_BEYOND_END');
    refused(await api().get(`${messagesPath}?after=${far}&wait=60`), 400, 'CURSOR_BEYOND_END');
  });

  it('answers agreements, explanations and messages too', async () => {
    const { body } = await api().graphql(
      `{ agreement(id: "${goldenAgreement}") { msisdn maxBytesInBillingPeriod }
         agreements(msisdn: "${goldenMsisdn}") { id }
         explain(${args}) { totalRecordedBytes crossingRecord { internalRecordId }
           records { runningTotalBytes earlierVersions { version } } }
         messages { offset type year month } }`,
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.agreement.msisdn).toBe(goldenMsisdn);
    expect(body.data.agreements).toEqual([{ id: goldenAgreement }]);
    expect(body.data.explain.records.at(-1).runningTotalBytes).toBe(13559994361);
    expect(body.data.messages).toHaveLength(2);
  });
};

const partitionLaws = (api: () => Client): void => {
  it('tells who counts each partition, and that nothing is behind', async () => {
    const items = await until(
      async () => (await api().get('/api/partitions')).body.items,
      (all) => all.every(({ lag }: Loose) => lag === 0) && all.some((one: Loose) => one.watermark),
    );
    items.forEach((item: Loose, partition: number) => {
      expect(item).toMatchObject({ partition, state: 'running', cursor: 0, cause: null });
      expect(item.owner).toMatch(/./);
      expect(Date.parse(item.updatedAt)).toBeGreaterThan(0);
    });
    const positions = items.map(({ position }: Loose) => position);
    expect(Math.max(...positions)).toBeGreaterThan(31); // the agreement and its records
    const fields = 'partition owner state position cursor end lag openPeriods watermark cause';
    const { body } = await api().graphql(`{ partitions { ${fields} } }`);
    const inRest = items.map((item: Loose) =>
      Object.fromEntries(fields.split(' ').map((name) => [name, item[name]])),
    );
    expect(body.data.partitions).toEqual(inRest);
  });
};
