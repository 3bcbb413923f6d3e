import { reached } from './crash-point.js';
import type { Effects } from './effects.js';
import type { CommitPoint } from './event-log.js';
import type { Position } from './position.js';

/** Writes what a step causes into a store without transactions. */
export interface EffectsWriter {
  /** Forgets what was written before: what follows begins behind the position. */
  startAt(position: Position): void;
  /**
   * Resolves when all rows, and a copy of the messages for look-ups, are acknowledged by a quorum.
   * Writing the same events again, cut into other steps or by an owner that lost the partition,
   * leaves the same rows. `position` is the one behind the step.
   */
  write(effects: Effects, position: Position): Promise<void>;
}

/** The transactions of one input partition; only the newest owner's ever commit. */
export interface PartitionTransactions {
  /** Shuts out every earlier owner; resolves once no transaction of theirs is undecided. */
  fence(): Promise<void>;
  /** The position of the last transaction that was committed. To be asked behind the fence. */
  committed(): Promise<Position>;
  /**
   * The messages of a step and its position in one transaction. Any error, also a lost answer,
   * means: fence anew.
   */
  commit(effects: Effects, position: Position): Promise<void>;
}

/**
 * The commit point of a log and a store that share no transaction: rows first, because writing
 * them twice changes nothing, then messages and position in one transaction of the log. Rows of
 * the next step are written while the transaction of this one is on its way (docs/ARCHITECTURE.md).
 */
export class RowsFirstCommitPoint implements CommitPoint {
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly writer: EffectsWriter,
    private readonly transactions: PartitionTransactions,
  ) {}

  async fence(): Promise<Position> {
    await this.#last.catch(() => undefined);
    this.#last = Promise.resolve();
    await this.transactions.fence();
    const position = await this.transactions.committed();
    this.writer.startAt(position);
    return position;
  }

  commit(effects: Effects, position: Position): Promise<void> {
    const before = this.#last;
    const rows = this.writer.write(effects, position);
    rows.catch(() => undefined); // thrown below, behind the commit before it
    this.#last = this.#commitBehind(before, rows, { effects, position });
    this.#last.catch(() => undefined); // thrown to the caller
    return this.#last;
  }

  async #commitBehind(
    before: Promise<void>,
    rows: Promise<void>,
    { effects, position }: { effects: Effects; position: Position },
  ): Promise<void> {
    await before;
    await rows;
    reached('commit.rows-written');
    reached('commit.before-commit');
    await this.transactions.commit(effects, position);
    reached('commit.committed');
  }
}
