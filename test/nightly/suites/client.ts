import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

/** Seven calls as somebody makes them who knows the program by its document alone. */
const client = createClient<paths>({ baseUrl: process.argv[2] });

const agreementId = '6f1f2f5e-9a55-4c4e-8f4e-0d4f0f3a1b11';
const period = { agreementId, year: 2020, month: 2 };

const must = <T>(answer: { data?: T; error?: unknown; response: Response }): T => {
  if (answer.data !== undefined) return answer.data;
  throw new Error(`${answer.response.url}: ${JSON.stringify(answer.error)}`);
};

const added = must(
  await client.POST('/api/agreements', {
    body: {
      id: agreementId,
      msisdn: '48600700800',
      signedAt: '2020-01-01T00:00:00Z',
      serviceStartAt: '2020-02-01T00:00:00Z',
      billingPeriodTimeZone: 'Europe/Warsaw',
      maxBytesInBillingPeriod: 100,
    },
  }),
);
const sent = must(
  await client.POST('/api/incoming-data-records', {
    body: {
      externalId: 'one',
      recordedAt: '2020-02-03T10:00+01:00[Europe/Warsaw]',
      msisdn: '48600700800',
      recordedBytes: 120,
    },
  }),
);
const agreement = must(
  await client.GET('/api/agreements/{id}', { params: { path: { id: agreementId } } }),
);
const records = must(
  await client.GET('/api/data-records/{agreementId}/{year}/{month}', { params: { path: period } }),
);
const why = must(
  await client.GET('/api/data-records/{agreementId}/{year}/{month}/explain', {
    params: { path: period },
  }),
);
const told = must(
  await client.GET('/api/data-records-aggregates', { params: { query: { wait: 20 } } }),
);
const files = must(await client.GET('/api/import-files', { params: { query: { limit: 10 } } }));

console.log(
  JSON.stringify({
    added: added.accepted,
    sent: sent.accepted,
    msisdn: agreement.msisdn,
    bytes: records.map(({ recordedBytes }) => recordedBytes),
    total: why.totalRecordedBytes,
    types: told.messages.map(({ value }) => value.type),
    files: files.items.length,
  }),
);
