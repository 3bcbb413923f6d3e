/** The middle of a list that has at least one number. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The smallest value that at least a share `q` of the values does not exceed. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
};
