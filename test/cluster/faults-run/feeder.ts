import { newClient } from '../checker/topic-reading.js';
import type { Fleet } from './fleet.js';
import type { AgreementWire, PlannedCorrection, Workload } from './workload.js';

const ndjson = 'application/x-ndjson';
const sendMs = 600_000;

const linesOf = (agreements: readonly AgreementWire[]): string =>
  agreements.map((agreement) => JSON.stringify(agreement)).join('\n');

/** Gives a workload to a fleet, piece by piece; remembers what was acknowledged. */
export class Feeder {
  /** Corrections that were acknowledged: they have to be in the log. */
  readonly acknowledged: PlannedCorrection[] = [];
  readonly #sending: Promise<void>[] = [];
  #next = 0;
  #droppedAtMs = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly workload: Workload,
  ) {}

  get filesLeft(): number {
    return this.workload.files.length - this.#next;
  }

  /** Agreements that are there before the first file. */
  async begin(): Promise<void> {
    await this.#post(this.workload.early);
    const { kafkaPort, topics } = this.fleet.place;
    const producer = newClient(kafkaPort).producer({ idempotent: true });
    await producer.connect();
    const messages = this.workload.byTopic.map((agreement) => ({
      ...{ key: agreement.msisdn, value: JSON.stringify(agreement) },
      timestamp: String(Date.parse(agreement.signedAt)),
    }));
    await producer.send({ topic: topics.agreements, messages });
    await producer.disconnect();
  }

  /** Drops the next file, and sends what is due then. */
  dropNext(): void {
    const file = this.workload.files[this.#next];
    this.#droppedAtMs = Date.now();
    if (file === undefined) return this.#again();
    this.fleet.drop(file);
    this.#next++;
    if (this.#next === Math.ceil(this.workload.files.length / 2)) {
      this.#begun(this.#post(this.workload.lateComers));
    }
    for (const correction of this.workload.corrections) {
      if (correction.afterFile === this.#next) this.#begun(this.#correct(correction));
    }
  }

  /** The same, but not more than one in two seconds: whoever waits for work calls it often. */
  dropNextIfIdle(): void {
    if (Date.now() - this.#droppedAtMs > 2000) this.dropNext();
  }

  /** Drops all files that are left; resolves when all is sent. */
  async finish(): Promise<void> {
    while (this.filesLeft > 0) this.dropNext();
    await Promise.all(this.#sending);
  }

  /** What goes wrong is told by `finish`. */
  #begun(sending: Promise<void>): void {
    sending.catch(() => undefined);
    this.#sending.push(sending);
  }

  /** Work of which nothing comes, when there is no file left: an agreement that is known. */
  #again(): void {
    const body = linesOf(this.workload.early.slice(0, 1));
    void this.fleet.anyMember?.send('POST', '/api/agreements', [body, ndjson]);
  }

  async #post(agreements: readonly AgreementWire[]): Promise<void> {
    const message = { body: linesOf(agreements), type: ndjson, timeoutMs: sendMs };
    if (await this.fleet.sendToAny('POST', '/api/agreements', message)) return;
    throw new Error('nobody took the agreements');
  }

  /** Once; what is not taken is not sent again, as it may have been. */
  async #correct(correction: PlannedCorrection): Promise<void> {
    const { agreementId, recordedAt, internalRecordId, recordedBytes } = correction;
    const body = { recordedAt, internalRecordId, recordedBytes };
    const path = `/api/data-records/${agreementId}`;
    const content: [string, string] = [JSON.stringify(body), 'application/json'];
    if (await this.fleet.anyMember?.send('PUT', path, content)) this.acknowledged.push(correction);
  }
}
