interface KnownRoute {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const patternOf = (url: string): RegExp => {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escaped(part)));
  return new RegExp(`^${parts.join('/')}$`);
};

/** The addresses there are, to tell a wrong method from an address that is not there. */
export class KnownRoutes {
  readonly #routes: KnownRoute[] = [];
  /** Methods of the addresses without a part that may be anything, such as `:feed`. */
  readonly #fixed = new Map<string, string[]>();

  /** A route as Fastify has it: `/api/feeds/:feed`. */
  add({ url, method }: { readonly url: string; readonly method: string | string[] }): void {
    const methods = [method].flat();
    this.#routes.push({ path: patternOf(url), methods });
    if (!url.includes(':')) this.#fixed.set(url, [...(this.#fixed.get(url) ?? []), ...methods]);
  }

  /**
   * True where the route is another one than that of the address itself: `/api/feeds/:feed` takes
   * the methods that `/api/feeds/all` does not have, and would take `all` for the name of a feed.
   */
  isOfAnother(address: string, route: string): boolean {
    const [path] = address.split('?', 1);
    return route !== path && this.#fixed.has(path);
  }

  /** The methods of an address (its query is left aside); none when there is nothing there. */
  methodsOf(address: string): string[] {
    const [path] = address.split('?', 1);
    const found = this.#routes.filter((route) => route.path.test(path));
    const methods = this.#fixed.get(path) ?? found.flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}
