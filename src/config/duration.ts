const shape =
  /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3}))?S)?)?$/;

const unitMs = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;

/**
 * Milliseconds of an ISO 8601 duration such as `PT4H` or `P1DT30M`; undefined when it is none.
 * Weeks to seconds only: a year or a month has no fixed length (ISO 8601-1, 5.5.2.4).
 */
export const parseDurationMs = (text: string): number | undefined => {
  const found = shape.exec(text);
  if (found === null) return undefined;
  const parts = found.slice(1, 6);
  if (parts.every((part) => part === undefined)) return undefined;
  const wholeMs = parts.reduce((sum, part, i) => sum + Number(part ?? 0) * unitMs[i], 0);
  const totalMs = wholeMs + Number((found[6] ?? '').padEnd(3, '0'));
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
};
