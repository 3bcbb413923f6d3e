const units = ['B', 'KB', 'MB', 'GB'] as const;

/** Half of a unit or more counts as a whole one (docs/WIRE-CONTRACT.md). */
const roundedHalfUp = (bytes: bigint, unit: bigint): bigint => (2n * bytes + unit) / (2n * unit);

/**
 * The four lines of total-data-used: the bytes in B, KB, MB and GB. Each unit is 1024 of the one
 * before and is rounded from the bytes, not from the unit before.
 */
export const totalText = (totalBytes: number | bigint): string =>
  units
    .map((unit, power) => `${roundedHalfUp(BigInt(totalBytes), 1024n ** BigInt(power))} ${unit}`)
    .join('\n');
