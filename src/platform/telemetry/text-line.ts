interface Entry {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
  readonly [fact: string]: unknown;
}

const quoted = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
};

/** One JSON line of the log as a person reads it: time, level, message, facts, then the stack. */
export const textLine = (json: string): string => {
  const { time, level, msg, err, ...facts } = JSON.parse(json) as Entry;
  const pairs = Object.entries(facts).map(([name, value]) => ` ${name}=${quoted(value)}`);
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${time} ${level.toUpperCase().padEnd(5)} ${msg ?? ''}${pairs.join('')}${stack}\n`;
};
