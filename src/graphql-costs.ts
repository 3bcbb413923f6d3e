import type { QueryCosts } from './platform/http/graphql-cost.js';

/**
 * What GraphQL queries may cost, in fields of the answer. The budget is chosen, not measured: two
 * whole explanations fit, four whole months of records, a thousand messages with all their fields
 * six times, and what tools ask to know the schema.
 */
export const queryCosts: QueryCosts = {
  budget: 60_000,
  lists: {
    'Query.findDataRecords': 2000,
    'Explanation.records': 500,
    'Query.agreements': 50,
    'Query.partitions': 100,
    '__Schema.types': 70,
    '__Schema.directives': 6,
    '__Type.fields': 6,
    '__Type.inputFields': 2,
    '__Type.enumValues': 2,
    '__Type.interfaces': 1,
    '__Type.possibleTypes': 1,
    '__Field.args': 2,
    '__Directive.args': 2,
  },
  otherLists: 5,
  work: { 'Query.explain': 5000, 'Query.findDataRecords': 500, 'Query.getTotalDataUsage': 100 },
};
