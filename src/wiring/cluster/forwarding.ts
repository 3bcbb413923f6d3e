import { agreementsGroup } from './cluster-options.js';
import type { Service } from '../../runtime/cluster-host.js';
import { AgreementForwarder } from '../../ingest/adapters/kafka-agreement-forwarder.js';
import { systemClock } from '../../platform/http/clock.js';
import {
  GroupOffsets,
  PartitionFetcher,
  PartitionGroup,
  TransactionalSender,
} from '../../platform/kafka/index.js';
import { pauseFor } from '../../platform/pause.js';
import type { Shared } from './shared.js';

const retryAfterMs = 500;

/** Brings what other systems write to topic `agreements` into the log. */
export class Forwarding implements Service {
  readonly #forwarders = new Map<number, AgreementForwarder>();
  readonly #group: PartitionGroup;
  /** Since when it is in no group (epoch ms); undefined while it is. */
  #outsideSinceMs: number | undefined;

  constructor(private readonly shared: Shared) {
    this.#group = new PartitionGroup(shared.kafka, {
      groupId: agreementsGroup(shared.settings),
      topic: shared.settings.topicAgreements,
      sessionTimeoutMs: shared.settings.kafkaSessionTimeoutMs,
      onAssigned: (partitions) => {
        this.#outsideSinceMs = undefined;
        this.#assigned(partitions);
      },
      onLeft: () => {
        this.#outsideSinceMs ??= systemClock();
        this.#assigned(new Set());
      },
      log: shared.logger,
    });
  }

  get lastMoveMs(): number {
    const all = Array.from(this.#forwarders.values(), ({ lastMoveMs }) => lastMoveMs);
    return Math.min(this.#outsideSinceMs ?? Infinity, ...all);
  }

  start(): void {
    this.#outsideSinceMs = systemClock();
    this.#group.start();
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#forwarders.values(), (forwarder) => forwarder.stop()));
    await this.#group.stop();
  }

  #assigned(partitions: ReadonlySet<number>): void {
    for (const [partition, forwarder] of this.#forwarders) {
      if (partitions.has(partition)) continue;
      this.#forwarders.delete(partition);
      void forwarder.stop();
    }
    for (const partition of partitions) {
      if (this.#forwarders.has(partition)) continue;
      const forwarder = this.#newForwarder(partition);
      this.#forwarders.set(partition, forwarder);
      forwarder.start();
    }
  }

  #newForwarder(partition: number): AgreementForwarder {
    const { kafka, admin, settings, logger } = this.shared;
    const groupId = agreementsGroup(settings);
    const topic = settings.topicAgreements;
    const transactionalId = `${groupId}-${partition}`;
    const transactionTimeoutMs = settings.kafkaTransactionTimeoutMs;
    const offsets = new GroupOffsets({ kafka, admin }, { groupId, topic });
    return new AgreementForwarder({
      ...{ partition, agreementsTopic: topic, groupId },
      log: {
        ...{ topic: settings.topicIncomingDataRecords, partitions: settings.partitions },
        name: this.shared.logName,
      },
      fetcher: new PartitionFetcher(kafka, { topic, partition }),
      sender: new TransactionalSender(kafka, { transactionalId, transactionTimeoutMs }),
      committed: () => offsets.of(partition),
      confirm: () => this.#group.confirm(partition),
      pause: () => pauseFor(retryAfterMs),
      now: systemClock,
      warn: (message, cause) => logger.warn(message, { partition }, cause),
    });
  }
}
