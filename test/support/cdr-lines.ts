/** A line of a CDR file, read as simply as it can be. */
export interface CdrLine {
  readonly externalId: string;
  readonly recordedAtMs: number;
  readonly msisdn: number;
  readonly recordedBytes: number;
}

/** The readable lines of a file; throws for one that is not. */
export const cdrLinesOf = (text: string): CdrLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [externalId, recordedAt, msisdn, bytes] = line.split(';');
      const recordedAtMs = Date.parse(recordedAt.replace(/\[.*\]$/, ''));
      if (Number.isNaN(recordedAtMs)) throw new Error(`${recordedAt} is not a time`);
      const recordedBytes = Number(bytes);
      return { externalId, recordedAtMs, msisdn: Number(msisdn), recordedBytes };
    });
