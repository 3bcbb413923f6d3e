import { createHash } from 'node:crypto';
import { AgreementsGenerator } from './agreements-generator.js';
import { CdrFileGenerator, type GeneratedCdrFile } from './cdr-file-generator.js';
import { DirectRecordsGenerator } from './direct-records-generator.js';

const GIB = 1024 ** 3;
const textOf = (file: GeneratedCdrFile) => Buffer.concat([...file.chunks()]).toString();
const linesOf = (file: GeneratedCdrFile) => textOf(file).trimEnd().split('\n');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

// The golden run: one subscriber, one month.
describe('golden run', () => {
  const file = new CdrFileGenerator().nextFile();
  const records = linesOf(file).map((line) => {
    const [externalId, recordedAt, msisdn, bytes] = line.split(';');
    const recordedAtMs = Date.parse(recordedAt.replace(/\[.*/, ''));
    return { externalId, recordedAtMs, msisdn, bytes: Number(bytes) };
  });
  const totalUpTo = (lastMs: number) =>
    records.reduce((sum, { recordedAtMs, bytes }) => sum + (recordedAtMs <= lastMs ? bytes : 0), 0);

  it('has the agreement of the contract', () => {
    expect(new AgreementsGenerator().next()).toEqual([
      {
        id: '0b12c601-9287-3f5c-a78c-df508fe0f889',
        msisdn: 48917846822,
        signedAtMs: Date.parse('2019-12-20T00:00+01:00'),
        serviceStartAtMs: Date.parse('2020-01-01T00:00+01:00'),
        billingPeriodTimeZone: 'Europe/Warsaw',
        maxBytesInBillingPeriod: 5368709120,
      },
    ]);
  });

  it('has the file of the contract', () => {
    expect(file.name).toBe('idr_000_2020-01-02_1349856c-14bb-33a0-ae31-b3df49201961.csv');
    expect(file.temporaryName).toBe('tmp_1349856c-14bb-33a0-ae31-b3df49201961');
    expect(file.msisdns).toEqual([48917846822]);
    expect(linesOf(file)[0]).toBe(
      '8aae90a1-c2e7-33e5-9fab-f8f3e1900906;' +
        '2020-01-02T00:00+01:00[Europe/Warsaw];48917846822;825012938',
    );
    expect(file.recordCount).toBe(31);
    expect(records).toHaveLength(31);
    expect(textOf(file).endsWith('\n')).toBe(true);
  });

  it('exceeds the plan with the record and the total of the contract', () => {
    const crossingMs = Date.parse('2020-01-10T23:00Z');
    const crossing = records.find(({ recordedAtMs }) => recordedAtMs === crossingMs);
    expect(crossing?.externalId).toBe('523d8cc7-e611-3508-90bc-fab260b2973e');
    expect(totalUpTo(crossingMs)).toBe(5697948758);
    expect(totalUpTo(crossingMs - 1)).toBeLessThan(5 * GIB);
  });

  it('closes January with the record and the total of the contract', () => {
    const lastMs = Date.parse('2020-01-30T23:00Z');
    const last = records.find(({ recordedAtMs }) => recordedAtMs === lastMs);
    expect(last?.externalId).toBe('b58a3008-23a9-384c-b4e6-2cc837d1ef07');
    expect(totalUpTo(lastMs)).toBe(13559994361);
  });
});

// Values and hashes printed by a port of the same rules in Java 17.
describe('several subscribers', () => {
  it('have the agreements that java.util.Random gives', () => {
    const agreements = new AgreementsGenerator().next(5);
    expect(
      agreements.map((a) => [a.id, a.msisdn, a.signedAtMs, a.maxBytesInBillingPeriod]),
    ).toEqual([
      ['0b12c601-9287-3f5c-a78c-df508fe0f889', 48917846822, 1576796400000, 5 * GIB],
      ['98519208-a495-3964-81c2-b693eeba892f', 48417390110, 1576105200000, 5 * GIB],
      ['32022ad0-d0e0-3145-8112-8c5e4f15caec', 48111501311, 1576882800000, 5 * GIB],
      ['d702f1d2-da88-37fe-b211-ef1a9eb0eb77', 48625495793, 1576796400000, 5 * GIB],
      ['8f32edc5-1a5f-3de1-9d55-11313489e5e3', 48327494176, 1576537200000, 5 * GIB],
    ]);
  });

  it('agreements go on where the call before ended, and match the files', () => {
    const generator = new AgreementsGenerator();
    const cut = [...generator.next(2), ...generator.next(), ...generator.next(2)];
    expect(cut).toEqual(new AgreementsGenerator().next(5));
    const file = new CdrFileGenerator().nextFile({ batchSize: 5 });
    expect(file.msisdns).toEqual(cut.map(({ msisdn }) => msisdn));
  });

  it('have files equal to Java byte for byte, over two calls and the start of summer time', () => {
    const generator = new CdrFileGenerator();
    const first = generator.nextFile({ batchSize: 3 });
    expect(sha256(textOf(first))).toBe(
      'd0e21e9395122a6fddb877e37d06ead9a090b1cca956657c27baa37325dab093',
    );
    const second = generator.nextFile({ batchSize: 3, months: 2 });
    expect(second.name).toBe('idr_001_2020-02-02_c2326e9e-90ff-3ea0-af85-f5704f51e1b6.csv');
    expect(sha256(textOf(second))).toBe(
      '57433a098e0bc37aa21704eb9fddeb72e09d0da1228c29f9cdaa1917592ed9e7',
    );
    expect(linesOf(second).at(-1)).toContain(';2020-04-01T01:00+02:00[Europe/Warsaw];');
  });

  it('have direct records that go on where the call before ended', () => {
    const generator = new DirectRecordsGenerator();
    const first = generator.next({ batchSize: 2 });
    const records = [...first.records()];
    expect(first.agreements).toEqual(new AgreementsGenerator().next(2));
    expect(records).toHaveLength(first.recordCount);
    expect([records[0], records[30], records[31], records[61]]).toEqual([
      directRecord(0, '2020-01-01T23:00Z', '82b6a30a-b659-3a4d-85f7-2771b6f69f56', 8056766),
      directRecord(0, '2020-01-31T23:00Z', 'f3d3c522-d268-3220-b106-f35b04444b04', 2477574),
      directRecord(1, '2020-01-01T23:00Z', '3ed67d0e-c83c-3e4a-8aca-2211354a7929', 8052070),
      directRecord(1, '2020-01-31T23:00Z', '9865a564-549e-3093-84da-b424b1f03602', 4825833),
    ]);
    const [next] = generator.next({ batchSize: 2 }).records();
    expect(next).toEqual(
      directRecord(0, '2020-02-01T23:00Z', 'ef65fc25-1d5b-3102-8500-37cd284aeceb', 6605120),
    );
  });

  function directRecord(
    ...[index, at, internalRecordId, recordedBytes]: [0 | 1, string, string, number]
  ) {
    const { id, msisdn } = new AgreementsGenerator().next(2)[index];
    const recordedAtMs = Date.parse(at);
    return { agreementId: id, msisdn, recordedAtMs, internalRecordId, recordedBytes };
  }
});
