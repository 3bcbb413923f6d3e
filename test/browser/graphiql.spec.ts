import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { OverageProcess } from '../faults/support/overage-process.js';
import {
  chapterInBrowser,
  expectQuietAndLocal,
  openPage,
  startBrowser,
  testInBrowser,
  type WatchedPage,
} from './support/real-browser.js';

const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const slow = 60_000;

const countNames = ['agreements', 'files', 'records', 'messages'] as const;
type Counts = Record<(typeof countNames)[number], number>;

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const startProgram = async (dataDir: string): Promise<OverageProcess> => {
  const env = { FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' };
  const program = await OverageProcess.start({ dataDir, env });
  if (!(await program.ready())) throw new Error(program.output);
  return program;
};

/** Asks as curl does and fails on an error. */
const ask = async (url: string): Promise<void> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${url}: ${await response.text()}`);
};

const goldenCounts: Counts = { agreements: 1, files: 1, records: 31, messages: 2 };

const goldenRunIsCounted = (program: OverageProcess): Promise<boolean> =>
  program.until(async () => {
    const counts = await program.get<Counts>('/api/counts');
    return countNames.every((name) => counts?.[name] === goldenCounts[name]);
  });

const makeGoldenRun = async (program: OverageProcess): Promise<void> => {
  await ask(`${program.url}/api/agreements/generate`);
  await ask(`${program.url}/api/incoming-data-records/generate`);
  await goldenRunIsCounted(program);
};

const countsOn = async (page: Page): Promise<Counts> => {
  const texts = await Promise.all(
    countNames.map(async (name) => [name, Number(await page.textContent(`#${name}`))]),
  );
  return Object.fromEntries(texts) as Counts;
};

/** CodeMirror keeps only the visible lines in the document, so the editor itself is asked. */
const valueOfEditor = (page: Page, where: string): Promise<string> =>
  page.evaluate(`document.querySelector('${where} .CodeMirror').CodeMirror.getValue()`);

