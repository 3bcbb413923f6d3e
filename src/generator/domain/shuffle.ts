import type { JavaRandom } from './java-random.js';

/** Shuffles in place, draw for draw as java.util.Collections.shuffle(list, random). */
export function shuffle<T>(items: T[], random: JavaRandom): void {
  for (let size = items.length; size > 1; size--) {
    const other = random.nextInt(size);
    const last = items[size - 1];
    items[size - 1] = items[other];
    items[other] = last;
  }
}
