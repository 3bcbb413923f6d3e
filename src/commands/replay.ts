import { usageApplication } from '../billing-window/index.js';
import type { FoundRecords, RecordLookups, UsageEvents } from '../ingest/index.js';
import {
  comparePositions,
  startOfLog,
  type ColumnBatch,
  type OutMessage,
  type PartitionLog,
  type Position,
  type RowStore,
  inOnePiece,
} from '../streaming/index.js';

/** What the application is run on: a log, and the rows its steps ask for. */
export interface ReplayPorts {
  readonly log: Pick<PartitionLog<UsageEvents>, 'stored'>;
  readonly rows: RowStore<RecordLookups, FoundRecords>;
}

/** Some events of the log, and all they cause. */
export interface ReplayedBatch {
  readonly events: UsageEvents;
  readonly rows: readonly ColumnBatch[];
  readonly messages: readonly OutMessage[];
}

/** The first offset without rows; an event in the middle of its messages has its rows already. */
export const undoneOf = ({ offset, cursor }: Position): number => offset + (cursor > 0 ? 1 : 0);

/** Runs the application over a log from its first event, without a snapshot. */
export class Replay {
  readonly state = usageApplication.newState();
  #position: Position = startOfLog;
  #events = 0;
  #seenEnd = 0;

  constructor(private readonly ports: ReplayPorts) {}

  get position(): Position {
    return this.#position;
  }

  /** How many events it has met so far. */
  get events(): number {
    return this.#events;
  }

  /** Goes on to a position, or to the end of a log that ends before it. */
  async *run(until: Position): AsyncGenerator<ReplayedBatch> {
    const { log } = this.ports;
    for await (const events of log.stored(this.#position.offset, undoneOf(until))) {
      yield await this.#batch(events, until);
    }
  }

  async #batch(events: UsageEvents, until: Position): Promise<ReplayedBatch> {
    const rows: ColumnBatch[] = [];
    const messages: OutMessage[] = [];
    for (let from = 0; from < events.length && comparePositions(this.#position, until) < 0;) {
      const lookups = usageApplication.lookups(this.state, { events, from });
      const before = events.offsets[from] + (this.#position.cursor > 0 ? 1 : 0);
      const found = lookups && (await this.ports.rows.find(lookups.wanted, before));
      const until = lookups?.until ?? events.length;
      const step = inOnePiece(usageApplication.step(this.state, { events, from, until }, found));
      rows.push(...step.effects.rows);
      messages.push(...step.effects.messages);
      from = step.next;
      this.#position = step.position;
    }
    // an event in the middle of its messages is met again by the next run
    this.#events += events.length - (events.offsets[0] < this.#seenEnd ? 1 : 0);
    this.#seenEnd = events.offsets[events.length - 1] + 1;
    return { events, rows, messages };
  }
}

/** What to say when the log ends before the committed position; undefined when it does not. */
export const logTooShort = (replayed: Position, committed: Position): string | undefined =>
  comparePositions(replayed, committed) === 0
    ? undefined
    : `log: ends at ${replayed.offset}+${replayed.cursor}, ` +
      `the store is at ${committed.offset}+${committed.cursor}`;
