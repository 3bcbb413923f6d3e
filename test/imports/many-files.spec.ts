import { goodLine, ImporterInTest } from './importer-in-test.js';

const files = Number(process.env.N ?? 5000);

it('reads thousands of small files in time that grows with their number only', async () => {
  const importer = ImporterInTest.at();
  for (let n = 0; n < files; n++) importer.drop(`${String(n).padStart(5, '0')}.csv`, goodLine(n));
  const startedMs = performance.now();
  await importer.start();
  const books = await importer.ended(files, 120_000);
  const ms = performance.now() - startedMs;
  console.log(ms);
  expect(
    books.every(({ state, lines, waiting }) => state === 'done' && lines === 1 && waiting === 1),
  ).toBe(true);
  expect(await importer.recordLines()).toEqual(books.map(({ id }) => [id, 1]));
  await importer.stopAndRemove();
}, 180_000);
