import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { textStream } from './text-stream.js';

const pieceOf = (at: number): string => `${at}ż`.repeat(20_000);

describe('an answer in pieces', () => {
  let made = 0;
  const pieces = async function* (count: number): AsyncGenerator<string> {
    for (made = 0; made < count;) yield pieceOf(made++);
  };

  it('is all of it, in order', async () => {
    const all = await text(textStream(pieces(20)));
    expect(all).toBe(Array.from({ length: 20 }, (_, at) => pieceOf(at)).join(''));
  });

  it('is made no further than a piece or two ahead of who reads', async () => {
    const stream = textStream(pieces(100));
    stream.read(1);
    await sleep(20);
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(3);
    stream.destroy();
  });
});
