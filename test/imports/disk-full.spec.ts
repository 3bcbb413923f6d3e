import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { goodLines, ImporterInTest, until } from './importer-in-test.js';

const disk = mkdtempSync(join(tmpdir(), 'overage-disk-'));
const run = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const isMounted = run('mount', '-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk);

afterAll(() => {
  if (isMounted) run('umount', disk);
  rmSync(disk, { recursive: true, force: true });
});

(isMounted ? it : it.skip)(
  'on a small disk that is full the import waits, says so once, and goes on when there is room',
  async () => {
    const importer = ImporterInTest.at({ pauseMs: (ms) => sleep(Math.min(ms, 200)) }, disk);
    const lines = 60_000;
    for (const [index, name] of ['a.csv', 'b.csv', 'c.csv'].entries()) {
      importer.drop(name, goodLines(lines, 1 + index * lines));
    }
    const filler = join(disk, 'filler');
    await importer.start();
    await until('some lines', 10_000, async () => ((await importer.books())[2]?.lines ?? 0) > 0);
    writeFileSync(filler, '');
    for (let size = 20_000_000; size >= 1000; size /= 2) {
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
      } catch {
        // full for pieces of this size
      }
    }
    await until('told', 20_000, () => importer.warnings().length > 0);
    await sleep(1000);
    expect(importer.warnings().map(({ facts }) => facts.code)).toEqual(['DISK_FULL']);
    rmSync(filler);
    const books = await importer.ended(3, 30_000);
    for (const book of books) {
      expect(book).toMatchObject({ state: 'done', lines, waiting: lines, duplicate: 0 });
    }
    expect(await importer.recordLines()).toHaveLength(3 * lines);
    await importer.stop();
  },
  60_000,
);
