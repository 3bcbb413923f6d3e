import type { UsageEvents } from './domain/usage-events.js';

/** Why a step refused an event. */
export interface EventRefusal {
  readonly code: string;
  readonly message: string;
}

/** What became of the events that were sent. */
export interface InputAnswer {
  /** The refused ones, by their index among the events. */
  readonly refused: ReadonlyMap<number, EventRefusal>;
}

/** Sends events through the log and tells what the step said to each of them. */
export interface UsageInput {
  /**
   * Resolves when the events are durable and counted. Rejects with a Fault (reaction Retry) when
   * they may not be: embedded, nothing of them was kept; in the cluster some may be, and sending
   * them again is safe, as each event has an identity or says how things stand.
   */
  send(events: UsageEvents): Promise<InputAnswer>;
}

export const USAGE_INPUT = Symbol('UsageInput');
