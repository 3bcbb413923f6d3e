import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FileSnapshotStore } from './file-snapshot-store.js';

const at = (offset: number): { offset: number; cursor: number } => ({ offset, cursor: 0 });

describe('FileSnapshotStore', () => {
  let directory: string;
  let lines: string[];
  const store = (storeId = 'store-1', application = 'usage', stateFormat = 1): FileSnapshotStore =>
    new FileSnapshotStore({
      ...{ directory, application, stateFormat, storeId },
      log: (line) => lines.push(line),
    });
  const files = (): string[] => readdirSync(directory).sort();
  const chunks = [Uint8Array.of(1, 2, 3), new Uint8Array(2_000_000).fill(7)];

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'overage-')), 'snapshots');
    lines = [];
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

  it('keeps the newest two', async () => {
    for (const offset of [5, 10, 100]) await store().save(at(offset), chunks);
    expect(files()).toEqual(['usage-10-0.snapshot', 'usage-100-0.snapshot']);
  });

  it('uses no snapshot of another store or another application', async () => {
    await store('store-2').save(at(5), chunks);
    await store('store-1', 'other').save(at(6), chunks);
    expect(await store().newestAtOrBelow(at(9))).toBeUndefined();
    expect(lines.join()).toContain('it is of another store');
  });

  it('uses no snapshot of another format of the state', async () => {
    await store('store-1', 'usage', 2).save(at(5), chunks);
    expect(await store().newestAtOrBelow(at(9))).toBeUndefined();
    expect(lines.join()).toContain('another version of the program');
  });

  it('removes a snapshot ahead of the position, as a restored backup leaves it', async () => {
    await store().save(at(5), chunks);
    await store().save(at(9), chunks);
    expect((await store().newestAtOrBelow(at(7)))?.position).toEqual(at(5));
    expect(files()).toEqual(['usage-5-0.snapshot']);
    expect(lines).toHaveLength(1);
  });

  it('never uses a file of which a byte was changed or the end was lost', async () => {
    await store().save(at(1), [Uint8Array.of(9)]);
    await store().save(at(2), chunks);
    const path = join(directory, 'usage-2-0.snapshot');
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (place, cut) => {
        writeFileSync(path, whole);
        if (cut) truncateSync(path, place);
        else
          writeFileSync(
            path,
            whole.map((byte, n) => (n === place ? byte ^ 64 : byte)),
          );
        lines = [];
        expect((await store().newestAtOrBelow(at(3)))?.position).toEqual(at(1));
        expect(lines).toHaveLength(1);
      }),
      {
        numRuns: 25,
        examples: [
          [0, true],
          [3, false],
          [whole.length - 1, false],
        ],
      },
    );
  });

  it('leaves nothing half when the state cannot be saved', async () => {
    await store().save(at(1), chunks);
    const failing = function* (): Generator<Uint8Array> {
      yield chunks[1];
      throw new Error('a bug of the application');
    };
    await expect(store().save(at(2), failing())).rejects.toThrow('a bug of the application');
    expect(files()).toEqual(['usage-1-0.snapshot']);
  });

  it('tells when the disk refuses a snapshot, and goes on without it', async () => {
    const refused = store();
    rmSync(directory, { recursive: true });
    await refused.save(at(1), chunks);
    expect(lines[0]).toContain('was not saved');
  });

  it('begins each chunk in memory of its own, so that it can be seen as numbers', async () => {
    await store().save(at(1), [Uint8Array.of(1), new Uint8Array(Float64Array.of(2.5).buffer)]);
    const snapshot = await store().newestAtOrBelow(at(1));
    const read: Uint8Array[] = [];
    for await (const chunk of snapshot!.chunks()) read.push(chunk);
    expect(new Float64Array(read[1].buffer, read[1].byteOffset, 1)[0]).toBe(2.5);
  });
});
