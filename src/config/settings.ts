import type { Setting } from './setting.js';
import type { DeclaredField, declared } from './declared.js';

/** What the settings say of one feed; an absent field follows the setting for all feeds. */
export interface FeedSettings {
  readonly maxOutOfOrdernessMs?: number;
  readonly idleAfterMs?: number;
  readonly sortedByTime?: boolean;
}

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** All settings, read and within bounds; names end in their unit. Paths are as written. */
export type Settings = {
  readonly [field in DeclaredField]: ValueOf<(typeof declared)[field]>;
} & { readonly feeds: Readonly<Record<string, FeedSettings>> };

/** Whether the host is this machine and nobody else can ask. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Whether demo data may be made: never by itself where others ask, or beside a cluster's data. */
export const isGeneratorOn = ({ generator, store, host }: Settings): boolean =>
  generator === 'auto' ? store === 'embedded' && isLoopback(host) : generator === 'on';
