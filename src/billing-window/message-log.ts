import type { OutMessage } from '../streaming/index.js';

/** A message with its place in the order of messages, from 0 without gaps. */
export interface LoggedMessage extends OutMessage {
  readonly offset: number;
}

/** Embedded mode's way to read topic `data-records-aggregates`. */
export interface MessageLog {
  /** Messages from an offset on, at most `limit`. */
  messages(from: number, limit: number): Promise<LoggedMessage[]>;
  /** Messages of one key (an agreement id), oldest first. */
  ofKey(key: string): Promise<LoggedMessage[]>;
  /** Offset of the newest message, or undefined when there is none. */
  lastOffset(): number | undefined;
  /** Calls the listener after each commit with messages; answers how to stop it. */
  onMessages(listener: () => void): () => void;
}

export const MESSAGE_LOG = Symbol('MessageLog');
