import { join } from 'node:path';
import { conflictsIn } from './conflicts.js';
import { declaredOfCluster } from './declared-of-cluster.js';
import { declared, settingsFileSetting, type DeclaredField } from './declared.js';
import { readFeeds } from './feed-settings.js';
import { readSettingsFile, type FileContent } from './settings-file.js';
import { faultsOf, type ReadFile, type SettingsFault } from './settings-fault.js';
import type { Settings } from './settings.js';

export type LoadedSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly faults: readonly SettingsFault[] };

/** The environment of the process. An empty value counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

const fields = Object.keys(declared) as DeclaredField[];
const clusterFields = Object.keys(declaredOfCluster) as (keyof typeof declaredOfCluster)[];

/** Where a value was found: environment first, then the file, then the default. */
const written = (
  name: string,
  env: Environment,
  file: FileContent,
): { path: string; text: string } | undefined => {
  const fromEnv = env[name];
  if (isSet(fromEnv)) return { path: name, text: fromEnv };
  const fromFile = file.values.get(name);
  return fromFile === undefined ? undefined : { path: `${file.path}: ${name}`, text: fromFile };
};

interface Values {
  readonly values: Readonly<Partial<Record<DeclaredField, unknown>>>;
  readonly faults: ReadonlyMap<DeclaredField, readonly SettingsFault[]>;
}

/** The declared settings as far as they can be read; one that was not set has its default. */
const readValues = (env: Environment, file: FileContent): Values => {
  const values: Partial<Record<DeclaredField, unknown>> = {};
  const faults = new Map<DeclaredField, readonly SettingsFault[]>();
  for (const field of fields) {
    const { name, schema, defaultText } = declared[field];
    const found = written(name, env, file);
    const read = schema.safeParse(found?.text ?? defaultText);
    if (!read.success) faults.set(field, faultsOf(found?.path ?? name, read.error));
    else if (found !== undefined || field !== 'incomingDataRecordsDir') values[field] = read.data;
  }
  return { values, faults };
};

/** One machine does not read the settings of a cluster: nothing in them keeps it from starting. */
const withoutCluster = ({ values, faults }: Values): Values => ({
  values: {
    ...values,
    ...Object.fromEntries(
      clusterFields.map((field) => {
        const { schema, defaultText } = declared[field];
        return [field, schema.parse(defaultText)];
      }),
    ),
  },
  faults: new Map([...faults].filter(([field]) => !(field in declaredOfCluster))),
});

/**
 * Reads all settings at once. The environment wins over the settings file, the file over the
 * defaults. Pure but for `readFile`. Never throws: every fault of every source is in the result.
 */
export const loadSettings = (env: Environment, readFile: ReadFile): LoadedSettings => {
  const named = env[settingsFileSetting.name];
  const file = readSettingsFile({
    path: isSet(named) ? named : settingsFileSetting.defaultText,
    mustExist: isSet(named),
    readFile,
  });
  const feeds = readFeeds(file);
  const all = readValues(env, file);
  const { values, faults: ofValues } = all.values.store === 'embedded' ? withoutCluster(all) : all;
  const pathOf = (field: DeclaredField): string => {
    const { name } = declared[field];
    return written(name, env, file)?.path ?? name;
  };
  // Each field that is there was read by the schema of its own declaration.
  const given = values as Settings;
  const faults = [
    ...file.faults,
    ...feeds.faults,
    ...[...ofValues.values()].flat(),
    ...conflictsIn({ values: given, pathOf, readFile }),
  ];
  if (faults.length > 0) return { ok: false, faults };
  const incomingDataRecordsDir =
    values.incomingDataRecordsDir === undefined
      ? join(given.dataDir, 'incoming-data-records')
      : given.incomingDataRecordsDir;
  return {
    ok: true,
    settings: { ...given, incomingDataRecordsDir, feeds: feeds.value },
  };
};
