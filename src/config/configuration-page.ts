import { declaredOfBoth, declaredOfFeed, settingsFileSetting } from './declared.js';
import { declaredOfCluster } from './declared-of-cluster.js';
import type { Kind, Setting } from './setting.js';

const boundsOf = ({ bounds, unit }: Kind<unknown>): string =>
  [bounds, unit].filter((part) => part !== undefined).join(' ') || '–';

const row = (setting: Setting<unknown>): string =>
  `| \`${setting.name}\` | ${setting.type} | ${setting.defaultText || '–'} ` +
  `| ${boundsOf(setting)} | ${setting.doc} |`;

const table = (settings: readonly Setting<unknown>[]): string[] => [
  '| Name | Type | Default | Bounds, unit | What it does |',
  '| --- | --- | --- | --- | --- |',
  ...settings.map(row),
];

/** docs/configuration.md as text, from the declarations alone. */
export const printConfigurationPage = (): string =>
  [
    '# Settings',
    '',
    'This page is printed by `npm run docs`; change `src/config/declared.ts` instead.',
    '',
    'Each setting is an environment variable, or a key of the settings file, a JSON object.',
    'The environment wins over the file, the file over the default. An empty variable counts',
    'as not set. `npm start -- --validate` prints every fault at once and starts nothing.',
    '',
    '- **Duration**: ISO 8601 in weeks, days, hours, minutes, seconds: `PT4H`, `P1DT30M`.',
    '- **Size**: bytes, or with KiB, MiB, GiB: `65536`, `64KiB`.',
    '- **List**: comma-separated; in the file an array of texts works too.',
    '',
    ...table([settingsFileSetting, ...Object.values<Setting<unknown>>(declaredOfBoth)]),
    '',
    '## Cluster',
    '',
    'Read only with `STORE=cluster`; otherwise they are ignored, whatever they say.',
    'Every process of one cluster needs the same names, PARTITIONS and SHARDS. Files are read at',
    'the start, the token at every connect.',
    '',
    ...table(Object.values<Setting<unknown>>(declaredOfCluster)),
    '',
    '## One feed',
    '',
    'Only in the settings file, under `feeds` and the name of the feed: the sub-folder of the',
    'incoming folder, `default` for the folder itself, `topic` for records without a file.',
    '',
    ...table(Object.values<Setting<unknown>>(declaredOfFeed)),
    '',
    '```json',
    '{',
    '  "PORT": 8081,',
    '  "feeds": { "roaming": { "maxOutOfOrderness": "PT24H", "idleAfter": "P2D" } }',
    '}',
    '```',
    '',
  ].join('\n');
