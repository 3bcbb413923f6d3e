import fc from 'fast-check';
import { sameAgreement, type Agreement } from './agreement.js';
import { AgreementTable } from './agreement-table.js';

const zones = ['Europe/Warsaw', 'UTC', 'Asia/Tokyo'];
const ids = [
  '0b12c601-9287-3f5c-a78c-df508fe0f889',
  '0b12c601-9287-3f5c-a78c-df508fe0f88a',
  '0b12c601-9287-3f5c-278c-df508fe0f889',
  'ffffffff-9287-3f5c-a78c-df508fe0f889',
  '80000000-0000-3000-8000-000000000000',
  '7fffffff-0000-3000-8000-000000000000',
];
const msisdns = [1, 48_917_846_822, 48_917_846_823, 999_999_999_999_999, 2 ** 32 + 1];

const agreement = (fields: Partial<Agreement> = {}): Agreement => ({
  id: ids[0],
  msisdn: msisdns[1],
  signedAtMs: 1_000,
  serviceStartAtMs: 2_000,
  billingPeriodTimeZone: 'Europe/Warsaw',
  maxBytesInBillingPeriod: 5_368_709_120,
  ...fields,
});

const uuidOf = (n: number): string => {
  const hex = (Math.imul(n, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${hex}-0000-3000-8000-${n.toString(16).padStart(12, '0')}`;
};

const manyAgreements = (count: number): Agreement[] =>
  Array.from({ length: count }, (_, n) =>
    agreement({
      id: uuidOf(n),
      msisdn: 48_000_000_000 + ((n * 7_919) % Math.ceil(count / 2)),
      signedAtMs: n % 5,
      serviceStartAtMs: n % 3,
      billingPeriodTimeZone: zones[n % zones.length],
      maxBytesInBillingPeriod: n,
    }),
  );

/** The same table written with a map and sorts over everything. */
class NaiveTable {
  readonly agreements: Agreement[] = [];
  readonly subscribers: number[] = [];

  put(added: Agreement): string {
    const present = this.agreements.find(({ id }) => id === added.id);
    if (present !== undefined) return sameAgreement(present, added) ? 'same' : 'conflict';
    this.agreements.push(added);
    this.subscriberFor(added.msisdn);
    return 'added';
  }

  subscriberFor(msisdn: number): number {
    if (!this.subscribers.includes(msisdn)) this.subscribers.push(msisdn);
    return this.subscribers.indexOf(msisdn);
  }

  ofMsisdn(msisdn: number): Agreement[] {
    return this.agreements
      .filter((held) => held.msisdn === msisdn)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .sort((a, b) => b.signedAtMs - a.signedAtMs)
      .sort((a, b) => b.serviceStartAtMs - a.serviceStartAtMs);
  }
}

const expectEqual = (table: AgreementTable, naive: NaiveTable): void => {
  expect(table.agreementCount).toBe(naive.agreements.length);
  expect(table.subscriberCount).toBe(naive.subscribers.length);
  naive.agreements.forEach((held, index) => {
    expect(table.get(index)).toEqual(held);
    expect(table.findById(held.id)).toBe(index);
    expect(table.zoneName(table.zoneIndex[index])).toBe(held.billingPeriodTimeZone);
    expect(table.msisdnOf(table.subscriberOfAgreement(index))).toBe(held.msisdn);
  });
  naive.subscribers.forEach((msisdn, subscriber) => {
    expect(table.subscriberOf(msisdn)).toBe(subscriber);
    const sorted = naive.ofMsisdn(msisdn);
    expect(table.agreementsOf(subscriber).map((index) => table.idAt(index))).toEqual(
      sorted.map(({ id }) => id),
    );
    for (let ms = -1; ms < 6; ms++) {
      const index = table.inForce(subscriber, ms);
      const expected = sorted.find((held) => held.serviceStartAtMs <= ms);
      expect(index === undefined ? undefined : table.get(index)).toEqual(expected);
    }
  });
};

const smallAgreement = fc.record({
  id: fc.constantFrom(...ids),
  msisdn: fc.constantFrom(...msisdns),
  signedAtMs: fc.integer({ min: 0, max: 2 }),
  serviceStartAtMs: fc.integer({ min: 0, max: 4 }),
  billingPeriodTimeZone: fc.constantFrom(...zones),
  maxBytesInBillingPeriod: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
});

describe('AgreementTable', () => {
  it('answers as a map and sorts do, whatever is put in whatever order', () => {
    const inputs = fc.array(fc.oneof(smallAgreement, fc.constantFrom(...msisdns)));
    fc.assert(
      fc.property(inputs, (list) => {
        const table = new AgreementTable();
        const naive = new NaiveTable();
        for (const input of list) {
          if (typeof input === 'number') {
            expect(table.subscriberFor(input)).toBe(naive.subscriberFor(input));
          } else {
            const { index, outcome } = table.put(input);
            expect(outcome).toBe(naive.put(input));
            expect(table.idAt(index)).toBe(input.id);
          }
        }
        expectEqual(table, naive);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps all it has when it grows', () => {
    const table = new AgreementTable();
    const list = manyAgreements(5_000);
    list.forEach((added, n) => {
      expect(table.put(added)).toEqual({ index: n, outcome: 'added' });
      const subscriber = table.subscriberFor(added.msisdn);
      if (n < 2_500) table.newestRecordedAtMs[subscriber] = n;
      table.waitingCount[subscriber]++;
    });
    list.forEach((held, n) => {
      expect(table.get(n)).toEqual(held);
      expect(table.findById(held.id)).toBe(n);
    });
    expect(table.subscriberCount).toBe(2_500);
    for (let subscriber = 0; subscriber < 2_500; subscriber++) {
      expect(table.newestRecordedAtMs[subscriber]).toBe(subscriber);
      expect(table.waitingCount[subscriber]).toBe(2);
      expect(table.agreementsOf(subscriber)).toHaveLength(2);
    }
  });

  it('takes an agreement once: again is the same, with other content a conflict', () => {
    const table = new AgreementTable();
    expect(table.put(agreement())).toEqual({ index: 0, outcome: 'added' });
    expect(table.put(agreement())).toEqual({ index: 0, outcome: 'same' });
    const other = agreement({ msisdn: 7, billingPeriodTimeZone: 'Asia/Tokyo' });
    expect(table.put(other)).toEqual({ index: 0, outcome: 'conflict' });
    expect(table.get(0)).toEqual(agreement());
    expect(table.subscriberOf(7)).toBeUndefined();
  });

  it('has an agreement in force from serviceStartAt itself on, not a millisecond before', () => {
    const table = new AgreementTable();
    table.put(agreement());
    expect(table.inForce(0, 1_999)).toBeUndefined();
    expect(table.inForce(0, 2_000)).toBe(0);
  });

  it('starts a subscriber with no record seen and none waiting', () => {
    const table = new AgreementTable();
    for (let n = 1; n <= 100; n++) table.subscriberFor(n);
    expect([...table.newestRecordedAtMs.subarray(0, 100)]).toEqual(Array(100).fill(-Infinity));
    expect([...table.waitingCount.subarray(0, 100)]).toEqual(Array(100).fill(0));
    expect(table.subscriberOf(101)).toBeUndefined();
  });

  it('finds an id in either case and nothing for a text that is no id', () => {
    const table = new AgreementTable();
    table.put(agreement());
    expect(table.findById(ids[0].toUpperCase())).toBe(0);
    for (const text of ['', 'x', `${ids[0]}0`, ids[1], ids[0].replaceAll('-', '0')]) {
      expect(table.findById(text)).toBeUndefined();
    }
  });

  it('gives the calendar of an agreement', () => {
    const table = new AgreementTable();
    const { index } = table.put(agreement());
    const calendar = table.calendar(table.zoneIndex[index]);
    expect(calendar.zone).toBe('Europe/Warsaw');
    expect(table.calendar(table.zoneIndex[index])).toBe(calendar);
  });

  it('refuses to hold an agreement whose id is no UUID: a bug of the caller', () => {
    expect(() => new AgreementTable().put(agreement({ id: 'x' }))).toThrow(TypeError);
  });
});

const joined = (chunks: Iterable<Uint8Array>): Uint8Array => Buffer.concat([...chunks]);

function* cutInto(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function* later(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('a saved AgreementTable', () => {
  const filled = (count: number): AgreementTable => {
    const table = new AgreementTable();
    manyAgreements(count).forEach((added) => table.put(added));
    for (let n = 0; n < table.subscriberCount; n += 2) table.newestRecordedAtMs[n] = n * 1e9;
    for (let n = 0; n < table.subscriberCount; n += 3) table.waitingCount[n] = n;
    return table;
  };

  it('is loaded as it was, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(smallAgreement),
        fc.integer({ min: 1, max: 99 }),
        async (list, cut) => {
          const table = new AgreementTable();
          const naive = new NaiveTable();
          for (const added of list) {
            table.put(added);
            naive.put(added);
          }
          const bytes = joined(table.save());
          const loaded = await AgreementTable.load(later(cutInto(bytes, cut)));
          expectEqual(loaded, naive);
          expect(Buffer.compare(joined(loaded.save()), bytes)).toBe(0);
        },
      ),
    );
  });

  it('goes on as the first would have: same indexes, same growth', async () => {
    const table = filled(1_000);
    const loaded = await AgreementTable.load(table.save());
    const more = manyAgreements(3_000);
    for (const added of more) expect(loaded.put(added)).toEqual(table.put(added));
    for (let n = 0; n < 100; n++) expect(loaded.subscriberFor(n)).toBe(table.subscriberFor(n));
    expect(Buffer.compare(joined(loaded.save()), joined(table.save()))).toBe(0);
    expect(loaded.newestRecordedAtMs[loaded.subscriberFor(99)]).toBe(-Infinity);
  });

  it('comes in chunks of at most 4 MiB that do not change afterwards', () => {
    const table = filled(100_000);
    const chunks = [...table.save()];
    expect(chunks.length).toBeGreaterThan(1);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(4 * 1024 * 1024);
    const before = Buffer.from(joined(chunks));
    table.newestRecordedAtMs.fill(7);
    expect(Buffer.compare(joined(chunks), before)).toBe(0);
  });

  it('is refused when it is cut off, longer, of another kind, or inconsistent', async () => {
    const bytes = joined(filled(20).save());
    const corrupt = expect.objectContaining({ code: 'AGREEMENT_SNAPSHOT_CORRUPT' });
    for (let length = 0; length < bytes.length; length += 13) {
      await expect(AgreementTable.load([bytes.subarray(0, length)])).rejects.toEqual(corrupt);
    }
    await expect(AgreementTable.load([bytes, Uint8Array.of(0)])).rejects.toEqual(corrupt);
    for (const at of [0, 4, 8, 12, 16, 20]) {
      const changed = Uint8Array.from(bytes);
      changed[at] ^= 1;
      await expect(AgreementTable.load([changed])).rejects.toEqual(corrupt);
    }
    // The last columns are owner (4 bytes) and zone (2 bytes) of each of the 20 agreements.
    for (const fromEnd of [1, 20 * 2 + 1, 20 * 6 + 1]) {
      const changed = Uint8Array.from(bytes);
      changed[bytes.length - fromEnd] = 0x7f;
      await expect(AgreementTable.load([changed])).rejects.toEqual(corrupt);
    }
  });
});
