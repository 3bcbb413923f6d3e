import type { Client, Loose } from './api-client.js';

interface Told {
  readonly name: string;
  readonly operation: Loose;
}

const operationsOf = (document: Loose): Told[] =>
  Object.entries<Loose>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Loose>(methods).map(([method, operation]) => ({
      name: `${method} ${path}`,
      operation,
    })),
  );

/** Every schema within, with the place it stands in. */
const schemasWithin = (schema: Loose, place: string): [string, Loose][] => [
  [place, schema],
  ...Object.entries<Loose>(schema.properties ?? {}).flatMap(([name, each]) =>
    schemasWithin(each, `${place}.${name}`),
  ),
  ...(schema.items === undefined ? [] : schemasWithin(schema.items, `${place}[]`)),
  ...[...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((each: Loose) =>
    schemasWithin(each, place),
  ),
];

/** One that may also be null is an allOf of a name (OpenAPI 3.0). */
const withoutName = (schema: Loose): boolean =>
  schema.properties !== undefined || (schema.type === 'object' && !schema.allOf?.[0].$ref);

/** The served OpenAPI document is the program: names, bounds, forms. */
export const documentLaws = (api: () => Client): void => {
  const read: Read = async () => (await api().get('/api/openapi.json')).body;
  nameLaws(read);
  checkLaws(read);
  fieldLaws(api);
  reasonLaws(api);
};

type Read = () => Promise<Loose>;

const nameLaws = (read: Read): void => {
  it('tells of each operation what it is for, where it belongs and what it answers', async () => {
    const document = await read();
    const tags = new Set(document.tags.map(({ name }: Loose) => name));
    const operations = operationsOf(document);
    expect(operations.length).toBeGreaterThan(20);
    for (const { name, operation } of operations) {
      const { summary, description, operationId, responses } = operation;
      expect({ name, texts: [summary, description, operationId].every(Boolean) }).toEqual({
        name,
        texts: true,
      });
      expect(operation.tags.every((tag: string) => tags.has(tag))).toBe(true);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['4XX', 'default']));
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.servers).toHaveLength(1);
    expect(document.info.license.name).toBe('Apache-2.0');
  });

  it('has no shape without a name, and no number or place in it without bounds', async () => {
    const document = await read();
    const inPlace = operationsOf(document).flatMap(({ name, operation }) =>
      [
        ...operation.parameters,
        ...Object.values<Loose>(operation.requestBody?.content ?? {}),
        ...Object.values<Loose>(operation.responses).flatMap(({ content }) =>
          Object.values<Loose>(content ?? {}),
        ),
      ].flatMap(({ schema }) => schemasWithin(schema, name)),
    );
    expect(inPlace.filter(([, schema]) => withoutName(schema))).toEqual([]);
    const named = Object.entries<Loose>(document.components.schemas).flatMap(([name, schema]) =>
      schemasWithin(schema, name),
    );
    expect(named.filter(([place, schema]) => /[.[]/.test(place) && withoutName(schema))).toEqual(
      [],
    );
    const isUnbound = ({ type, minimum, maximum }: Loose): boolean =>
      type === 'integer' && (minimum === undefined || maximum === undefined);
    expect([...inPlace, ...named].filter(([, schema]) => isUnbound(schema))).toEqual([]);
  });
};

const checkLaws = (read: Read): void => {
  it('tells what is checked: bounds, patterns, words, nulls, no other fields', async () => {
    const { components, paths } = await read();
    const { schemas } = components;
    for (const name of [
      'AgreementInput',
      'IncomingDataRecord',
      'DataRecordUpsertRequest',
      'CompleteThrough',
    ]) {
      expect(schemas[name]).toMatchObject({ type: 'object', additionalProperties: false });
    }
    const msisdn = { type: 'string', pattern: '^[1-9][0-9]{0,14}$' };
    expect(schemas.Agreement.properties.msisdn).toMatchObject(msisdn);
    expect(schemas.AgreementInput.properties.msisdn.oneOf[0]).toEqual(msisdn);
    expect(schemas.MessageType.enum).toContain('BILLING_PERIOD_CLOSED');
    expect(schemas.RecordStatus.enum).toEqual(['counted', 'late', 'waiting']);
    expect(schemas.Agreements.properties.next.nullable).toBe(true);
    expect(schemas.Messages.properties.next.oneOf).toMatchObject([
      { type: 'integer', minimum: -1 },
      { type: 'string' },
    ]);
    expect(schemas.DataRecord.properties.recordedBytes.nullable).toBeUndefined();
    const { 'application/json': body } = paths['/api/agreements'].post.requestBody.content;
    expect(body.schema.oneOf[1]).toMatchObject({ type: 'array', minItems: 1 });
  });

  it.each([
    ['a text of Java', 'Agreement.signedAt', '2020-01-02T00:00+01:00[Europe/Warsaw]'],
    ['a text of Java with a part of a second', 'Agreement.signedAt', '2020-01-02T00:00:01.5Z'],
    ['the basic form', 'AgreementInput.signedAt', '20200102T0000+01'],
    ['a week date', 'AgreementInput.signedAt', '2020-W01-4T00:00:00,25Z[UTC]'],
    ['a Java date', 'MessageValue.latestRecordedAt', 'Fri Jan 10 23:00:00 UTC 2020'],
  ])('has a pattern that %s fits', async (_form, place, text) => {
    const [shape, field] = place.split('.');
    const { schemas } = (await read()).components;
    const { pattern } = schemas[shape].properties[field];
    expect(text).toMatch(new RegExp(pattern, 'u'));
    expect(`${text} `).not.toMatch(new RegExp(pattern, 'u'));
  });
};

