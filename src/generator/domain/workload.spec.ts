import {
  plainWorkload,
  workloadAgreements,
  writeWorkload,
  type WorkloadOptions,
} from './workload.js';

const hourMs = 3_600_000;

const mixed: Partial<WorkloadOptions> = {
  seed: 7,
  subscribers: 50,
  records: 20_000,
  daysStep: 1 / 24,
  outOfOrderShare: 0.1,
  duplicateShare: 0.05,
  malformedShare: 0.03,
  lateShare: 0.02,
};

function made(options: Partial<WorkloadOptions>) {
  const chunks: Buffer[] = [];
  const book = writeWorkload(options, (chunk) => chunks.push(chunk));
  const text = Buffer.concat(chunks).toString();
  return { book, text, lines: text.split('\n').slice(0, -1) };
}

const line =
  /^([0-9a-f-]{36});(\d{4}-\d\d-\d\dT[\d:]+[+]\d\d:\d\d)\[Europe\/Warsaw\];(48\d{9});(\d+)$/;

function readable(lines: readonly string[]) {
  return lines.flatMap((text) => {
    const match = line.exec(text);
    if (!match || text.includes('2020-02-30')) return [];
    return [{ text, atMs: Date.parse(match[2]), msisdn: match[3], bytes: Number(match[4]) }];
  });
}

describe('writeWorkload', () => {
  it('gives the same bytes for the same options and others for another seed', () => {
    expect(made(mixed).text).toBe(made(mixed).text);
    expect(made({ ...mixed, seed: 8 }).text).not.toBe(made(mixed).text);
  });

  it('keeps a book that its lines confirm', () => {
    const { book, lines } = made(mixed);
    expect(lines).toHaveLength(20_000);
    expect(book.lines).toBe(20_000);
    const { inOrder, outOfOrder, late, duplicate, malformed } = book;
    expect(inOrder + outOfOrder + late + duplicate + malformed).toBe(book.lines);
    const records = readable(lines);
    const distinct = new Map(records.map((record) => [record.text, record]));
    expect(lines.length - records.length).toBe(malformed);
    expect(records.length - distinct.size).toBe(duplicate);
    const total = [...distinct.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBe(book.recordedBytes + book.lateBytes);
    const newest = records.reduce((max, { atMs }) => Math.max(max, atMs), 0);
    expect(newest).toBe(book.lastRecordedAtMs);
  });

  it('has about the shares that were asked for', () => {
    const { book } = made(mixed);
    expect(book.outOfOrder / book.lines).toBeCloseTo(0.1, 1);
    expect(book.duplicate / book.lines).toBeCloseTo(0.05, 1);
    expect(book.malformed).toBeGreaterThan(400);
    expect(book.late).toBeGreaterThan(300);
  });

  it('keeps lines out of order within the bound, and out of order within their MSISDN', () => {
    const { book, lines } = made({ ...mixed, duplicateShare: 0, lateShare: 0 });
    let newestMs = 0;
    let behindOwn = 0;
    const newestOf = new Map<string, number>();
    for (const { atMs, msisdn } of readable(lines)) {
      newestMs = Math.max(newestMs, atMs);
      expect(newestMs - atMs).toBeLessThanOrEqual(4 * hourMs);
      if (atMs < (newestOf.get(msisdn) ?? 0)) behindOwn++;
      newestOf.set(msisdn, Math.max(newestOf.get(msisdn) ?? 0, atMs));
    }
    expect(behindOwn).toBeGreaterThan(book.outOfOrder / 2);
  });

  it('puts late lines into an earlier month, still within the agreement', () => {
    const { lines } = made({
      ...mixed,
      records: 500,
      lateShare: 1,
      outOfOrderShare: 0,
      malformedShare: 0,
    });
    const [agreement] = workloadAgreements(mixed);
    for (const { atMs } of readable(lines)) {
      expect(new Date(atMs + 2 * hourMs).getUTCMonth()).not.toBe(0);
      expect(atMs).toBeGreaterThan(agreement.serviceStartAtMs);
    }
  });

  it('is in strict order, clean and one line a turn when nothing else is asked for', () => {
    const { book, lines } = made({});
    expect(book.inOrder).toBe(plainWorkload.records);
    const times = readable(lines).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times).toHaveLength(plainWorkload.records);
  });

  it('has an agreement for every MSISDN and no MSISDN twice', () => {
    const agreements = workloadAgreements({ subscribers: 5000 });
    expect(new Set(agreements.map(({ msisdn }) => msisdn)).size).toBe(5000);
    expect(new Set(agreements.map(({ id }) => id)).size).toBe(5000);
    const known = new Set(workloadAgreements(mixed).map(({ msisdn }) => String(msisdn)));
    for (const { msisdn } of readable(made(mixed).lines)) expect(known.has(msisdn)).toBe(true);
  });
});
