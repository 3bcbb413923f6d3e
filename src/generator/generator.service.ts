import { Inject, Injectable } from '@nestjs/common';
import { AGREEMENT_LOG, type AgreementLog, type Agreement } from '../agreements/index.js';
import { DIRECT_RECORDS, type DirectRecords } from '../data-records/index.js';
import { refusal } from '../platform/http/refusal.js';
import { CDR_DROP, type CdrDrop } from './cdr-drop.js';
import { AgreementsGenerator } from './domain/agreements-generator.js';
import { CdrFileGenerator, type GenerateRequest } from './domain/cdr-file-generator.js';
import { DirectRecordsGenerator } from './domain/direct-records-generator.js';
import { readGenerateRequest } from './domain/generate-request.js';
import { generatorErrors } from './errors.js';

/** The demo sequences of this process; one call at a time, each goes on where the last ended. */
@Injectable()
export class GeneratorService {
  readonly #agreements = new AgreementsGenerator();
  readonly #files = new CdrFileGenerator();
  readonly #direct = new DirectRecordsGenerator();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(AGREEMENT_LOG) private readonly agreementLog: AgreementLog,
    @Inject(CDR_DROP) private readonly cdrDrop: CdrDrop,
    @Inject(DIRECT_RECORDS) private readonly directRecords: DirectRecords,
  ) {}

  /** Makes the next agreements; answers how many and their ids in order, one a line. */
  agreements({ batchSize }: GenerateRequest): Promise<string> {
    return this.#inOrder(async () => {
      const agreements = this.#agreements.next(batchSize);
      await this.#accept(agreements);
      const ids = agreements.map(({ id }) => id);
      return lines(`Generated ${countOf(agreements.length, 'agreement')}:`, ids);
    });
  }

  /** Drops the next CDR file; answers its name, how many records, and their msisdns in order. */
  cdrFile(request: GenerateRequest): Promise<string> {
    return this.#inOrder(async () => {
      const file = this.#files.nextFile(request);
      await this.cdrDrop.drop(file);
      const records = countOf(file.recordCount, 'data record');
      return lines(`Generated ${records} in ${file.name} for:`, file.msisdns.map(String));
    });
  }

  /** Writes records of agreements, making the agreements that are missing. */
  direct(request: GenerateRequest): Promise<string> {
    return this.#inOrder(async () => {
      const batch = this.#direct.next(request);
      await this.#accept(batch.agreements);
      await this.directRecords.write(batch.records());
      const ids = batch.agreements.map(({ id }) => id);
      return lines(`Generated ${countOf(batch.recordCount, 'data record')} for agreements:`, ids);
    });
  }

  /** An agreement of the sequence that exists already is the same one: that is fine. */
  async #accept(agreements: readonly Agreement[]): Promise<void> {
    const refused = await this.agreementLog.add(agreements);
    const [why] = refused.values();
    if (why === undefined) return;
    throw refusal(generatorErrors, 'GENERATE_AGREEMENT_REFUSED', {
      status: 409,
      message: `a demo agreement was refused: ${why.message}`,
    });
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}

/** The batch-size and months of a query, or a refusal (400). */
export const generateRequestOf = (query: Readonly<Record<string, unknown>>): GenerateRequest => {
  const reading = readGenerateRequest(textOf(query['batch-size']), textOf(query['months']));
  if (reading.ok) return reading.request;
  throw refusal(generatorErrors, reading.code, { status: 400 });
};

/** A parameter given twice is an array: no number either. */
const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : 'not one text';

const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

const lines = (first: string, rest: readonly string[]): string => [first, ...rest, ''].join('\n');
