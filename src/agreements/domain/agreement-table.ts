import { ChunkReader, chunksFor, chunksOf } from '../../streaming/chunks.js';
import { Fault } from '../../streaming/fault.js';
import { grown } from '../../streaming/rows.js';
import { parseUuid, uuidText } from '../../values/uuid.js';
import { sameAgreement, type Agreement } from './agreement.js';
import { billingCalendar, type BillingCalendar } from './billing-period.js';
import { IdIndex, MsisdnIndex } from './key-index.js';

/** What became of an agreement that was put; a conflict changed nothing. */
export interface PutOutcome {
  /** The agreement with this id: the new one, or the one that was there. */
  readonly index: number;
  readonly outcome: 'added' | 'same' | 'conflict';
}

const MIN_CAPACITY = 16;
const MAGIC = 0x31_54_47_41; // "AGT1"; read back as another number where bytes are swapped
const VERSION = 1;
const HEADER_WORDS = 6;

/** A snapshot that cannot be what was saved; the runtime takes an older one or the log. */
const snapshotCorrupt = (message: string): Fault =>
  new Fault('AGREEMENT_SNAPSHOT_CORRUPT', 'StateCorrupt', message);

/**
 * Keyed state of agreements: who has which, and where each subscriber stands. Columns instead of
 * objects: about 95 bytes for a subscriber with one agreement. Subscribers and
 * agreements have dense indexes in the order they came, which stay for good. Not thread-safe; one
 * task owns it. Typed-array fields are replaced when they grow, so read the field again after
 * `put` or `subscriberFor`.
 */
export class AgreementTable {
  /** By subscriber: greatest recordedAt seen, epoch ms; -Infinity before the first record. */
  newestRecordedAtMs: Float64Array;
  /** By subscriber: records that wait for an agreement. */
  waitingCount: Int32Array;
  /** By agreement: index for `zoneName` and `calendar`. */
  zoneIndex: Uint16Array;
  /** By agreement: allowance in bytes. */
  maxBytes: Float64Array;

  readonly #subscribers: MsisdnIndex;
  readonly #ids: IdIndex;
  // Agreements of a subscriber as a list, best first. Entries are index + 1; 0 ends the list.
  #first: Int32Array;
  #next: Int32Array;
  #owner: Int32Array;
  #signedAtMs: Float64Array;
  #serviceStartAtMs: Float64Array;

  readonly #zones: string[] = [];
  readonly #zoneIndexes = new Map<string, number>();
  readonly #calendars: BillingCalendar[] = [];

  constructor(capacity: { subscribers?: number; agreements?: number } = {}) {
    const subscribers = Math.max(capacity.subscribers ?? 0, MIN_CAPACITY);
    const agreements = Math.max(capacity.agreements ?? 0, MIN_CAPACITY);
    this.#subscribers = new MsisdnIndex(subscribers);
    this.newestRecordedAtMs = new Float64Array(subscribers).fill(-Infinity);
    this.waitingCount = new Int32Array(subscribers);
    this.#first = new Int32Array(subscribers);
    this.#ids = new IdIndex(agreements);
    this.zoneIndex = new Uint16Array(agreements);
    this.maxBytes = new Float64Array(agreements);
    this.#next = new Int32Array(agreements);
    this.#owner = new Int32Array(agreements);
    this.#signedAtMs = new Float64Array(agreements);
    this.#serviceStartAtMs = new Float64Array(agreements);
  }

  get subscriberCount(): number {
    return this.#subscribers.count;
  }

  get agreementCount(): number {
    return this.#ids.count;
  }

  /** Bytes of all columns and indexes, with the room they keep for more. */
  get byteSize(): number {
    const columns = [
      this.newestRecordedAtMs,
      this.waitingCount,
      this.#first,
      this.zoneIndex,
      this.maxBytes,
      this.#next,
      this.#owner,
      this.#signedAtMs,
      this.#serviceStartAtMs,
    ];
    const indexes = this.#subscribers.byteSize + this.#ids.byteSize;
    return columns.reduce((sum, column) => sum + column.byteLength, indexes);
  }

  /** By agreement: its id as four words, most significant first; replaced when it grows. */
  get idWords(): Uint32Array {
    return this.#ids.words;
  }

