import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { ImporterInTest } from './importer-in-test.js';

const lines = 3400;
/** The store alone may take 128 MiB. */
const mostMoreBytes = 320 * 1024 * 1024;

it('a file of 200 MB of long bad lines is read in flat memory', async () => {
  const importer = await ImporterInTest.started();
  const draft = openSync(importer.path('tmp_large'), 'w');
  const line = Buffer.from(`${';'.repeat(60_000)}\n`);
  for (let n = 0; n < lines; n++) writeSync(draft, line);
  closeSync(draft);
  const atStart = process.memoryUsage().rss;
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  renameSync(importer.path('tmp_large'), importer.path('large.csv'));
  const [book] = await importer.ended(1, 60_000);
  clearInterval(watching);
  expect(book).toMatchObject({ state: 'done', lines, rejected: lines });
  expect(importer.warnings()).toEqual([]);
  expect(most - atStart).toBeLessThan(mostMoreBytes);
  await importer.stopAndRemove();
}, 90_000);
