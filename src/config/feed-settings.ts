import { declaredOfFeed } from './declared.js';
import type { FileContent } from './settings-file.js';
import { asText, isObject } from './settings-file.js';
import { faultsOf, type SettingsFault } from './settings-fault.js';
import type { FeedSettings } from './settings.js';

type FeedField = keyof typeof declaredOfFeed;

const fieldByName: ReadonlyMap<string, FeedField> = new Map(
  (Object.keys(declaredOfFeed) as FeedField[]).map((field) => [declaredOfFeed[field].name, field]),
);

/** A feed is a sub-folder of the incoming folder; these names are never read as one. */
const isFeedName = (name: string): boolean =>
  /^(?!tmp)[^._/\\][^/\\]{0,199}$/.test(name) && name !== 'done' && name !== 'failed';

interface Read<T> {
  readonly value: T;
  readonly faults: readonly SettingsFault[];
}

const readFeed = (path: string, content: Readonly<Record<string, unknown>>): Read<FeedSettings> => {
  const value: { [field in FeedField]?: number | boolean } = {};
  const faults: SettingsFault[] = [];
  for (const [name, written] of Object.entries(content)) {
    const at = `${path}.${name}`;
    const field = fieldByName.get(name);
    if (field === undefined) {
      faults.push({ path: at, message: 'is no setting of a feed', code: 'SETTING_UNKNOWN' });
      continue;
    }
    const read = declaredOfFeed[field].schema.safeParse(asText(written) ?? '');
    if (read.success) value[field] = read.data;
    else faults.push(...faultsOf(at, read.error));
  }
  // each field was read by its own schema
  return { value: value as FeedSettings, faults };
};

/** The settings of single feeds: `feeds` of the settings file, by the name of the feed. */
export const readFeeds = (file: FileContent): Read<Readonly<Record<string, FeedSettings>>> => {
  if (file.feeds === undefined) return { value: {}, faults: [] };
  const path = `${file.path}: feeds`;
  const invalid = (at: string, message: string): SettingsFault => ({
    path: at,
    message,
    code: 'SETTING_INVALID',
  });
  if (!isObject(file.feeds)) {
    return { value: {}, faults: [invalid(path, 'must be an object of feeds by name')] };
  }
  const feeds: [string, FeedSettings][] = [];
  const faults: SettingsFault[] = [];
  for (const [name, content] of Object.entries(file.feeds)) {
    const at = `${path}.${name}`;
    if (!isFeedName(name)) faults.push(invalid(at, 'cannot be the name of a feed'));
    if (!isObject(content)) {
      faults.push(invalid(at, 'must be an object'));
      continue;
    }
    const feed = readFeed(at, content);
    feeds.push([name, feed.value]);
    faults.push(...feed.faults);
  }
  return { value: Object.fromEntries(feeds), faults };
};
