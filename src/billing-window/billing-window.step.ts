import type { AgreementTable } from '../agreements/index.js';
import type { Usage, UsageSink } from '../ingest/index.js';
import type { OutMessage } from '../streaming/index.js';
import { uuidText } from '../values/index.js';
import { aggregateMessage, type AggregateType } from './billing-window.topics.js';
import { windowFlags, type WindowTable } from './domain/window-table.js';

/** The record a message is about. */
interface AboutRecord {
  readonly recordedAtMs: number;
  readonly recordIds: ArrayLike<number>;
  readonly recordIdAt: number;
}

/** Totals per agreement and billing period, and what has to be said about them. */
export class BillingWindowStep implements UsageSink {
  readonly messages: OutMessage[] = [];
  /** How many messages there are, or would be: a muted step says as much without making them. */
  said = 0;

  constructor(
    private readonly windows: WindowTable,
    private readonly agreements: AgreementTable,
    private readonly isMuted = false,
  ) {}

  canAdd({ agreement, period, deltaBytes }: Usage): boolean {
    const window = this.windows.find(agreement, period);
    const total = window === undefined ? 0 : this.windows.totals[window];
    return Number.isSafeInteger(total + deltaBytes);
  }

  add(usage: Usage): void {
    const { windows } = this;
    const window = windows.find(usage.agreement, usage.period) ?? this.#newWindow(usage);
    windows.totals[window] += usage.deltaBytes;
    if (usage.recordedAtMs >= windows.latestRecordedAtMs[window]) {
      windows.latestRecordedAtMs[window] = usage.recordedAtMs;
      const { recordIds, recordIdAt } = usage;
      for (let word = 0; word < 4; word++) {
        windows.latestRecordIds[window * 4 + word] = recordIds[recordIdAt + word];
      }
    }
    if (usage.late) this.#say(window, 'BILLING_PERIOD_ADJUSTED', usage);
    this.#checkPlan(window, usage);
  }

  correct(usage: Usage): void {
    const { windows } = this;
    const window = windows.find(usage.agreement, usage.period) as number;
    windows.totals[window] += usage.deltaBytes;
    if (windows.flags[window] !== 0) this.#say(window, 'BILLING_PERIOD_ADJUSTED', usage);
    this.#checkPlan(window, usage);
  }

  /** Closes windows whose period has ended, at most `limit`; answers how many. */
  closeDue(watermarkMs: number, limit: number): number {
    let closed = 0;
    for (; closed < limit; closed++) {
      const window = this.windows.takeDue(watermarkMs);
      if (window === undefined) break;
      this.windows.flags[window] |= windowFlags.closed;
      this.#sayAbout(window, 'BILLING_PERIOD_CLOSED', {
        recordedAtMs: this.windows.latestRecordedAtMs[window],
        recordIds: this.windows.latestRecordIds,
        recordIdAt: window * 4,
      });
    }
    return closed;
  }

  #newWindow(usage: Usage): number {
    const { windows } = this;
    const window = windows.add(usage.agreement, usage.period);
    if (usage.late) {
      // it was not there when its period ended: it ends now, before anything is added to it
      windows.flags[window] = windowFlags.closed;
      this.#say(window, 'BILLING_PERIOD_CLOSED', usage);
      return window;
    }
    const zoneIndex = this.agreements.zoneIndex[usage.agreement];
    const endMs = this.agreements.calendar(zoneIndex).endMs(usage.period);
    windows.open(window, { zoneIndex, period: usage.period, endMs });
    return window;
  }

  /** Exceeded once when the total reaches the allowance; taken back when it no longer does. */
  #checkPlan(window: number, usage: Usage): void {
    const { windows } = this;
    const reached = windows.totals[window] >= this.agreements.maxBytes[usage.agreement];
    const said = (windows.flags[window] & windowFlags.exceeded) !== 0;
    if (reached === said) return;
    windows.flags[window] ^= windowFlags.exceeded;
    this.#say(window, reached ? 'DATA_PLAN_EXCEEDED' : 'DATA_PLAN_EXCEEDED_RETRACTED', usage);
  }

  #say(window: number, type: AggregateType, usage: Usage): void {
    const adjusted = type === 'BILLING_PERIOD_ADJUSTED';
    this.#sayAbout(window, type, usage, adjusted ? usage.deltaBytes : undefined);
  }

  #sayAbout(...[window, type, record, deltaBytes]: Say): void {
    const { windows, agreements } = this;
    const revision = ++windows.revisions[window];
    this.said++;
    if (this.isMuted) return;
    const internalRecordId = uuidText(record.recordIds, record.recordIdAt);
    const agreement = windows.agreements[window];
    const zoneIndex = agreements.zoneIndex[agreement];
    const period = windows.periods[window];
    this.messages.push(
      aggregateMessage({
        agreementId: agreements.idAt(agreement),
        period,
        periodEndMs: agreements.calendar(zoneIndex).endMs(period),
        latestRecordedAtMs: record.recordedAtMs,
        latestInternalRecordId: internalRecordId,
        totalRecordedBytes: windows.totals[window],
        billingPeriodTimeZone: agreements.zoneName(zoneIndex),
        maxBytesInBillingPeriod: agreements.maxBytes[agreement],
        type,
        revision,
        adjustment:
          deltaBytes === undefined
            ? undefined
            : {
                deltaBytes,
                recordedAtMs: record.recordedAtMs,
                internalRecordId,
              },
      }),
    );
  }
}

type Say = [window: number, type: AggregateType, record: AboutRecord, deltaBytes?: number];
