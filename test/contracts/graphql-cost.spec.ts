import { buildSchema, getIntrospectionQuery, Kind, parse } from 'graphql';
import { queryCosts } from '../../src/graphql-costs.js';
import { queryCost, type QueryCosts } from '../../src/platform/http/graphql-cost.js';

const schema = buildSchema(`
  type Query { items(limit: Int = 100): [Item]! all: [Item!]! page(limit: Int): Page! one: Item }
  type Page { items: [Item!]! next: String }
  type Item { id: ID! name: String tags: [String!]! parts: [Item!]! }
`);
const costs: QueryCosts = {
  budget: 1000,
  lists: { 'Query.all': 50, 'Page.items': 20, '__Schema.types': 70 },
  otherLists: 3,
  work: { 'Query.one': 10 },
};

const costOf = (text: string, variables: Record<string, unknown> = {}): number => {
  const document = parse(text);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  return queryCost({ schema, document, operation, variables }, costs);
};

describe('the cost of a query', () => {
  it.each([
    ['{ one { id } }', 10 + 2],
    ['{ all { id name } }', 1 + 50 * 3],
    ['{ items { id } }', 1 + 100 * 2],
    ['{ items(limit: 7) { id } }', 1 + 7 * 2],
    ['{ one { tags } }', 10 + 1 + 1 + 3],
    ['{ page { items { id } next } }', 1 + (1 + 20 * 2) + 1],
    ['{ page(limit: 2) { items { id } next } }', 1 + (1 + 2 * 2) + 1],
    ['{ items(limit: 2) { parts { id } } }', 1 + 2 * (1 + 1 + 3 * 2)],
  ])('%s is what its answer may hold', (text, cost) => expect(costOf(text)).toBe(cost));

  it('is that of each alias, fragment and variable', () => {
    const once = costOf('{ items { id name } }');
    const aliases = Array.from({ length: 95 }, (_, at) => `a${at}: items { id name }`).join(' ');
    expect(costOf(`{ ${aliases} }`)).toBe(95 * once);
    const spread = 'fragment f on Query { items { ...g } } fragment g on Item { id name }';
    expect(costOf(`{ ...f ... on Query { b: items { ...g } } } ${spread}`)).toBe(2 * once);
    const byVariable = 'query ($n: Int = 900) { items(limit: $n) { id name } }';
    expect(costOf(byVariable)).toBe(1 + 900 * 3);
    expect(costOf(byVariable, { n: 5 })).toBe(1 + 5 * 3);
    expect(costOf('query ($n: Int) { items(limit: $n) { id name } }')).toBe(once);
  });

  it('is known at once when fragments double at each level, and ends where they go round', () => {
    const levels = Array.from(
      { length: 60 },
      (_, at) =>
        `fragment f${at} on Item { a: parts { ...f${at + 1} } b: parts { ...f${at + 1} } }`,
    );
    const text = `{ one { ...f0 } } ${levels.join(' ')} fragment f60 on Item { id }`;
    expect(costOf(text)).toBeGreaterThan(2 ** 60);
    expect(costOf('{ one { ...f } } fragment f on Item { id parts { ...f } }')).toBeGreaterThan(0);
  });

  it('counts what is asked of the schema', () => {
    const one = costOf('{ __schema { types { name } } }');
    expect(one).toBe(1 + 1 + 70 * 2);
    expect(costOf('{ a: __schema { types { name } } b: __schema { types { name } } }')).toBe(
      2 * one,
    );
  });

  it('is within what is allowed for what tools ask to know the schema', () => {
    const document = parse(getIntrospectionQuery({ inputValueDeprecation: true }));
    const [operation] = document.definitions;
    if (operation.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
    const cost = queryCost({ schema, document, operation, variables: {} }, queryCosts);
    expect(cost).toBeLessThan(queryCosts.budget);
    expect(cost).toBeGreaterThan(queryCosts.budget / 4); // and not many times in one query
  });
});
