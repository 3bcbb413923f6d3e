import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { goodLines, ImporterInTest, sumOfBook } from './importer-in-test.js';

const gzip = { maxBytes: 4_000_000, maxRatio: 100 };
let importer: ImporterInTest;

beforeAll(async () => {
  importer = await ImporterInTest.started({ gzip });
});

afterAll(() => importer.stopAndRemove());

let files = 0;

const imported = async (content: Buffer) => {
  importer.drop(`file-${files + 1}.csv.gz`, content);
  const [book] = (await importer.ended(++files)).slice(-1);
  expect(sumOfBook(book)).toBe(book.lines);
  return book;
};

const failed = (reason: string) => ({ state: 'failed', reason });

it('.gz is refused while it is switched off', async () => {
  const off = await ImporterInTest.started();
  off.drop('a.csv.gz', gzipSync(goodLines(3)));
  off.drop('b.csv', goodLines(1));
  const [refused, read] = await off.ended(2);
  expect(refused).toMatchObject({ ...failed('FILE_GZIP_OFF'), lines: 0 });
  expect(read).toMatchObject({ state: 'done', lines: 1 });
  expect(off.names('failed')).toEqual(['a.csv.gz', 'a.csv.gz.reason.txt']);
  await off.stopAndRemove();
});

it('.gz is read when it is switched on', async () => {
  const book = await imported(gzipSync(`${goodLines(1000)}bad\n`));
  expect(book).toMatchObject({ state: 'done', lines: 1001, waiting: 1000, rejected: 1 });
});

it('all members of a .gz are read', async () => {
  const members = [1001, 1011, 1021].map((from) => gzipSync(goodLines(10, from)));
  expect(await imported(Buffer.concat(members))).toMatchObject({ state: 'done', lines: 30 });
});

it('zeros behind the end of a .gz are fine', async () => {
  const padded = Buffer.concat([gzipSync(goodLines(10, 1031)), Buffer.alloc(512)]);
  expect(await imported(padded)).toMatchObject({ state: 'done', lines: 10 });
});

it('something else behind the end of a .gz is told', async () => {
  const book = await imported(Buffer.concat([gzipSync(goodLines(10, 1041)), Buffer.from('rest')]));
  expect(book).toMatchObject(failed('FILE_GZIP_CORRUPT'));
});

it('megabytes of anything behind the end of a .gz are told', async () => {
  const junk = [Buffer.alloc(2_000_000), Buffer.alloc(2_000_000, 'x')];
  const padded = Buffer.concat([gzipSync(goodLines(10, 1071)), ...junk]);
  expect(await imported(padded)).toMatchObject(failed('FILE_GZIP_CORRUPT'));
});

it('a .gz that is cut off is told, its whole lines count', async () => {
  const whole = gzipSync(goodLines(20_000, 2000));
  const book = await imported(whole.subarray(0, whole.length / 2));
  expect(book).toMatchObject(failed('FILE_GZIP_CORRUPT'));
  expect(book.lines).toBeGreaterThan(5000);
  expect(book.waiting).toBe(book.lines);
});

it.each([
  ['random bytes', randomBytes(10_000)],
  ['text', Buffer.from(goodLines(10))],
  ['nothing', Buffer.alloc(0)],
])('a .gz of %s is told', async (_, content) => {
  expect(await imported(content)).toMatchObject({ ...failed('FILE_GZIP_CORRUPT'), lines: 0 });
});

it('a .gz whose check sum is wrong is told', async () => {
  const packed = gzipSync(goodLines(10, 1051));
  packed[packed.length - 5] ^= 1;
  expect(await imported(packed)).toMatchObject(failed('FILE_GZIP_CORRUPT'));
});

it('a .gz that unpacks to more than is allowed is told', async () => {
  const text = Buffer.from(randomBytes(2_100_000).toString('hex'));
  expect(await imported(gzipSync(text))).toMatchObject(failed('FILE_GZIP_TOO_LARGE'));
});

it('a .gz that grows more than is allowed is told', async () => {
  const book = await imported(gzipSync(Buffer.alloc(3_000_000, 'x')));
  expect(book).toMatchObject(failed('FILE_GZIP_RATIO'));
});

it('none of them stopped the importer', async () => {
  expect(await imported(gzipSync(goodLines(1, 1061)))).toMatchObject({ state: 'done', waiting: 1 });
});
