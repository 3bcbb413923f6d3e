/** An event that a step refused; offset of the event in the log. */
export interface RefusedEvent {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

/** Reads what steps refused. */
export interface DeadLetterStore {
  /** Refused events with offsets in [from, to), in order. */
  between(from: number, to: number): Promise<RefusedEvent[]>;
}