const fieldLaws = (api: () => Client): void => {
  it('refuses every field that a shape does not have, whatever its name', async () => {
    const body = {
      recordedAt: '2020-01-02T00:00:00Z',
      internalRecordId: '8aae90a1-c2e7-33e5-9fab-f8f3e1900906',
      recordedBytes: 1,
    };
    const path = '/api/data-records/0b12c601-9287-3f5c-a78c-df508fe0f889';
    for (const name of [
      'other',
      'constructor',
      'prototype',
      'hasOwnProperty',
      'toString',
      'then',
    ]) {
      const put = await api().put(path, { ...body, [name]: '1' });
      expect(put.body).toMatchObject({ code: 'REQUEST_INVALID', message: `${name}: is not known` });
      const get = await api().get(`/api/import-files?${name}=1`);
      expect(get.body).toMatchObject({ code: 'REQUEST_INVALID', message: `${name}: is not known` });
    }
  });

  it('refuses a method an address does not have, also with a body it cannot read', async () => {
    for (const method of ['QUERY', 'PATCH', 'DELETE', 'PUT']) {
      for (const type of [undefined, 'text/plain']) {
        const body = type === undefined ? undefined : '{';
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const answer = await fetch(`${api().url}/api/counts`, { method, body, headers });
        expect({ method, type, status: answer.status }).toEqual({ method, type, status: 405 });
        expect(answer.headers.get('allow')).toBe('GET, HEAD');
      }
    }
  });

  it('takes a parameter once, and no list in place of it', async () => {
    const period = '/api/data-records/0b12c601-9287-3f5c-a78c-df508fe0f889/2020/1';
    for (const address of [period, `${period}/explain`, '/api/data-records-aggregates']) {
      for (const twice of ['after=-1&after=-1', 'limit=1&limit=1', 'after=null&after=null']) {
        const { status, body } = await api().get(`${address}?${twice}`);
        expect({ address, twice, status, code: body.code }).toEqual({
          ...{ address, twice },
          ...{ status: 400, code: 'REQUEST_INVALID' },
        });
      }
    }
  });
};

const reasonLaws = (api: () => Client): void => {
  it('tells all that is wrong with a request at once', async () => {
    const { body } = await api().get('/api/agreements?limit=0&after=x&msisdn=0&more=1');
    for (const name of ['limit', 'after', 'msisdn', 'more']) {
      expect(body.message).toContain(`${name}: `);
    }
    const path = '/api/data-records/0b12c601-9287-3f5c-a78c-df508fe0f889';
    const put = await api().put(path, { recordedAt: 'x', internalRecordId: 'x' });
    expect(put.body.message).toMatch(/recordedAt: .*; internalRecordId: .*; recordedBytes: /);
    const { message } = (await api().post('/api/incoming-data-records', { a: 1, msisdn: '0' }))
      .body;
    expect(message).toMatch(/externalId: .*; recordedAt: .*; msisdn: .*; recordedBytes: .*"a" is/);
    const arguments_ = 'agreementId: "x", year: 0, month: 13';
    const { errors } = (await api().graphql(`{ getTotalDataUsage(${arguments_}) }`)).body;
    expect(errors[0].message).toMatch(/agreementId: .*; year: .*; month: /);
  });

  it('has words in GraphQL where there are few, and places in a log by their name', async () => {
    const query =
      '{ __schema { types { kind name fields { name type { name ofType { name } } } } } }';
    const { types } = (await api().graphql(query)).body.data.__schema;
    const typeOf = (type: string, field: string): string => {
      const { fields } = types.find(({ name }: Loose) => name === type);
      const { name, ofType } = fields.find((each: Loose) => each.name === field).type;
      return name ?? `${ofType.name}!`;
    };
    expect(typeOf('Message', 'type')).toBe('MessageType!');
    expect(typeOf('ExplainedRecord', 'status')).toBe('RecordStatus!');
    expect(typeOf('ImportedFile', 'state')).toBe('ImportState!');
    expect(typeOf('Partition', 'state')).toBe('TaskState!');
    expect(typeOf('Message', 'offset')).toBe('Offset');
    expect(typeOf('ExplainedVersion', 'version')).toBe('Offset!');
    expect(typeOf('DataRecord', 'recordedBytes')).toBe('ByteCount'); // as the wire contract has it
  });
};