  /**
   * Adds an agreement, and its subscriber when new. Agreements are immutable: the same id with
   * other content is a conflict and changes nothing (docs/RULES.md).
   */
  put(agreement: Agreement): PutOutcome {
    const id = parseUuid(agreement.id);
    if (id === undefined) throw new TypeError('the id is not a UUID');
    const present = this.#ids.find(id);
    if (present !== undefined) {
      const same = sameAgreement(this.get(present), agreement);
      return { index: present, outcome: same ? 'same' : 'conflict' };
    }
    const subscriber = this.subscriberFor(agreement.msisdn);
    const index = this.#ids.add(id);
    if (index === this.#next.length) this.#growAgreements();
    this.#owner[index] = subscriber;
    this.#signedAtMs[index] = agreement.signedAtMs;
    this.#serviceStartAtMs[index] = agreement.serviceStartAtMs;
    this.maxBytes[index] = agreement.maxBytesInBillingPeriod;
    this.zoneIndex[index] = this.#indexOfZone(agreement.billingPeriodTimeZone);
    this.#link(index, subscriber);
    return { index, outcome: 'added' };
  }

  /** The agreement at an index below `agreementCount`. */
  get(index: number): Agreement {
    return {
      id: this.idAt(index),
      msisdn: this.#subscribers.msisdns[this.#owner[index]],
      signedAtMs: this.#signedAtMs[index],
      serviceStartAtMs: this.#serviceStartAtMs[index],
      billingPeriodTimeZone: this.#zones[this.zoneIndex[index]],
      maxBytesInBillingPeriod: this.maxBytes[index],
    };
  }

  /** The id of an agreement, in lower case. Builds the text: keep it out of loops. */
  idAt(index: number): string {
    return uuidText(this.#ids.words, index * 4);
  }

  /** The agreement with an id, in either case, or undefined. */
  findById(id: string): number | undefined {
    const words = parseUuid(id);
    return words === undefined ? undefined : this.#ids.find(words);
  }

  /** The subscriber with an MSISDN, or undefined. Does not allocate. */
  subscriberOf(msisdn: number): number | undefined {
    return this.#subscribers.find(msisdn);
  }

  /** The subscriber with an MSISDN, made when there is none. */
  subscriberFor(msisdn: number): number {
    const present = this.#subscribers.find(msisdn);
    if (present !== undefined) return present;
    const subscriber = this.#subscribers.add(msisdn);
    if (subscriber === this.#first.length) this.#growSubscribers();
    return subscriber;
  }

  /** The MSISDN of a subscriber. */
  msisdnOf(subscriber: number): number {
    return this.#subscribers.msisdns[subscriber];
  }

  /** The subscriber an agreement belongs to. */
  subscriberOfAgreement(index: number): number {
    return this.#owner[index];
  }

  /** All agreements of a subscriber, the one that comes first for `inForce` first. */
  agreementsOf(subscriber: number): number[] {
    const found: number[] = [];
    for (let entry = this.#first[subscriber]; entry !== 0; entry = this.#next[entry - 1]) {
      found.push(entry - 1);
    }
    return found;
  }

  /**
   * The agreement in force for a record: of those with serviceStartAt at or before recordedAt the
   * latest serviceStartAt, then the latest signedAt, then the lowest id, so that the answer never
   * depends on the order in which agreements came (docs/RULES.md). Does not allocate.
   */
  inForce(subscriber: number, recordedAtMs: number): number | undefined {
    let entry = this.#first[subscriber];
    while (entry !== 0) {
      if (this.#serviceStartAtMs[entry - 1] <= recordedAtMs) return entry - 1;
      entry = this.#next[entry - 1];
    }
    return undefined;
  }

  /** IANA name of a zone by its index. */
  zoneName(zoneIndex: number): string {
    return this.#zones[zoneIndex];
  }

  /** Billing periods of a zone by its index. Throws AGREEMENT_ZONE_NOT_IN_RUNTIME. */
  calendar(zoneIndex: number): BillingCalendar {
    return (this.#calendars[zoneIndex] ??= billingCalendar(this.#zones[zoneIndex]));
  }

  /** The table as chunks of at most 4 MiB; take them all before the table changes. */
  save(): Generator<Uint8Array> {
    return chunksOf(this.#saved());
  }

  /** How many chunks `save` makes of the table as it is. */
  get savedChunks(): number {
    return chunksFor(this.#saved().reduce((sum, { length }) => sum + length, 0));
  }

  #saved(): Uint8Array[] {
    const zones = new TextEncoder().encode(this.#zones.join('\n'));
    const counts = [this.subscriberCount, this.agreementCount, zones.length];
    const check = counts[0] ^ counts[1] ^ counts[2] ^ MAGIC;
    const header = Uint32Array.of(MAGIC, VERSION, ...counts, check);
    return [new Uint8Array(header.buffer), zones, ...this.#parts()];
  }

  /** The table that was saved. Throws AGREEMENT_SNAPSHOT_CORRUPT when it cannot be one. */
  static async load(
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<AgreementTable> {
    const reader = new ChunkReader(chunks, snapshotCorrupt);
    const header = new Uint32Array(HEADER_WORDS);
    await reader.fill(new Uint8Array(header.buffer));
    const [magic, version, subscribers, agreements, zoneBytes, check] = header;
    if (magic !== MAGIC || check !== (subscribers ^ agreements ^ zoneBytes ^ MAGIC) >>> 0) {
      throw snapshotCorrupt('its header is not one of agreements');
    }
    if (version !== VERSION) throw snapshotCorrupt(`its version is ${version}, not ${VERSION}`);
    const zones = new Uint8Array(zoneBytes);
    await reader.fill(zones);
    const table = new AgreementTable({ subscribers, agreements });
    const names = zoneBytes === 0 ? [] : new TextDecoder().decode(zones).split('\n');
    names.forEach((zone) => table.#indexOfZone(zone));
    table.#ids.count = agreements;
    table.#subscribers.count = subscribers;
    for (const part of table.#parts()) await reader.fill(part);
    await reader.end();
    table.#check();
    table.#subscribers.rebuild(subscribers);
    table.#ids.rebuild(agreements);
    return table;
  }

  /** The used bytes of every column, in the order they are saved. */
  #parts(): Uint8Array[] {
    const bySubscriber = [
      this.#subscribers.msisdns,
      this.newestRecordedAtMs,
      this.waitingCount,
      this.#first,
    ];
    const byAgreement = [
      this.#signedAtMs,
      this.#serviceStartAtMs,
      this.maxBytes,
      this.#next,
      this.#owner,
      this.zoneIndex,
    ];
    const bytes = (column: Float64Array | Int32Array | Uint16Array | Uint32Array, length: number) =>
      new Uint8Array(column.buffer, 0, length * column.BYTES_PER_ELEMENT);
    return [
      ...bySubscriber.map((column) => bytes(column, this.subscriberCount)),
      bytes(this.#ids.words, this.agreementCount * 4),
      ...byAgreement.map((column) => bytes(column, this.agreementCount)),
    ];
  }

  // Every reference points into the table and every list is in order, so that none can run in
  // circles. The bytes themselves are the snapshot store's to guard.
  #check(): void {
    const { subscriberCount, agreementCount } = this;
    for (let subscriber = 0; subscriber < subscriberCount; subscriber++) {
      if (this.#first[subscriber] >>> 0 > agreementCount) throw snapshotCorrupt('a list is broken');
    }
    for (let index = 0; index < agreementCount; index++) {
      const next = this.#next[index];
      const inOrder =
        next === 0 || (next >>> 0 <= agreementCount && this.#precedes(index, next - 1));
      if (!inOrder) throw snapshotCorrupt('a list is out of order');
      if (this.#owner[index] >>> 0 >= subscriberCount) throw snapshotCorrupt('an owner is missing');
      if (this.zoneIndex[index] >= this.#zones.length) throw snapshotCorrupt('a zone is missing');
    }
  }

  #link(index: number, subscriber: number): void {
    let before = 0;
    let entry = this.#first[subscriber];
    while (entry !== 0 && this.#precedes(entry - 1, index)) {
      before = entry;
      entry = this.#next[entry - 1];
    }
    this.#next[index] = entry;
    if (before === 0) this.#first[subscriber] = index + 1;
    else this.#next[before - 1] = index + 1;
  }

  #precedes(a: number, b: number): boolean {
    const starts = this.#serviceStartAtMs[b] - this.#serviceStartAtMs[a];
    const signed = this.#signedAtMs[b] - this.#signedAtMs[a];
    return (starts || signed || this.#ids.compare(a, b)) < 0;
  }

  #indexOfZone(zone: string): number {
    const present = this.#zoneIndexes.get(zone);
    if (present !== undefined) return present;
    this.#zoneIndexes.set(zone, this.#zones.length);
    return this.#zones.push(zone) - 1;
  }

  #growSubscribers(): void {
    const before = this.#first.length;
    const capacity = before * 2;
    this.newestRecordedAtMs = grown(this.newestRecordedAtMs, capacity).fill(-Infinity, before);
    this.waitingCount = grown(this.waitingCount, capacity);
    this.#first = grown(this.#first, capacity);
  }

  #growAgreements(): void {
    const capacity = this.#next.length * 2;
    this.zoneIndex = grown(this.zoneIndex, capacity);
    this.maxBytes = grown(this.maxBytes, capacity);
    this.#next = grown(this.#next, capacity);
    this.#owner = grown(this.#owner, capacity);
    this.#signedAtMs = grown(this.#signedAtMs, capacity);
    this.#serviceStartAtMs = grown(this.#serviceStartAtMs, capacity);
  }
}
