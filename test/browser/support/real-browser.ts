import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * The browser to test in: CHROMIUM_PATH, else the first known name on the PATH. Undefined when
 * there is none; a CHROMIUM_PATH that leads nowhere is a mistake and fails the launch.
 */
const browserPath = (): string | undefined => {
  const { CHROMIUM_PATH: given, PATH = '' } = process.env;
  if (given) return given;
  const folders = PATH.split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
};

const executablePath = browserPath();

const reason = `NO BROWSER: none of ${names.join(', ')} on PATH and no CHROMIUM_PATH`;

/** `test`, or without a browser `test.skip`: the launcher names each skipped test at its end. */
export const testInBrowser = executablePath === undefined ? test.skip : test;

/** The name of a chapter whose tests need a browser; without one it says why they are skipped. */
export const chapterInBrowser = (name: string): string => {
  if (executablePath !== undefined) return name;
  process.stderr.write(`\n${reason}. NOT TESTED: ${name}.\n\n`);
  return `${reason}: ${name}`;
};

/** A browser that finds no name and no address but this machine's own. */
export const startBrowser = (): Promise<Browser> => {
  const rootOnly = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    args: ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', ...rootOnly],
  });
};

/** A page, and what it did that it must not. */
export interface WatchedPage {
  readonly page: Page;
  /** How many requests went to the program. */
  readonly ownRequests: () => number;
  /** Every request to another origin; `data:` and `blob:` stay inside the browser. */
  readonly foreignRequests: readonly string[];
  /** Console errors, uncaught errors, and answers of 400 or more. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

const originOf = (url: string): string => {
  const { protocol, host } = new URL(url);
  return protocol === 'ws:' ? `http://${host}` : `${protocol}//${host}`;
};

const watch = (context: BrowserContext, page: Page, origin: string): Omit<WatchedPage, 'close'> => {
  const foreignRequests: string[] = [];
  const problems: string[] = [];
  let own = 0;
  const onRequest = (url: string): void => {
    if (/^(data|blob):/.test(url)) return;
    if (originOf(url) === origin) own++;
    else foreignRequests.push(url);
  };
  // The context hears workers and windows that the page opens, the page only itself.
  context.on('request', (request) => onRequest(request.url()));
  context.on('page', (opened) => opened.on('websocket', (socket) => onRequest(socket.url())));
  page.on('websocket', (socket) => onRequest(socket.url()));
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  context.on('weberror', (webError) => problems.push(`page: ${webError.error().message}`));
  return { page, ownRequests: () => own, foreignRequests, problems };
};

/** Opens a window without history or storage that watches everything asked for from now on. */
export const openPage = async (
  browser: Browser,
  origin: string,
  width = 1280,
): Promise<WatchedPage> => {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { ...watch(context, page, origin), close: () => context.close() };
};

/** The law of every page: all it needs comes from the program, and nothing goes wrong. */
export const expectQuietAndLocal = (watched: WatchedPage): void => {
  expect(watched.foreignRequests).toEqual([]);
  expect(watched.problems).toEqual([]);
  expect(watched.ownRequests()).toBeGreaterThan(1);
};
