import { declared } from './declared.js';
import type { ReadFile, SettingsFault } from './settings-fault.js';

/** What the settings file says: plain settings as text, and the part about feeds unread. */
export interface FileContent {
  readonly path: string;
  readonly values: ReadonlyMap<string, string>;
  readonly feeds: unknown;
  readonly faults: readonly SettingsFault[];
}

/** Which file to read, and whether it is a fault when it is not there. */
export interface FileRequest {
  readonly path: string;
  readonly mustExist: boolean;
  readonly readFile: ReadFile;
}

const names: ReadonlySet<string> = new Set(Object.values(declared).map(({ name }) => name));

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** A JSON object, not an array. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as a user would have written it in the environment; undefined: cannot be one. */
export const asText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const isList = Array.isArray(value) && value.every((part) => typeof part === 'string');
  return isList ? value.join(',') : undefined;
};

/** Reads the settings file; a default file that is not there is an empty one. */
export const readSettingsFile = (request: FileRequest): FileContent => {
  const empty = { path: request.path, values: new Map<string, string>(), feeds: undefined };
  const failed = (code: SettingsFault['code'], message: string): FileContent => ({
    ...empty,
    faults: [{ path: request.path, message, code }],
  });
  let json: string | undefined;
  try {
    json = request.readFile(request.path);
  } catch (cause) {
    return failed('SETTINGS_FILE_UNREADABLE', reasonOf(cause));
  }
  if (json === undefined) {
    return request.mustExist
      ? failed('SETTINGS_FILE_UNREADABLE', 'there is no such file')
      : { ...empty, faults: [] };
  }
  let content: unknown;
  try {
    content = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (cause) {
    return failed('SETTINGS_FILE_MALFORMED', reasonOf(cause));
  }
  if (!isObject(content)) return failed('SETTINGS_FILE_MALFORMED', 'must be one JSON object');
  return contentOf(request.path, content);
};

const contentOf = (path: string, content: Readonly<Record<string, unknown>>): FileContent => {
  const values = new Map<string, string>();
  const faults: SettingsFault[] = [];
  for (const [name, value] of Object.entries(content)) {
    if (name === 'feeds') continue;
    const at = `${path}: ${name}`;
    const text = asText(value);
    if (!names.has(name)) {
      faults.push({ path: at, message: 'is no setting', code: 'SETTING_UNKNOWN' });
    } else if (text === undefined) {
      faults.push({ path: at, message: 'must be text or a number', code: 'SETTING_INVALID' });
    } else {
      values.set(name, text);
    }
  }
  return { path, values, feeds: content['feeds'], faults };
};
