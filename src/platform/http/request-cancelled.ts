/** What is needed of an answer to see that its caller has gone. */
export interface PendingAnswer {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
}

/** Fires when the connection closes before the answer: the caller has gone or the program stops. */
export const answerCancelled = (answer: PendingAnswer): AbortSignal => {
  const controller = new AbortController();
  answer.raw.once('close', () => controller.abort());
  return controller.signal;
};
