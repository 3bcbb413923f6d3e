import type { LoggedMessage } from './message-log.js';

/**
 * A message as JSON text. The value stands in it exactly as it goes on the wire: it is JSON
 * already, and reading it here could lose digits of a sum.
 */
export const messageJson = ({ offset, key, timestampMs, headers, value }: LoggedMessage): string =>
  `{"offset":${offset},"key":${JSON.stringify(key)},"timestamp":${timestampMs},` +
  `"headers":${JSON.stringify(headers)},"value":${value}}`;

/** The fields of a message's value that say which period it is about. */
export interface MessagePeriod {
  readonly type: string;
  readonly year: number;
  readonly month: number;
}

/** Which period and type a message is about. */
export const messagePeriod = (message: LoggedMessage): MessagePeriod =>
  JSON.parse(message.value) as MessagePeriod;
