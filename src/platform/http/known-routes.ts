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

  /** A route as Fastify has it: `/api/feeds/:feed`. */
  add({ url, method }: { readonly url: string; readonly method: string | string[] }): void {
    this.#routes.push({ path: patternOf(url), methods: [method].flat() });
  }

  /** The methods of an address (its query is left aside); none when there is nothing there. */
  methodsOf(address: string): string[] {
    const [path] = address.split('?', 1);
    const found = this.#routes.filter((route) => route.path.test(path));
    return [...new Set(found.flatMap(({ methods }) => methods))].sort();
  }
}
