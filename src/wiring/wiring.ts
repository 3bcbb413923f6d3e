import type { Provider } from '@nestjs/common';
import type { StreamRuntime } from '../platform/stream-server.js';

/** What a store mode gives the program: the runtime, and every port by its token. */
export interface Wiring {
  readonly runtime: StreamRuntime;
  readonly providers: Provider[];
}
