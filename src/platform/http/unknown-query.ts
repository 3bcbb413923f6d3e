import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import { httpErrors } from './errors.js';
import { refusal } from './refusal.js';

/** Health is asked by machines of others, some of which put something behind the address. */
const isHealth = (address: string): boolean => address.startsWith('/health/');

const takesQuery = (context: ExecutionContext): boolean => {
  const args: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  return Object.keys(args ?? {}).some((arg) => arg.startsWith(`${RouteParamtypes.QUERY}:`));
};

/**
 * Refuses parameters behind an address that takes none, as the shapes of the others refuse those
 * they do not know (400 REQUEST_INVALID): a filter that is not there must not look like one.
 */
export class UnknownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType<string>() !== 'http') return true;
    const { url, query } = context.switchToHttp().getRequest<{ url: string; query: object }>();
    const names = Object.keys(query);
    if (names.length === 0 || isHealth(url) || takesQuery(context)) return true;
    const message = names.map((name) => `${name}: is not known`).join('; ');
    throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message });
  }
}
