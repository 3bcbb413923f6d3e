import { monthOf, yearOf } from '../../agreements/index.js';
import type { UsageState } from '../../billing-window/index.js';
import { isWaiting, type DataRecordRows } from '../../ingest/index.js';
import { uuidText } from '../../values/index.js';

/** Sums rows in force by agreement and billing period, and compares with a state's windows. */
export class WindowTotals {
  readonly #totals: Float64Array;
  /** Of rows that no window of the state is for, by agreement and period in words. */
  readonly #strays = new Map<string, number>();
  readonly #words = new Uint32Array(4);
  #agreement: number | undefined;

  constructor(private readonly state: UsageState) {
    this.#totals = new Float64Array(state.windows.count);
  }

  get windows(): number {
    return this.#totals.length;
  }

  /**
   * The newest version of a record; answers its billing period (year × 12 + month − 1). One that
   * waits is in no total and has none, nor has one of an agreement that the log does not give.
   */
  add(rows: DataRecordRows, row: number): number | undefined {
    if (isWaiting(rows.statuses[row])) return undefined;
    const { agreements, windows } = this.state;
    const agreement = this.#agreementOf(rows, row);
    if (agreement === undefined) {
      this.#addStray(uuidText(this.#words), rows, row);
      return undefined;
    }
    const calendar = agreements.calendar(agreements.zoneIndex[agreement]);
    const period = calendar.periodOf(rows.recordedAtMs[row]);
    const window = windows.find(agreement, period);
    if (window === undefined) this.#addStray(this.#text(agreement, period), rows, row);
    else this.#totals[window] += rows.recordedBytes[row];
    return period;
  }

  /** Tells each total that the rows do not give. */
  compare(differs: (line: string) => void): void {
    const { windows } = this.state;
    for (let window = 0; window < windows.count; window++) {
      if (this.#totals[window] === windows.totals[window]) continue;
      const text = this.#text(windows.agreements[window], windows.periods[window]);
      differs(`total of ${text}: rows ${this.#totals[window]}, log ${windows.totals[window]}`);
    }
    for (const [text, total] of this.#strays) {
      if (total !== 0) differs(`total of ${text}: rows ${total}, the log has no such window`);
    }
  }

  #addStray(...[text, rows, row]: [string, DataRecordRows, number]): void {
    this.#strays.set(text, (this.#strays.get(text) ?? 0) + rows.recordedBytes[row]);
  }

  /** The same agreement comes many times in a row. */
  #agreementOf(rows: DataRecordRows, row: number): number | undefined {
    const words = this.#words;
    let isLast = true;
    for (let word = 0; word < 4; word++) {
      const value = rows.agreementIds[row * 4 + word];
      isLast &&= words[word] === value;
      words[word] = value;
    }
    if (!isLast) this.#agreement = this.state.agreements.findById(uuidText(words));
    return this.#agreement;
  }

  #text(agreement: number, period: number): string {
    return `${this.state.agreements.idAt(agreement)} ${yearOf(period)}-${monthOf(period)}`;
  }
}
