import { CdrFileGenerator, type GeneratedCdrFile } from './cdr-file-generator.js';
import { DirectRecordsGenerator } from './direct-records-generator.js';

const textOf = (file: GeneratedCdrFile) => Buffer.concat([...file.chunks()]).toString();

describe('CdrFileGenerator', () => {
  it('makes a file that was given up half-way again', () => {
    const generator = new CdrFileGenerator();
    const [firstChunk] = generator.nextFile({ batchSize: 100 }).chunks();
    const again = generator.nextFile({ batchSize: 100 });
    expect(again.name).toMatch(/^idr_000_/);
    expect(textOf(again).startsWith(firstChunk.toString())).toBe(true);
    expect(generator.nextFile({ batchSize: 100 }).name).toMatch(/^idr_001_2020-02-02_/);
  });

  it('does not go back when an older file is read a second time', () => {
    const generator = new CdrFileGenerator();
    const first = generator.nextFile();
    const text = textOf(first);
    textOf(generator.nextFile());
    expect(textOf(first)).toBe(text);
    expect(generator.nextFile().name).toMatch(/^idr_002_/);
  });

  it('cuts chunks at line ends and keeps them small', () => {
    const chunks = [...new CdrFileGenerator().nextFile({ batchSize: 500 }).chunks()];
    expect(chunks.length).toBeGreaterThan(10);
    for (const chunk of chunks) {
      expect(chunk.at(-1)).toBe('\n'.charCodeAt(0));
      expect(chunk.length).toBeLessThan(66_000);
    }
  });

  it('has every subscriber once at every instant, in time order', () => {
    const file = new CdrFileGenerator().nextFile({ batchSize: 7 });
    const records = textOf(file)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(';'));
    expect(records).toHaveLength(file.recordCount);
    for (let at = 0; at < records.length; at += 7) {
      const turn = records.slice(at, at + 7);
      expect(new Set(turn.map(([, recordedAt]) => recordedAt)).size).toBe(1);
      expect(turn.map(([, , msisdn]) => Number(msisdn)).sort()).toEqual([...file.msisdns].sort());
    }
  });

  it('lets a larger batch join at the time of the call and a smaller one leave', () => {
    const generator = new CdrFileGenerator();
    textOf(generator.nextFile({ batchSize: 2 }));
    const larger = generator.nextFile({ batchSize: 3 });
    const lines = textOf(larger).trimEnd().split('\n');
    expect(lines[0]).toContain(';2020-02-02T00:00+01:00[Europe/Warsaw];');
    expect(lines).toHaveLength(3 * 29);
    const smaller = generator.nextFile({ batchSize: 1 });
    expect(smaller.msisdns).toEqual([48917846822]);
    expect(textOf(smaller)).not.toMatch(/;48417390110;|;48111501311;/);
  });
});

describe('DirectRecordsGenerator', () => {
  it('makes records that were given up half-way again', () => {
    const generator = new DirectRecordsGenerator();
    const [record] = generator.next({ batchSize: 2 }).records();
    const all = [...generator.next({ batchSize: 2 }).records()];
    expect(all[0]).toEqual(record);
  });

  it('does not go back when an older batch is read a second time', () => {
    const generator = new DirectRecordsGenerator();
    const first = generator.next();
    const records = [...first.records()];
    expect([...generator.next().records()]).toHaveLength(29);
    expect([...first.records()]).toEqual(records);
    const [third] = generator.next().records();
    expect(third.recordedAtMs).toBe(Date.parse('2020-03-01T23:00Z'));
  });
});
