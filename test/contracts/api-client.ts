import { CdrFileGenerator } from '../../src/generator/index.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into freely
export type Loose = any;

/** A program that listens, on a store of its own. */
export interface ApiUnderTest {
  readonly url: string;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly body: Loose;
  readonly headers: Headers;
}

export const ndjson = 'application/x-ndjson';
export const json = 'application/json';

interface Content {
  readonly body?: unknown;
  readonly type?: string;
}

const toBody = (body: unknown): string | Uint8Array<ArrayBuffer> =>
  body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);

/** Asks a program over HTTP; answers are read as JSON where they are. */
export const client = (url: string) => {
  const send = async (method: string, path: string, content: Content = {}) => {
    const { body, type = json } = content;
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            headers: { 'content-type': type },
            body: typeof body === 'string' ? body : toBody(body),
          }),
    });
    const text = await response.text();
    const answer = { status: response.status, type: response.headers.get('content-type') ?? '' };
    const isJson = answer.type.startsWith(json);
    return {
      ...answer,
      text,
      body: isJson ? JSON.parse(text) : undefined,
      headers: response.headers,
    } as Answer;
  };
  return {
    url,
    get: (path: string) => send('GET', path),
    del: (path: string) => send('DELETE', path),
    put: (path: string, body: unknown) => send('PUT', path, { body }),
    post: (path: string, body?: unknown, type?: string) => send('POST', path, { body, type }),
    graphql: (query: string, variables: object = {}) =>
      send('POST', '/graphql', { body: { query, variables } }),
  };
};

export type Client = ReturnType<typeof client>;

/** Reads until it is enough, for at most ten seconds. */
export const until = async (read: () => Promise<Loose>, enough: (value: Loose) => boolean) => {
  for (let turn = 0; turn < 500; turn++) {
    const value = await read();
    if (enough(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('waited too long');
};

/** Expects a refusal in its one shape. */
export const refused = (answer: Answer, status: number, code: string): void => {
  expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code });
  expect(answer.body).toMatchObject({ message: expect.any(String), next: expect.any(String) });
  expect(answer.text).not.toMatch(/\n\s+at |node_modules|\.ts:\d/);
};

/** The golden CDR file as records of the topic, one JSON object a line. */
export const goldenRecords = (): string =>
  Buffer.concat([...new CdrFileGenerator().nextFile().chunks()])
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const [externalId, recordedAt, msisdn, bytes] = line.split(';');
      return JSON.stringify({ externalId, recordedAt, msisdn, recordedBytes: Number(bytes) });
    })
    .join('\n');

export const goldenAgreement = '0b12c601-9287-3f5c-a78c-df508fe0f889';
export const goldenMsisdn = '48917846822';
export const messagesPath = '/api/data-records-aggregates';
export const firstRecord = '8aae90a1-c2e7-33e5-9fab-f8f3e1900906';
/** Of the golden agreement. */
export const period = `/api/data-records/${goldenAgreement}/2020`;

/** A cursor is a number or a text: what one answer calls `next` is `after` of the next one. */
export const messagesAfter = async (api: Client, after: number | string) =>
  (await api.get(`${messagesPath}?after=${after}`)).body.messages;

/** The first agreement of the demo and its records, all accepted. */
export const goldenRun = async (api: Client): Promise<void> => {
  await api.get('/api/agreements/generate');
  const answer = await api.post('/api/incoming-data-records', goldenRecords(), ndjson);
  expect(answer.body).toEqual({ accepted: 31, rejected: [] });
};
