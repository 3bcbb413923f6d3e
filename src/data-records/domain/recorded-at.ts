/** An instant (epoch ms) as the first system writes it: `2020-01-01T23:00:00.000+00:00`. */
export const recordedAtText = (recordedAtMs: number): string =>
  new Date(recordedAtMs).toISOString().replace('Z', '+00:00');
