export { printConfigurationPage } from './configuration-page.js';
export { logLevels, roles } from './declared.js';
export { configErrors, type SettingsFaultCode } from './errors.js';
export { loadSettings, type Environment, type LoadedSettings } from './load-settings.js';
export { Secret } from './secret.js';
export type { ReadFile, SettingsFault } from './settings-fault.js';
export { isGeneratorOn, type FeedSettings, type Settings } from './settings.js';
