import type { Provider, Type } from '@nestjs/common';
import type { StreamRuntime } from '../platform/stream-server.js';

/** What a store mode gives the program: the runtime, and every port by its token. */
export interface StoreMode {
  readonly runtime: StreamRuntime;
  readonly providers: Provider[];
  /** What processes ask each other, whatever the roles of this one. */
  readonly controllers?: Type[];
  /** Host names others ask this process under, besides those of the settings. */
  readonly hosts?: readonly string[];
  /** Told of the port once it is listened on. */
  readonly onListening?: (port: number) => void;
}
