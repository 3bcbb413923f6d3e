/**
 * Waits until `subscribe` tells that something happened, the time is over, or `cancel` fires.
 * Answers how it ended. `subscribe` answers how to stop listening.
 */
export const waitFor = (options: {
  readonly subscribe: (tell: () => void) => () => void;
  readonly waitMs: number;
  readonly cancel: AbortSignal;
}): Promise<'told' | 'over'> =>
  new Promise((resolve) => {
    const end = (how: 'told' | 'over') => (): void => {
      clearTimeout(timer);
      stop();
      options.cancel.removeEventListener('abort', over);
      resolve(how);
    };
    const over = end('over');
    const timer = setTimeout(over, options.waitMs);
    const stop = options.subscribe(end('told'));
    options.cancel.addEventListener('abort', over, { once: true });
    if (options.cancel.aborted) over();
  });
