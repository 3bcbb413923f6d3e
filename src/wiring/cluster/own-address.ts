import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import type { Settings } from '../../config/index.js';

type Where = Pick<Settings, 'host' | 'advertisedAddress'>;

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

const portAtEnd = /:([0-9]+)$/;

/** Where the other processes of the cluster reach this one. */
export class OwnAddress {
  /** In lower case and without brackets, as it will be asked for. */
  readonly hostName: string;
  #port: string | undefined;

  constructor({ host, advertisedAddress }: Where) {
    const isBare = advertisedAddress?.endsWith(']') ?? false;
    this.#port = isBare ? undefined : portAtEnd.exec(advertisedAddress ?? '')?.[1];
    const name =
      (isBare ? advertisedAddress : advertisedAddress?.replace(portAtEnd, '')) ??
      (isWildcard(host) ? hostname() : host);
    this.hostName = name.replace(/^\[|\]$/g, '').toLowerCase();
  }

  /** host:port; undefined until the port is known. */
  get value(): string | undefined {
    const { hostName } = this;
    if (this.#port === undefined) return undefined;
    return `${isIPv6(hostName) ? `[${hostName}]` : hostName}:${this.#port}`;
  }

  /** To be told of the port, which counts where none is advertised. */
  listening(port: number): void {
    this.#port ??= String(port);
  }
}
