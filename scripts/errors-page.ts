import type { FaultCodes } from '../src/streaming/index.js';

/** The codes one `errors.ts` declares, and the folder of `src/` it lies in. */
export interface DeclaredCodes {
  readonly folder: string;
  readonly codes: FaultCodes;
}

/** What the program does about each reaction (src/streaming/fault.ts). */
const reactions = [
  '| Reaction | What the program does |',
  '| --- | --- |',
  '| Retry | It undoes what it was doing, restores, and tries again. |',
  '| Fenced | Another owner took over: it stops working on that partition. |',
  '| StateCorrupt | It stops that partition and is not ready; nothing is repaired in place. |',
  '| BadRecord | The input is refused with the code; everything else goes on. |',
  '| Fatal | It ends, or does not start. |',
  '| Warn | It goes on, and says so in its log, on its page and at `/api/warnings`. |',
];

const section = ({ folder, codes }: DeclaredCodes): string[] => [
  '',
  `## ${folder}`,
  '',
  '| Code | Reaction | What happened | What to do next |',
  '| --- | --- | --- | --- |',
  ...Object.entries(codes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { reaction, meaning, next }]) =>
        `| \`${code}\` | ${reaction} | ${meaning} | ${next} |`,
    ),
];

/** docs/errors.md as text, from the declarations alone; sections in order of their folder. */
export const printErrorsPage = (declared: readonly DeclaredCodes[]): string =>
  [
    '# Error codes',
    '',
    'This page is printed by `npm run docs`; change the `errors.ts` of the folder instead.',
    'A code is stable: it keeps its meaning from version to version. It appears in answers of',
    'REST and GraphQL, in the rejects of a file, in dead letters, and in the log.',
    '',
    ...reactions,
    ...[...declared].sort((a, b) => (a.folder < b.folder ? -1 : 1)).flatMap(section),
    '',
  ].join('\n');
