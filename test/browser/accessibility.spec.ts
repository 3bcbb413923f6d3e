import type axe from 'axe-core';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { OverageProcess } from '../faults/support/overage-process.js';
import { chapterInBrowser, openPage, startBrowser, testInBrowser } from './support/real-browser.js';

const slow = 60_000;

/** It runs in the page; here there is no document for it. */
const axeSource = readFileSync(join(process.cwd(), 'node_modules/axe-core/axe.min.js'), 'utf8');

/** What others' pages bring along, by rule; nothing of it is in what we wrote. */
const ofGraphiql = {
  'color-contrast': 'its theme, in the logo and in what the editor colours',
  label: 'the text areas that CodeMirror types into',
  'nested-interactive': 'its tabs hold a button to close them',
  'scrollable-region-focusable':
    'the scrolled area of CodeMirror; the text area in it has the focus',
};
const ofSwagger = {
  'color-contrast': 'its theme',
  'heading-order': 'tags are h3 below an h1 or h2 of the title',
  'nested-interactive': 'its operations open by a button that holds others',
  region: 'its title and list of servers stand above its own main',
  'select-name': 'the list of servers',
};

const pages = [
  { path: '/', ready: '#next-step:visible', others: {} },
  { path: '/graphiql', ready: '.graphiql-query-editor .CodeMirror', others: ofGraphiql },
  { path: '/api/docs', ready: '.opblock', others: ofSwagger },
];

describe(chapterInBrowser('the pages, by axe'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'overage-axe-'));
  let browser: Browser;
  let program: OverageProcess;

  beforeAll(async () => {
    browser = await startBrowser();
    program = await OverageProcess.start({ dataDir: folder });
    if (!(await program.ready())) throw new Error(program.output);
  }, slow);
  afterAll(async () => {
    await Promise.all([browser?.close(), program?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }, slow);

  testInBrowser.each(pages)(
    '$path keeps nobody out',
    async ({ path, ready, others }) => {
      const { page, close } = await openPage(browser, program.url);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(program.url + path);
      await page.waitForSelector(ready);
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
      const found = violations.filter(({ id }) => !Object.hasOwn(others, id));
      expect(found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      await close();
    },
    slow,
  );
});