const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe(chapterInBrowser('the pages in a real browser'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'overage-browser-'));
  let browser: Browser;
  let program: OverageProcess;
  const opened: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    program = await startProgram(join(folder, 'golden'));
    await makeGoldenRun(program);
  }, slow);

  afterAll(async () => {
    await Promise.all([browser?.close(), program?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }, slow);

  const open = async (url: string, width?: number): Promise<WatchedPage> => {
    const watched = await openPage(browser, new URL(url).origin, width);
    opened.push(() => watched.close());
    await watched.page.goto(url);
    return watched;
  };

  const openOn = (path: string, width?: number): Promise<WatchedPage> =>
    open(`${program.url}${path}`, width);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((close) => close()));
  }, slow);

  describe('the watch over a page', () => {
    testInBrowser(
      'tells a request to another origin, a page that is missing and an error of a script',
      async () => {
        const watched = await openOn('/');
        const { page } = watched;
        const other = 'http://elsewhere.invalid';
        await page.goto(`${program.url}/api/counts`);
        await page.setContent(`<img src="${other}/dot.png"><img src="data:image/gif;base64,R0">
          <script>setTimeout(() => { throw new Error('planted') });</script>
          <img src="${program.url}/missing.png">`);
        await page.waitForTimeout(500);
        expect(watched.foreignRequests).toEqual([`${other}/dot.png`]);
        expect(watched.problems).toEqual(
          expect.arrayContaining(['page: planted', `404 ${program.url}/missing.png`]),
        );
        expect(() => expectQuietAndLocal(watched)).toThrow();
      },
      slow,
    );
  });

  describe('GraphiQL', () => {
    testInBrowser(
      'has an example query in its editor that one click on Execute answers',
      async () => {
        const watched = await openOn('/graphiql');
        const { page } = watched;
        await page.waitForSelector('.graphiql-query-editor .CodeMirror');
        const query = await valueOfEditor(page, '.graphiql-query-editor');
        expect(query).toContain('getTotalDataUsage');
        expect(query).toContain('findDataRecords');
        expect(query).toContain(agreementId);
        await page.click('.graphiql-execute-button');
        const pane = '.graphiql-response .result-window';
        await page.waitForSelector(`${pane} >> text=getTotalDataUsage`);
        const answer = JSON.parse(await valueOfEditor(page, '.graphiql-response')) as {
          data: {
            agreement: object;
            getTotalDataUsage: string;
            findDataRecords: { recordedBytes: number }[];
          };
        };
        expect(answer.data.agreement).toEqual({
          msisdn: '48917846822',
          billingPeriodTimeZone: 'Europe/Warsaw',
          maxBytesInBillingPeriod: 5368709120,
        });
        expect(answer.data.getTotalDataUsage).toBe('13559994361 B\n13242182 KB\n12932 MB\n13 GB');
        expect(answer.data.findDataRecords).toHaveLength(30);
        expectQuietAndLocal(watched);
      },
      slow,
    );

    testInBrowser(
      'knows the schema and shows its documentation',
      async () => {
        const watched = await openOn('/graphiql');
        const { page } = watched;
        await page.click('button[aria-label="Show Documentation Explorer"]');
        await page.click('.graphiql-doc-explorer a:text-is("Query")');
        await page.waitForSelector('.graphiql-doc-explorer >> text=findDataRecords');
        expectQuietAndLocal(watched);
      },
      slow,
    );
  });

  describe('GraphiQL in a narrow window', () => {
    testInBrowser(
      'puts the answer below the query, over the whole width',
      async () => {
        const { page } = await openOn('/graphiql', 400);
        await page.waitForSelector('.graphiql-execute-button');
        const query = await page.locator('.graphiql-editors').boundingBox();
        const answer = await page.locator('.graphiql-response').boundingBox();
        expect(answer?.y).toBeGreaterThanOrEqual((query?.y ?? Infinity) + (query?.height ?? 0));
        expect(answer?.width).toBeGreaterThan(300);
        expect(answer?.height).toBeGreaterThan(250);
      },
      slow,
    );
  });

  describe('the page of the REST API', () => {
    testInBrowser(
      'shows every operation of the OpenAPI document and tries one out',
      async () => {
        const watched = await openOn('/api/docs');
        const { page } = watched;
        await page.waitForSelector('.opblock');
        const document = await program.get<OpenApi>('/api/openapi.json');
        const operations = Object.values(document?.paths ?? {}).flatMap(Object.keys);
        expect(operations.length).toBeGreaterThan(15);
        expect(await page.locator('.opblock').count()).toBe(operations.length);
        const counts = page.locator('.opblock', { hasText: '/api/counts' });
        await counts.locator('.opblock-summary').click();
        await counts.locator('.try-out__btn').click();
        await counts.locator('.execute').click();
        await counts.locator('.live-responses-table .response-col_status >> text=200').waitFor();
        expect(await counts.locator('.live-responses-table').textContent()).toContain('31');
        expectQuietAndLocal(watched);
      },
      slow,
    );
  });

  describe('the first page', () => {
    testInBrowser(
      'links to GraphiQL and to the REST API, and both open',
      async () => {
        const watched = await openOn('/');
        const { page } = watched;
        await page.click('a[href="/graphiql"]');
        await page.waitForSelector('.graphiql-execute-button');
        await page.goBack();
        await page.click('a[href="/api/docs"]');
        await page.waitForSelector('.opblock');
        expectQuietAndLocal(watched);
      },
      slow,
    );

    testInBrowser(
      'shows files and messages with units and zones, and leads to the explanation',
      async () => {
        const watched = await openOn('/');
        const { page } = watched;
        await page.waitForSelector('#message-rows tr');
        const messages = (await page.locator('#message-rows tr').allInnerTexts()).join('\n');
        expect(messages).toMatch(/BILLING_PERIOD_CLOSED[^]*DATA_PLAN_EXCEEDED/);
        expect(messages).toContain('13,559,994,361 B');
        expect(messages).toContain('5,368,709,120 B');
        expect(messages).toContain('Thu Jan 30 23:00:00 UTC 2020');
        expect(messages).toContain('Europe/Warsaw');
        const file = await page.locator('#file-rows tr').innerText();
        expect(file).toContain('idr_000_2020-01-02_1349856c-14bb-33a0-ae31-b3df49201961.csv');
        expect(file).toMatch(/finished \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
        const explain = await page.getAttribute('#message-rows a', 'href');
        expect(explain).toBe(`/api/data-records/${agreementId}/2020/1/explain`);
        expectQuietAndLocal(watched);
        await page.click('#message-rows a');
        expect(await page.textContent('body')).toContain('"runningTotalBytes":13559994361');
      },
      slow,
    );

    testInBrowser(
      'tells the next step until there are records, then shows them without being reloaded',
      async () => {
        const empty = await startProgram(join(folder, 'empty'));
        opened.push(() => empty.stop());
        const watched = await open(empty.url);
        const { page } = watched;
        const followNextStep = async (address: string): Promise<void> => {
          await page.waitForSelector(`#next-command:visible:has-text("${address}")`);
          const [, url] =
            /^curl (\S+)$/.exec((await page.textContent('#next-command')) ?? '') ?? [];
          expect(url).toBe(`${empty.url}${address}`);
          await ask(url);
        };
        await page.waitForSelector('#next-step:visible');
        expect(await countsOn(page)).toEqual({ agreements: 0, files: 0, records: 0, messages: 0 });
        expect(await page.isVisible('#files-section, #messages-section')).toBe(false);
        await followNextStep('/api/agreements/generate');
        await followNextStep('/api/incoming-data-records/generate');
        await goldenRunIsCounted(empty);
        await page.waitForSelector('#message-rows tr >> text=BILLING_PERIOD_CLOSED');
        expect(await countsOn(page)).toEqual(goldenCounts);
        expect(await page.isVisible('#next-step')).toBe(false);
        expectQuietAndLocal(watched);
        await empty.stop();
        await page.waitForSelector('#fault:visible >> text=does not answer');
      },
      slow,
    );
  });

  testInBrowser.each(['/', '/graphiql', '/api/docs'])(
    '%s fits a window of 400 pixels without scrolling sideways',
    async (path) => {
      const watched = await openOn(path, 400);
      const { page } = watched;
      await page.waitForSelector('#message-rows tr, .graphiql-execute-button, .opblock');
      expect(await overflowOf(page)).toBe(0);
      expectQuietAndLocal(watched);
    },
    slow,
  );
});
