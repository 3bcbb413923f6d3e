import { ndjson, refused, type Client, type Loose } from './api-client.js';

const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const period = `/api/data-records/${agreementId}/2020`;
const arguments2020 = `agreementId: "${agreementId}", year: 2020, month: 1`;

/** So many records of January, some of one instant. */
const manyRecords = (count: number): string =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      externalId: `many-${n}`,
      recordedAt: new Date(Date.UTC(2020, 0, 2) + Math.floor(n / 3) * 1000).toISOString(),
      msisdn: '48917846822',
      recordedBytes: n,
    }),
  ).join('\n');

/** The answers of the golden run come page by page. */
export const pageByPageLaws = (api: () => Client): void => {
  it('answers a month page by page, each record once, and names the next page', async () => {
    const whole = (await api().get(`${period}/1`)).body;
    const found: Loose[] = [];
    let next = `${period}/1?limit=7`;
    for (let pages = 0; next !== ''; pages++) {
      expect(pages).toBeLessThan(6);
      const answer = await api().get(next);
      found.push(...answer.body);
      const link = /^<([^>]*)>; rel="next"$/.exec(answer.headers.get('link') ?? '');
      next = link === null ? '' : `${period}/1${link[1]}`;
    }
    expect(found).toEqual(whole);
    for (const bad of ['limit=0', 'limit=x', 'limit=10001', 'after=x', 'after=2020-01-01/1']) {
      expect((await api().get(`${period}/1?${bad}`)).body).toMatchObject({
        code: 'REQUEST_INVALID',
      });
    }
  });

  it('explains page by page: running totals go on, the rest is the same on each', async () => {
    const { records, next, ...rest } = (await api().get(`${period}/1/explain`)).body;
    expect(next).toBeNull();
    const found: Loose[] = [];
    let after = '';
    do {
      const page = (await api().get(`${period}/1/explain?limit=11${after}`)).body;
      found.push(...page.records);
      expect(page).toMatchObject(rest);
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(found).toEqual(records);
  });
};

/** Long answers come page by page, in REST and GraphQL alike. */
export const pagedLaws = (api: () => Client): void => {
  it('GraphQL refuses more records than one answer holds, and has them page by page', async () => {
    await api().get('/api/agreements/generate');
    await api().post('/api/incoming-data-records', manyRecords(2100), ndjson);
    const fields = '{ key { recordedAt internalRecordId } recordedBytes }';
    const whole = await api().graphql(`{ findDataRecords(${arguments2020}) ${fields} }`);
    expect(whole.body.errors[0].extensions).toMatchObject({ code: 'PERIOD_NEEDS_PAGES' });
    const found: Loose[] = [];
    let after = '';
    for (;;) {
      const page = `{ findDataRecords(${arguments2020}, limit: 1000 ${after}) ${fields} }`;
      const { findDataRecords } = (await api().graphql(page)).body.data;
      found.push(...findDataRecords);
      if (findDataRecords.length < 1000) break;
      const { recordedAt, internalRecordId } = findDataRecords.at(-1).key;
      after = `after: "${recordedAt}/${internalRecordId}"`;
    }
    const { body } = await api().get(`${period}/1`);
    expect(body).toHaveLength(2100);
    expect(found).toEqual(
      body.map(({ key, recordedBytes }: Loose) => {
        const { recordedAt, internalRecordId } = key;
        return { key: { recordedAt, internalRecordId }, recordedBytes };
      }),
    );
    const { next, totalRecordedBytes } = (await api().get(`${period}/1/explain`)).body;
    expect(totalRecordedBytes).toBe((2100 * 2099) / 2);
    expect(next).toMatch(/^1\d{3}\/\d+\/[0-9a-f-]{36}$/);
    refused(await api().get(`${period}/1/explain?after=x`), 400, 'REQUEST_INVALID');
  });
};
