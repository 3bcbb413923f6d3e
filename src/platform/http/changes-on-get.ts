import { RouteConfig } from '@nestjs/platform-fastify';

/** Names, in the configuration of a route, that its GET changes something. */
export const changesOnGet = 'changesOnGet';

/** Marks a route whose GET changes something, so that pages of others cannot call it. */
export const ChangesOnGet = (): MethodDecorator => RouteConfig({ [changesOnGet]: true });
