import { printConfigurationPage } from '../../src/config/index.js';
import { declared, declaredOfFeed } from '../../src/config/declared.js';
import { filesIn, productFiles } from './sources.js';

test('docs/configuration.md is what `npm run docs` prints', () => {
  const [page] = filesIn('docs', /^docs\/configuration\.md$/);
  expect(page.text).toBe(printConfigurationPage());
});

test('every setting is on the page', () => {
  const page = printConfigurationPage();
  const settings = [...Object.values(declared), ...Object.values(declaredOfFeed)];
  expect(settings.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual(
    [],
  );
});

test('no setting is declared that nothing reads', () => {
  const readers = productFiles().filter(({ path }) => !path.startsWith('src/config/'));
  const text = readers.map((file) => file.text).join('\n');
  // These two are read through feedClockSettings, together with those of single feeds.
  const ofFeeds = ['feedMaxOutOfOrdernessMs', 'feedIdleAfterMs'];
  const fields = Object.keys(declared).filter((field) => !ofFeeds.includes(field));
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(text))).toEqual([]);
  expect(text).toContain('feedClockSettings(');
});

test('nothing but the composition reads the environment', () => {
  const readers = productFiles().filter(({ text }) => /process\.env\b/.test(text));
  expect(readers.map(({ path }) => path)).toEqual(['src/main.ts']);
});
