import type { FaultCodes } from '../streaming/index.js';

/** What can be wrong with the settings; the program does not start with any of these. */
export const configErrors = {
  SETTING_INVALID: {
    reaction: 'Fatal',
    meaning: 'A setting has a value that cannot be read as its type.',
    next: 'Correct the value; docs/configuration.md shows the type and an example of each.',
  },
  SETTING_OUT_OF_BOUNDS: {
    reaction: 'Fatal',
    meaning: 'A setting is below its smallest or above its largest value.',
    next: 'Choose a value within the bounds that docs/configuration.md shows.',
  },
  SETTING_UNKNOWN: {
    reaction: 'Fatal',
    meaning: 'The settings file has a key that is not the name of a setting.',
    next: 'Correct the spelling, or remove the key.',
  },
  SETTINGS_CONFLICT: {
    reaction: 'Fatal',
    meaning: 'A setting does not go with another one, or needs one that is not set.',
    next: 'Change one of the two; the message names both.',
  },
  SETTING_FILE_UNREADABLE: {
    reaction: 'Fatal',
    meaning: 'A file that a setting names is missing, empty, or cannot be read.',
    next: 'Correct the path, or the permissions of the file.',
  },
  SETTINGS_FILE_UNREADABLE: {
    reaction: 'Fatal',
    meaning: 'The settings file is missing although it was named, or it cannot be read.',
    next: 'Correct SETTINGS_FILE, or the permissions of the file.',
  },
  SETTINGS_FILE_MALFORMED: {
    reaction: 'Fatal',
    meaning: 'The settings file is not one JSON object.',
    next: 'Correct the file; the message says where reading stopped.',
  },
} as const satisfies FaultCodes;

/** The code of one fault of the settings. */
export type SettingsFaultCode = keyof typeof configErrors;
