import type { FaultCodes } from '../streaming/index.js';

const fixLine = 'Fix the line in the list of rejects of the file and drop that list again.';
const dropAgain =
  'Drop the whole file again under a new name; what was read already is a duplicate.';

/** Codes of lines that are refused, and of files. Codes of times stand with their parser. */
export const importErrors = {
  DONE_FILES_UNKNOWN: {
    reaction: 'Warn',
    meaning: 'Files in done/ are not among those that the store has read.',
    next:
      'Move them back into the incoming folder: they are read, and lines that are known are ' +
      'duplicates.',
  },
  FILE_LINES_LOST: {
    reaction: 'BadRecord',
    meaning: 'Lines of the file were lost with a damaged store, which was repaired.',
    next: dropAgain,
  },
  CDR_LINE_EMPTY: { reaction: 'BadRecord', meaning: 'The line is empty.', next: fixLine },
  CDR_LINE_TOO_LONG: {
    reaction: 'BadRecord',
    meaning: 'The line is longer than a line may be; only its first bytes are kept.',
    next: 'Look for a lost line break in the file, then drop the lines again.',
  },
  CDR_NUL_BYTE: {
    reaction: 'BadRecord',
    meaning: 'The line has a NUL byte.',
    next: 'Check that the file is UTF-8 text and was transferred whole.',
  },
  CDR_UTF8_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The line is not valid UTF-8.',
    next: 'Write the file as UTF-8 and drop it again.',
  },
  CDR_FIELDS_TOO_FEW: {
    reaction: 'BadRecord',
    meaning: 'The line has fewer than four fields.',
    next: fixLine,
  },
  CDR_FIELDS_TOO_MANY: {
    reaction: 'BadRecord',
    meaning: 'The line has more than four fields.',
    next: fixLine,
  },
  CDR_FIELD_EMPTY: {
    reaction: 'BadRecord',
    meaning: 'A field of the line is empty.',
    next: fixLine,
  },
  CDR_ID_CHARACTER: {
    reaction: 'BadRecord',
    meaning:
      'The externalId has a quote, a control character or one that cannot be seen inside of it.',
    next: fixLine,
  },
  CDR_ID_TOO_LONG: {
    reaction: 'BadRecord',
    meaning: 'The externalId is longer than 1024 bytes.',
    next: fixLine,
  },
  CDR_HEADER_LINE: {
    reaction: 'BadRecord',
    meaning: 'The line is a header; CDR files have none.',
    next: 'Nothing, or write the files without a header.',
  },
  CDR_MSISDN_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The msisdn is not 1 to 15 digits.',
    next: fixLine,
  },
  CDR_MSISDN_LEADING_ZERO: {
    reaction: 'BadRecord',
    meaning: 'The msisdn begins with 0; it has to begin with a country code.',
    next: fixLine,
  },
  CDR_BYTES_NEGATIVE: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes are negative.',
    next: fixLine,
  },
  CDR_BYTES_FRACTIONAL: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes are not a whole number.',
    next: fixLine,
  },
  CDR_BYTES_EXPONENT: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes are written with an exponent.',
    next: fixLine,
  },
  CDR_BYTES_TOO_LARGE: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes are over 9007199254740991.',
    next: fixLine,
  },
  CDR_BYTES_NOT_ASCII: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes have characters other than the digits 0 to 9 of ASCII.',
    next: fixLine,
  },
  CDR_BYTES_INVALID: {
    reaction: 'BadRecord',
    meaning: 'The recorded bytes are not a number.',
    next: fixLine,
  },
  CDR_TIME_IN_FUTURE: {
    reaction: 'BadRecord',
    meaning: 'recordedAt is further after the import of the file than MAX_FUTURE_SKEW.',
    next: 'Check the clock of the system that wrote the record.',
  },
  FILE_NOT_REGULAR: {
    reaction: 'BadRecord',
    meaning: 'It is a directory, symbolic link, pipe, socket or device, not a file.',
    next: 'Move a regular file into the folder.',
  },
  FILE_UNREADABLE: {
    reaction: 'BadRecord',
    meaning: 'The file cannot be opened or read.',
    next: 'Check owner and permissions, then drop the file again.',
  },
  FILE_GONE: {
    reaction: 'BadRecord',
    meaning: 'The file was taken away before it was read to its end.',
    next: dropAgain,
  },
  FILE_TRUNCATED: {
    reaction: 'BadRecord',
    meaning: 'The file is shorter than it was when it was found; its whole lines were read.',
    next: dropAgain,
  },
  FILE_GREW: {
    reaction: 'BadRecord',
    meaning:
      'The file grew behind the end that was read of it; it is read on from there once it is ' +
      'quiet. A last line without its line break stands in the book again when it is read whole.',
    next: 'Rename files into the folder when they are complete, or raise IMPORT_QUIET_PERIOD.',
  },
  FILE_GZIP_OFF: {
    reaction: 'BadRecord',
    meaning: 'Reading of .gz files is switched off.',
    next: 'Switch it on in the settings or unpack the file.',
  },
  FILE_GZIP_CORRUPT: {
    reaction: 'BadRecord',
    meaning: 'The .gz file cannot be unpacked to its end; the lines before that were read.',
    next: dropAgain,
  },
  FILE_GZIP_TOO_LARGE: {
    reaction: 'BadRecord',
    meaning: 'The .gz file unpacks to more bytes than the settings allow.',
    next: 'Split the file, or raise the bound in the settings.',
  },
  FILE_GZIP_RATIO: {
    reaction: 'BadRecord',
    meaning: 'The .gz file unpacks to more bytes per packed byte than the settings allow.',
    next: 'Check where the file comes from, or raise the bound in the settings.',
  },
  FILE_NOT_MOVED: {
    reaction: 'Retry',
    meaning: 'A file whose import has ended cannot be moved out of the incoming folder.',
    next: 'Make the incoming folder writable; it is tried again with every scan.',
  },
  FEED_NAME_RESERVED: {
    reaction: 'BadRecord',
    meaning:
      'A sub-folder has a name that no feed of files can have: `default` is the folder itself, ' +
      '`topic` the records that come without a file. Its files are left alone.',
    next: 'Rename the sub-folder.',
  },
  FEED_FOLDER_NESTED: {
    reaction: 'BadRecord',
    meaning: 'There is a folder in the folder of a feed. What is in it is left alone.',
    next: 'Move its files into the folder of the feed, or the folder beside it.',
  },
  IMPORT_PAUSED: {
    reaction: 'Retry',
    meaning: 'The import waits, as its last step could not be stored (disk full, servers away).',
    next: 'Look at the cause: make room, or bring the servers back; it goes on by itself.',
  },
  IMPORT_STOPPED: {
    reaction: 'StateCorrupt',
    meaning:
      'The import stops: what it reads can be stored no more until a person mends the store.',
    next: 'Look at the cause, do what its code asks for, then start the program again.',
  },
  IMPORT_FILE_UNKNOWN: {
    reaction: 'BadRecord',
    meaning: 'There is no import file with this id.',
    next: 'Look up the id in GET /api/import-files.',
  },
  IMPORT_FILE_IDS_USED_UP: {
    reaction: 'Fatal',
    meaning: 'All ids there can be for import files, 2147483646 of them, are used up.',
    next: 'Start with a new keyspace; the old one can still be read by a process without ingest.',
  },
} as const satisfies FaultCodes;

export type ImportCode = keyof typeof importErrors;
