interface Entry {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
  readonly [fact: string]: unknown;
}

/**
 * Characters that a terminal obeys instead of showing: control characters, line separators, those
 * that turn the direction of text, and those that nobody sees. Unicode categories Cc, Zl, Zp, Cf.
 */
const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu;

const escaped = (text: string): string =>
  text.replace(obeyed, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16).padStart(4, '0');
    return code > 0xffff ? `\\u{${hex}}` : `\\u${hex}`;
  });

const quoted = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return escaped(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
};

/** On lines of its own; none of them looks like an entry, whatever the message of an error says. */
const stackText = (stack: string): string =>
  `\n${stack
    .split('\n')
    .map(escaped)
    .join('\n')
    .replace(/\n(?! )/g, '\n    ')}`;

/** One JSON line of the log as a person reads it: time, level, message, facts, then the stack. */
export const textLine = (json: string): string => {
  const { time, level, msg, err, ...facts } = JSON.parse(json) as Entry;
  const pairs = Object.entries(facts).map(([name, value]) => ` ${name}=${quoted(value)}`);
  const stack = err?.stack === undefined ? '' : stackText(err.stack);
  const head = `${time} ${level.toUpperCase().padEnd(5)} ${escaped(msg ?? '')}`;
  return `${head}${pairs.join('')}${stack}\n`;
};
