/** How many differences are printed; all are counted. */
const mostPrinted = 1000;

/** Tells each difference in a line of its own, up to a bearable number of them. */
export class Differences {
  count = 0;

  constructor(private readonly print: (line: string) => void) {}

  readonly add = (line: string): void => {
    if (++this.count <= mostPrinted) this.print(`DIFFERENT  ${line}`);
  };

  /** What was found, as the end of the last line; tells before how many were not printed. */
  summary(): string {
    if (this.count > mostPrinted) this.print(`… and ${this.count - mostPrinted} more`);
    return this.count === 0 ? 'all as the log says' : `${this.count} differences`;
  }
}
