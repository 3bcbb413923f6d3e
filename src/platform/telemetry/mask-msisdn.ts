/**
 * A subscriber's number as logs may show it: the last three digits, the rest as `*`.
 * A number of three digits or fewer is hidden whole.
 */
export const maskMsisdn = (msisdn: string | number | bigint): string => {
  const digits = String(msisdn);
  const shown = digits.length > 3 ? digits.slice(-3) : '';
  return shown.padStart(digits.length, '*');
};
