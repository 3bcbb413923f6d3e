/**
 * A subscriber's number as logs may show it: the last three digits, the rest as `*`.
 * A number of three digits or fewer is hidden whole.
 */
export const maskMsisdn = (msisdn: string | number | bigint): string => {
  const digits = String(msisdn);
  const shown = digits.length > 3 ? digits.slice(-3) : '';
  return shown.padStart(digits.length, '*');
};

/** Such as 20200131, 2020013123, 202001312359 and 20200131235959. */
const dateDigits =
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}$/;

/** So many digits are a subscriber's number with its country code, or hold one; not in a UUID. */
const longDigits = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\d{8,}/gi;

/** A file's name or path with what may be subscribers' numbers masked; dates are left. */
export const maskFileName = (name: string): string =>
  name.replace(longDigits, (digits) =>
    dateDigits.test(digits) || digits.includes('-') ? digits : maskMsisdn(digits),
  );

/** What has a slash or an extension: the paths that errors of the file system name. */
const pathsInText = /[^\s'"]*[^\s'"][/.][^\s'"]+/g;

/** A text with the names of files in it masked. */
export const maskFileNames = (text: string): string => text.replace(pathsInText, maskFileName);
