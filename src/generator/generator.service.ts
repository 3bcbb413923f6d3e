import { Inject, Injectable } from '@nestjs/common';
import { AGREEMENT_LOG, type AgreementLog, type Agreement } from '../agreements/index.js';
import { DIRECT_RECORDS, type DirectRecords } from '../data-records/index.js';
import { CLOCK, type Clock } from '../platform/http/clock.js';
import { refusal } from '../platform/http/refusal.js';
import { CDR_DROP, type CdrDrop } from './cdr-drop.js';
import { AgreementsGenerator } from './domain/agreements-generator.js';
import { CdrFileGenerator, type GenerateRequest } from './domain/cdr-file-generator.js';
import { DirectRecordsGenerator } from './domain/direct-records-generator.js';
import { generatorErrors } from './errors.js';

/** Agreements that are made at once; others have their turn between two such runs. */
const agreementsOfRun = 1000;
/** Of a line of a generated file, a little more than the longest. */
const bytesOfLine = 110;

const never = new AbortController().signal;

/**
 * The demo sequences of this process; one call at a time, each goes on where the last ended. No
 * record is made that would be in the future: it would move the event clock ahead of everybody's.
 * A call whose `cancel` fires stops where it is and throws the reason.
 */
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
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  /** Makes the next agreements; answers how many and their ids in order, one a line. */
  agreements({ batchSize }: GenerateRequest, cancel = never): Promise<string> {
    return this.#inOrder(async () => {
      const ids: string[] = [];
      for (let left = batchSize; left > 0; left -= agreementsOfRun) {
        cancel.throwIfAborted();
        const agreements = this.#agreements.next(Math.min(left, agreementsOfRun));
        await this.#accept(agreements);
        ids.push(...agreements.map(({ id }) => id));
      }
      return lines(`Generated ${countOf(batchSize, 'agreement')}:`, ids);
    });
  }

  /** Drops the next CDR file; answers its name, how many records, and their msisdns in order. */
  cdrFile(request: GenerateRequest, cancel = never): Promise<string> {
    return this.#inOrder(async () => {
      cancel.throwIfAborted();
      const untilMs = this.now();
      const file = this.#files.nextFile({ ...request, untilMs });
      expectRecords(file);
      await this.cdrDrop.drop({ ...file, bytes: file.recordCount * bytesOfLine }, cancel);
      const records = countOf(file.recordCount, 'data record');
      const msisdns = file.msisdns.map(String);
      return lines(`Generated ${records} in ${file.name} for:`, msisdns) + cutText(file, untilMs);
    });
  }

  /** Writes records of agreements, making the agreements that are missing. */
  direct(request: GenerateRequest, cancel = never): Promise<string> {
    return this.#inOrder(async () => {
      const untilMs = this.now();
      const batch = this.#direct.next({ ...request, untilMs });
      expectRecords(batch);
      for (let at = 0; at < batch.agreements.length; at += agreementsOfRun) {
        cancel.throwIfAborted();
        await this.#accept(batch.agreements.slice(at, at + agreementsOfRun));
      }
      await this.directRecords.write(untilCancelled(batch.records(), cancel));
      const ids = batch.agreements.map(({ id }) => id);
      const records = countOf(batch.recordCount, 'data record');
      return lines(`Generated ${records} for agreements:`, ids) + cutText(batch, untilMs);
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

const expectRecords = ({ recordCount }: { readonly recordCount: number }): void => {
  if (recordCount === 0) throw refusal(generatorErrors, 'GENERATE_UP_TO_NOW', { status: 409 });
};

const cutText = ({ isCut }: { readonly isCut: boolean }, untilMs: number): string => {
  const at = new Date(untilMs).toISOString();
  return isCut ? `Stopped at ${at}: what is later would be in the future.\n` : '';
};

function* untilCancelled<T>(items: Iterable<T>, cancel: AbortSignal): Generator<T> {
  for (const item of items) {
    cancel.throwIfAborted();
    yield item;
  }
}

const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

const lines = (first: string, rest: readonly string[]): string => [first, ...rest, ''].join('\n');
