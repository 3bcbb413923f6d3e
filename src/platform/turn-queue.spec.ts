import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnQueue } from './turn-queue.js';

describe('a queue for turns of the event loop', () => {
  it('gives a turn to one at a time, in the order they came', async () => {
    const queue = new TurnQueue();
    const done: number[] = [];
    for (let n = 0; n < 5; n++) void queue.next().then(() => done.push(n));
    const seen: number[] = [];
    while (done.length < 5) {
      await nextTurn();
      seen.push(done.length);
    }
    expect(done).toEqual([0, 1, 2, 3, 4]);
    expect(seen.every((count, at) => count - (seen[at - 1] ?? 0) <= 1)).toBe(true);
  });

  it('lets who comes and who goes on take turns', async () => {
    const queue = new TurnQueue();
    const done: string[] = [];
    const waiting = [
      ...['a', 'b', 'c'].map((name) => queue.next().then(() => done.push(name))),
      ...['A', 'B'].map((name) => queue.next(true).then(() => done.push(name))),
    ];
    await Promise.all(waiting);
    expect(done.join('')).toBe('AaBbc');
  });

  it('is there again when it was empty', async () => {
    const queue = new TurnQueue();
    await queue.next();
    await queue.next(true);
    await queue.next();
  });
});
