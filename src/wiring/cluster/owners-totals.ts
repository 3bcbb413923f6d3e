import type { AgreementStore } from '../../agreements/index.js';
import type { KeptTotals, RunningTotals } from '../../data-records/index.js';
import type { PartitionOwner } from '../../ingest/adapters/cassandra-partition-status.js';
import type { Clock } from '../../platform/http/clock.js';
import type { AskOwner } from './ask-owner.js';

/** What the totals of a cluster are asked with. */
export interface OwnersTotalsParts {
  readonly kept: KeptTotals;
  readonly agreements: Pick<AgreementStore, 'find'>;
  /** Partitions of the log. */
  readonly partitions: number;
  /** Who counts each partition now, as it was told at most seconds ago. */
  readonly owners: () => Promise<ReadonlyMap<number, PartitionOwner>>;
  readonly ask: AskOwner;
  readonly now: Clock;
}

const ownersKnownForMs = 1000;
/** Nobody waits again for an owner that has just not answered. */
const muteForMs = 2000;
/** Agreements never move, so their partitions may be remembered; about 100 bytes each. */
const mostRemembered = 100_000;

type Owners = ReadonlyMap<number, PartitionOwner>;

/**
 * Totals of all tasks of the cluster: of this process at once, of another by asking the one that
 * counts the agreement's partition. In any doubt there is no answer, and the rows are summed.
 */
export class OwnersTotals implements RunningTotals {
  readonly #partitions = new Map<string, number>();
  readonly #muteUntilMs = new Map<string, number>();
  #owners: Promise<Owners> = Promise.resolve(new Map());
  #ownersUntilMs = -Infinity;

  constructor(private readonly parts: OwnersTotalsParts) {}

  async total(
    agreementId: string,
    period: Parameters<RunningTotals['total']>[1],
  ): Promise<number | undefined> {
    const { kept } = this.parts;
    const here = kept.total(agreementId, period);
    if (here !== undefined) return here;
    const owner = await this.#ownerOf(agreementId);
    if (owner === undefined || owner.name === kept.owner) return undefined;
    try {
      const answer = await this.parts.ask(owner.address, { agreementId, ...period });
      return answer?.owner === owner.name ? answer.totalBytes : undefined;
    } catch {
      this.#muteUntilMs.set(owner.address, this.parts.now() + muteForMs);
      return undefined;
    }
  }

  async #ownerOf(agreementId: string): Promise<PartitionOwner | undefined> {
    const partition = await this.#partitionOf(agreementId);
    if (partition === undefined) return undefined;
    const owner = (await this.#knownOwners()).get(partition);
    if (owner === undefined) return undefined;
    const muteUntilMs = this.#muteUntilMs.get(owner.address) ?? -Infinity;
    return this.parts.now() < muteUntilMs ? undefined : owner;
  }

  async #partitionOf(agreementId: string): Promise<number | undefined> {
    const known = this.#partitions.get(agreementId);
    if (known !== undefined) return known;
    const agreement = await this.parts.agreements.find(agreementId.toLowerCase());
    if (agreement === undefined) return undefined;
    const partition = agreement.place % this.parts.partitions;
    if (this.#partitions.size >= mostRemembered) {
      const [oldest] = this.#partitions.keys();
      this.#partitions.delete(oldest);
    }
    this.#partitions.set(agreementId, partition);
    return partition;
  }

  /** Those who ask meanwhile wait for the same answer; one that failed is asked for again. */
  #knownOwners(): Promise<Owners> {
    const nowMs = this.parts.now();
    if (nowMs >= this.#ownersUntilMs) {
      this.#ownersUntilMs = nowMs + ownersKnownForMs;
      this.#owners = this.parts.owners().catch(() => new Map<number, PartitionOwner>());
    }
    return this.#owners;
  }
}
