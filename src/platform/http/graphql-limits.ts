import type { ApolloServerPlugin } from '@apollo/server';
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { queryCost, type QueryCosts } from './graphql-cost.js';

/** How large one query may be; introspection fields are not counted. */
export interface QueryLimits {
  readonly depth: number;
  readonly fields: number;
}

export const queryLimits: QueryLimits = { depth: 10, fields: 300 };

/** A longer text is refused while it is read: checking it costs more than running it. */
export const maxQueryTokens = 3_000;

export interface Size {
  readonly depth: number;
  readonly fields: number;
}

/** Measures selections; each fragment once, so that nested spreads cost nothing to measure. */
class QueryMeasure {
  readonly #fragments = new Map<string, Size>();
  readonly #open = new Set<string>();

  constructor(private readonly fragment: (name: string) => FragmentDefinitionNode | undefined) {}

  size(set: SelectionSetNode | undefined): Size {
    let depth = 0;
    let fields = 0;
    for (const selection of set?.selections ?? []) {
      const inner = this.#selected(selection);
      depth = Math.max(depth, inner.depth);
      fields += inner.fields;
    }
    return { depth, fields };
  }

  #selected(selection: SelectionSetNode['selections'][number]): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#spread(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.size(selection.selectionSet);
    if (selection.name.value.startsWith('__')) return { depth: 0, fields: 0 };
    const inner = this.size(selection.selectionSet);
    return { depth: inner.depth + 1, fields: inner.fields + 1 };
  }

  #spread(name: string): Size {
    const known = this.#fragments.get(name);
    if (known !== undefined) return known;
    const definition = this.fragment(name);
    // a cycle is refused by a rule of GraphQL itself; here it only must not loop
    if (definition === undefined || this.#open.has(name)) return { depth: 0, fields: 0 };
    this.#open.add(name);
    const size = this.size(definition.selectionSet);
    this.#open.delete(name);
    this.#fragments.set(name, size);
    return size;
  }
}

/** How large the query of an operation is, spreads followed. */
export const querySize = (operation: OperationDefinitionNode, document: DocumentNode): Size => {
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((definition) => [definition.name.value, definition]),
  );
  return new QueryMeasure((name) => fragments.get(name)).size(operation.selectionSet);
};

const noSubscriptions = (): GraphQLError =>
  new GraphQLError('there are no subscriptions; GET /api/data-records-aggregates?wait= waits', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });

const tooLarge = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LARGE', http: { status: 400 } } });

/**
 * Refuses subscriptions, and operations over the limits (code QUERY_TOO_LARGE), before they run;
 * status 400.
 */
export const limitQueries = (limits: QueryLimits, costs: QueryCosts): ApolloServerPlugin => ({
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation, document, schema, request }) => {
      if (operation === undefined) return;
      if (operation.operation === 'subscription') throw noSubscriptions();
      const size = querySize(operation, document);
      if (size.depth > limits.depth || size.fields > limits.fields) {
        throw tooLarge(
          `the query has ${size.fields} fields in ${size.depth} levels; ` +
            `${limits.fields} fields and ${limits.depth} levels are allowed`,
        );
      }
      const variables = request.variables ?? {};
      const cost = queryCost({ schema, document, operation, variables }, costs);
      if (cost <= costs.budget) return;
      throw tooLarge(`the answer may have ${cost} fields; ${costs.budget} are allowed`);
    },
  }),
});
