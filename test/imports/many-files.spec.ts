import { goodLine, ImporterInTest, until } from './importer-in-test.js';

const files = 1500;
/** About 3 s on a quiet machine; a query for each file in the folder made it an hour. */
const mostMs = 30_000;

it('reads thousands of small files without looking at all of them for each', async () => {
  const importer = ImporterInTest.at();
  for (let n = 0; n < files; n++) importer.drop(`${String(n).padStart(5, '0')}.csv`, goodLine(n));
  await importer.start();
  await until('all moved', mostMs, () => importer.names('done').length === files);
  const books = await importer.ended(files);
  expect(books.map(({ name }) => name)).toEqual(importer.names('done'));
  expect(books.every(({ lines, waiting }) => lines === 1 && waiting === 1)).toBe(true);
  expect(await importer.recordLines()).toEqual(books.map(({ id }) => [id, 1]));
  await importer.stopAndRemove();
}, 60_000);
