import type { LoggedMessage } from './message-log.js';

/**
 * A message as JSON text. The value stands in it exactly as it goes on the wire: it is JSON
 * already, and reading it here could lose digits of a sum.
 */
export const messageJson = (message: LoggedMessage): string => {
  const { partition, offset, key, timestampMs, headers, value } = message;
  const place = partition === undefined ? '' : `"partition":${partition},`;
  return (
    `{${place}"offset":${offset ?? null},"key":${JSON.stringify(key)},` +
    `"timestamp":${timestampMs},"headers":${JSON.stringify(headers)},"value":${value}}`
  );
};

/** A cursor as JSON text: a number when it is one (embedded), else a string. */
export const cursorJson = (cursor: string): string =>
  /^-?\d+$/.test(cursor) ? cursor : JSON.stringify(cursor);

/** The fields of a message's value that say which period it is about. */
export interface MessagePeriod {
  readonly type: string;
  readonly year: number;
  readonly month: number;
}

/** Which period and type a message is about. */
export const messagePeriod = (message: LoggedMessage): MessagePeriod =>
  JSON.parse(message.value) as MessagePeriod;
