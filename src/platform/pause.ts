import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** Waits; used where something is tried again. */
export const pauseFor = async (ms: number): Promise<void> => {
  await sleep(ms);
};

/** Waits where nothing is lost if the program ends meanwhile: it does not keep it alive. */
export const restFor = async (ms: number): Promise<void> => {
  await sleep(ms, undefined, { ref: false });
};

/** Lets everything else that is due go first: called between the pieces of long work. */
export const nextTurn = async (): Promise<void> => {
  await setImmediate();
};

/** Does the work every so often, one after the other, until the answer is called. */
export const every = (ms: number, work: () => Promise<void>): (() => Promise<void>) => {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await work();
    }
  })();
  return () => {
    stopping.abort();
    return running;
  };
};

/** The work's answer, or the fault of `late` when it takes longer; the work itself goes on. */
export const withinMs = async <T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> => {
  const over = new AbortController();
  const tooLate = sleep(ms, undefined, { signal: over.signal, ref: false }).then(
    () => Promise.reject(late()),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    over.abort();
    work.catch(() => undefined);
  }
};
