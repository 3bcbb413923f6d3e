import { setTimeout as sleep } from 'node:timers/promises';

/** How often a waiting request looks again; a person and a test notice nothing below this. */
const lookEveryMs = 25;

/**
 * Reads again and again until there is something or the wait is over, and answers the last
 * reading. Ends early when the caller has gone or the program stops.
 */
export const pollUntil = async <T>(options: {
  read: () => Promise<T>;
  enough: (value: T) => boolean;
  waitMs: number;
  gone: () => boolean;
}): Promise<T> => {
  const end = performance.now() + options.waitMs;
  for (;;) {
    const value = await options.read();
    if (options.enough(value) || options.gone() || performance.now() >= end) return value;
    await sleep(Math.min(lookEveryMs, Math.max(1, end - performance.now())));
  }
};
