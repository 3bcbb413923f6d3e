import type { PatientFetcher } from './servers.js';

/**
 * done: of an event below the committed position. under way: the log has the event, its
 * transaction is not committed: a process is writing just now, or one died; who counts the event
 * next writes the same row. unknown: no event of the log can have written it.
 */
export type Standing = 'done' | 'under way' | 'unknown';

/** Where versions stand: up to where a partition is committed, and where its log ends. */
export class PartitionEnds {
  readonly #ends: number[];
  readonly underWay: number[];

  /** `undone`: by partition, the first offset without committed rows. */
  constructor(
    readonly undone: readonly number[],
    private readonly logs: readonly Pick<PatientFetcher, 'fetch' | 'ends'>[],
  ) {
    this.#ends = [...undone];
    this.underWay = undone.map(() => 0);
  }

  /** To be called before the standing of a version is asked for: a log grows while it is read. */
  async cover(partition: number, version: number): Promise<void> {
    const end = this.#ends[partition];
    if (end === undefined || version < end) return;
    // markers take offsets too: only an event that is there makes the log longer
    const { messages } = await this.logs[partition].fetch(end);
    if (messages.length > 0) this.#ends[partition] = (await this.logs[partition].ends()).next;
  }

  standing(partition: number, version: number): Standing {
    const undone = this.undone[partition];
    if (undone === undefined || version < 0) return 'unknown';
    if (version < undone) return 'done';
    return version < this.#ends[partition] ? 'under way' : 'unknown';
  }

  /** Whether everything that was in the log then is committed now. */
  async isDoneUpTo(partition: number, end: number, committed: number): Promise<boolean> {
    const log = this.logs[partition];
    for (let at = committed; at < end;) {
      const { messages, nextOffset } = await log.fetch(at);
      if (messages.some(({ offset }) => offset < end)) return false;
      if (nextOffset <= at) return true;
      at = nextOffset;
    }
    return true;
  }
}
