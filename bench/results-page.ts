/** One line of the page: a median of several runs, the spread, and what it has to be. */
export interface Figure {
  readonly name: string;
  readonly median: number;
  readonly all: readonly number[];
  readonly unit: string;
  readonly digits?: number;
  /** At least (for rates) or at most; undefined for what is only told. */
  readonly target?: { readonly kind: '≥' | '≤'; readonly value: number };
}

/** True when the median is on the right side of the target, or there is none. */
export const holds = ({ median, target }: Figure): boolean =>
  target === undefined || (target.kind === '≥' ? median >= target.value : median <= target.value);

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const line = (figure: Figure): string => {
  const { name, median, all, unit, digits, target } = figure;
  const spread = `${number(Math.min(...all), digits)} – ${number(Math.max(...all), digits)}`;
  const wanted = target === undefined ? '' : `${target.kind} ${number(target.value, digits)}`;
  const verdict = target === undefined ? '' : holds(figure) ? 'yes' : '**no**';
  return `| ${name} | ${number(median, digits)} ${unit} | ${spread} | ${wanted} | ${verdict} |`;
};

/** The whole page. `day` is an ISO date, `script` such as `npm run bench`. */
export const resultsPage = (of: {
  readonly day: string;
  readonly script: string;
  readonly command: string;
  readonly machine: readonly string[];
  readonly runs: number;
  readonly figures: readonly Figure[];
  /** What was measured how, as markdown. */
  readonly notes: string;
}): string => `# Results of \`${of.script}\`

Written by the script on ${of.day}; do not edit. Each figure is the median of ${of.runs} runs, each
on a new data directory; the files lie in the page cache. Compare figures of one page only.

- Command: \`${of.command}\`
${of.machine.join('\n')}

| What | Median | Least – most | Target | Holds |
| --- | --- | --- | --- | --- |
${of.figures.map(line).join('\n')}

${of.notes}
`;
