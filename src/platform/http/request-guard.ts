import { isIP } from 'node:net';
import { httpErrors } from './errors.js';
import { refusal, type Refusal } from './refusal.js';

/** Under which names the program is asked. */
export interface KnownHosts {
  /** Where it listens: a name, an address, or one of the wildcards `0.0.0.0` and `::`. */
  readonly bound: string;
  /** Other names, such as those of a proxy: `name`, `*.name` for all below it, `*` for any. */
  readonly allowed: readonly string[];
}

/** What the guard looks at in a request. */
export interface GuardedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** A GET that changes something, as those of the wire contract that make demo data. */
  readonly isChangingGet: boolean;
}

interface HostAndPort {
  readonly name: string;
  /** Empty for the usual port of the scheme. */
  readonly port: string;
}

/** A Host header or the authority of an Origin, in one spelling; undefined when it is none. */
const hostOf = (authority: string): HostAndPort | undefined => {
  // only what can stand before a path: a user, a path or a blank is no host
  if (!/^[^\s/?#@\\]+$/.test(authority)) return undefined;
  if (!URL.canParse(`http://${authority}`)) return undefined;
  const url = new URL(`http://${authority}`);
  const name = url.hostname.replace(/\.$/, '').replace(/^\[|\]$/g, '');
  return { name, port: url.port === '443' ? '' : url.port };
};

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));

const isWildcard = (bound: string): boolean => bound === '0.0.0.0' || bound === '::';

const isListed = (name: string, allowed: readonly string[]): boolean =>
  allowed.some((each) => (each.startsWith('*.') ? name.endsWith(each.slice(1)) : name === each));

/**
 * A page of another site can point a name of its own at this machine (DNS rebinding) and is then
 * of one origin with the program; so only names that are known are answered. An address cannot be
 * pointed elsewhere, so behind a wildcard all addresses are fine.
 */
const isKnownHost = (host: HostAndPort, { bound, allowed }: KnownHosts): boolean => {
  const { name } = host;
  if (isLoopback(name) || isListed(name, allowed) || allowed.includes('*')) return true;
  if (isWildcard(bound)) return isIP(name) !== 0;
  return name === hostOf(isIP(bound) === 6 ? `[${bound}]` : bound)?.name;
};

/** The origin of the program itself as it was asked, or that of a proxy before it. */
const isOwnOrigin = (origin: string, host: HostAndPort | undefined, known: KnownHosts): boolean => {
  const from = hostOf(origin.replace(/^https?:\/\//, ''));
  if (from === undefined || !/^https?:\/\//.test(origin)) return false;
  const isSame = host !== undefined && from.name === host.name && from.port === host.port;
  return isSame || isListed(from.name, known.allowed);
};

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

const oneOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.join(',');

const isByOwnPage = (
  { headers }: GuardedRequest,
  host: HostAndPort | undefined,
  known: KnownHosts,
): boolean => {
  const site = oneOf(headers['sec-fetch-site']) ?? 'none';
  const origin = oneOf(headers['origin']);
  const isOwnSite = site === 'none' || site === 'same-origin';
  return isOwnSite && (origin === undefined || isOwnOrigin(origin, host, known));
};

/**
 * Why a request must not be answered, or undefined. Requests for a name that is not known are
 * refused; so are those that change something and were made by a page of another origin: the
 * browser says so in Sec-Fetch-Site (Fetch Metadata) or Origin. Who sends neither is no browser.
 */
export const guardRequest = (request: GuardedRequest, known: KnownHosts): Refusal | undefined => {
  const header = oneOf(request.headers['host']);
  // without the header (HTTP/1.0) nothing was looked up by name, and no browser is that old
  const host = header === undefined ? undefined : hostOf(header);
  const isKnown = host === undefined ? header === undefined : isKnownHost(host, known);
  if (!isKnown) return refusal(httpErrors, 'HOST_UNKNOWN', { status: 403 });
  if (readingMethods.has(request.method) && !request.isChangingGet) return undefined;
  if (isByOwnPage(request, host, known)) return undefined;
  return refusal(httpErrors, 'ORIGIN_FOREIGN', { status: 403 });
};
