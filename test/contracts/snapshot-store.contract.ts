import type { Snapshot, SnapshotStore } from '../../src/streaming/index.js';

export interface SnapshotStoreUnderTest {
  readonly store: SnapshotStore;
  /** Spoils what was kept of the snapshot at this offset. */
  damage(offset: number): Promise<void>;
  dispose(): Promise<void>;
}

const at = (offset: number, cursor = 0): { offset: number; cursor: number } => ({ offset, cursor });

const bytesOf = async (snapshot: Snapshot | undefined): Promise<number[][]> => {
  const chunks: number[][] = [];
  if (snapshot) for await (const chunk of snapshot.chunks()) chunks.push([...chunk]);
  return chunks;
};

/** What every SnapshotStore has to do; `open` makes an empty one. */
export const snapshotStoreContract = (open: () => Promise<SnapshotStoreUnderTest>): void => {
  let test: SnapshotStoreUnderTest;
  beforeEach(async () => void (test = await open()));
  afterEach(() => test.dispose());

  it('has none before one was saved', async () => {
    expect(await test.store.newestAtOrBelow(at(1e9))).toBeUndefined();
  });

  it('gives the chunks back in order, empty and large ones too', async () => {
    const large = Uint8Array.from({ length: 3_000_001 }, (_, n) => n * 7);
    await test.store.save(at(5, 2), [Uint8Array.of(1, 2), new Uint8Array(0), large]);
    const snapshot = await test.store.newestAtOrBelow(at(5, 2));
    expect(snapshot?.position).toEqual(at(5, 2));
    const chunks: Buffer[] = [];
    for await (const chunk of snapshot!.chunks()) chunks.push(Buffer.from(chunk));
    expect(chunks.map(({ length }) => length)).toEqual([2, 0, large.length]);
    expect(chunks[2].equals(large)).toBe(true);
  });

  it('may be given memory that is used again for the next chunk', async () => {
    const memory = new Uint8Array(2);
    const chunks = function* (): Generator<Uint8Array> {
      for (let n = 0; n < 3; n++) yield memory.fill(n);
    };
    await test.store.save(at(1), chunks());
    expect(await bytesOf(await test.store.newestAtOrBelow(at(1)))).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it('takes the newest of those at or below the position, by offset and then cursor', async () => {
    for (const [offset, cursor] of [
      [9, 0],
      [10, 3],
    ]) {
      await test.store.save(at(offset, cursor), [Uint8Array.of(offset, cursor)]);
    }
    expect((await test.store.newestAtOrBelow(at(10, 3)))?.position).toEqual(at(10, 3));
    expect((await test.store.newestAtOrBelow(at(10, 2)))?.position).toEqual(at(9));
    expect(await test.store.newestAtOrBelow(at(8))).toBeUndefined();
  });

  it('keeps the later of two at the same position', async () => {
    await test.store.save(at(4), [Uint8Array.of(1)]);
    await test.store.save(at(4), [Uint8Array.of(2)]);
    expect(await bytesOf(await test.store.newestAtOrBelow(at(4)))).toEqual([[2]]);
  });

  it('takes the one before when the newest is damaged, and none when both are', async () => {
    await test.store.save(at(1), [Uint8Array.of(1, 1, 1)]);
    await test.store.save(at(2), [Uint8Array.of(2, 2, 2)]);
    await test.damage(2);
    expect(await bytesOf(await test.store.newestAtOrBelow(at(3)))).toEqual([[1, 1, 1]]);
    await test.damage(1);
    expect(await test.store.newestAtOrBelow(at(3))).toBeUndefined();
  });
};
