import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

/** What is needed of an answer to see that its caller has gone. */
export interface PendingAnswer {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
}

/** Fires when the connection closes before the answer: the caller has gone or the program stops. */
export const answerCancelled = (answer: PendingAnswer): AbortSignal => {
  const controller = new AbortController();
  // nobody reads it, and it is no fault of the program
  const gone = () =>
    refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: 'the caller has gone' });
  answer.raw.once('close', () => controller.abort(gone()));
  return controller.signal;
};
