/** What decides between agreements of one msisdn; instants in epoch ms. */
export interface Candidate {
  readonly id: string;
  readonly serviceStartAtMs: number;
  readonly signedAtMs: number;
  /** Offset in the log of the event that made the agreement known. */
  readonly version: number;
}

export interface PeriodSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** The reasons by their names. */
export const rivalReasons = [
  'starts-after-period',
  'starts-within-period',
  'known-too-late',
  'starts-earlier',
  'signed-earlier',
] as const satisfies readonly RivalReason['reason'][];

/** Why an agreement does not get the records of a period that another one got. */
export type RivalReason =
  | { readonly reason: 'starts-after-period' }
  | { readonly reason: 'starts-within-period'; readonly takesRecordsFromMs: number }
  | { readonly reason: 'known-too-late'; readonly knownAtVersion: number }
  | { readonly reason: 'starts-earlier' }
  | { readonly reason: 'signed-earlier' };

/** Negative when a loses: the later start wins, then the later signature (docs/RULES.md). */
const compare = (a: Candidate, b: Candidate): number =>
  a.serviceStartAtMs - b.serviceStartAtMs || a.signedAtMs - b.signedAtMs;

/**
 * Why `rival` lost against `chosen` for the records of the period. `lastVersion` is the greatest
 * version of those records: an agreement that became known later moves none of them.
 */
export const whyRivalLost = (
  chosen: Candidate,
  rival: Candidate,
  period: PeriodSpan & { readonly lastVersion: number | undefined },
): RivalReason => {
  if (rival.serviceStartAtMs >= period.endMs) return { reason: 'starts-after-period' };
  if (compare(rival, chosen) > 0) {
    if (period.lastVersion !== undefined && rival.version > period.lastVersion) {
      return { reason: 'known-too-late', knownAtVersion: rival.version };
    }
    return { reason: 'starts-within-period', takesRecordsFromMs: rival.serviceStartAtMs };
  }
  return rival.serviceStartAtMs < chosen.serviceStartAtMs
    ? { reason: 'starts-earlier' }
    : { reason: 'signed-earlier' };
};

/** The reason as a sentence for people. */
export const rivalSentence = (reason: RivalReason, instantText: (ms: number) => string): string => {
  switch (reason.reason) {
    case 'starts-after-period':
      return 'its service starts after the end of this period';
    case 'starts-within-period':
      return (
        'it takes the records from its service start at ' + instantText(reason.takesRecordsFromMs)
      );
    case 'known-too-late':
      return 'it became known after these records were counted, which moves none of them';
    case 'starts-earlier':
      return 'its service starts earlier, and the latest start wins';
    case 'signed-earlier':
      return 'it starts at the same instant but was signed earlier';
  }
};
