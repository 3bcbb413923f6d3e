'use strict';

const exampleQuery = `# What one agreement used in January 2020: the records, newest first, and the total.
# The agreement is the first demo agreement; make it and its records with
#   curl ${window.location.origin}/api/agreements/generate
#   curl ${window.location.origin}/api/incoming-data-records/generate
query Usage($agreementId: ID!, $year: Int!, $month: Int!) {
  agreement(id: $agreementId) {
    msisdn
    billingPeriodTimeZone
    maxBytesInBillingPeriod
  }
  getTotalDataUsage(agreementId: $agreementId, year: $year, month: $month)
  findDataRecords(agreementId: $agreementId, year: $year, month: $month) {
    key {
      recordedAt
      internalRecordId
    }
    recordedBytes
  }
}
`;

const exampleVariables = JSON.stringify(
  { agreementId: '0b12c601-9287-3f5c-a78c-df508fe0f889', year: 2020, month: 1 },
  null,
  2,
);

const { React, ReactDOM, GraphiQL } = window;
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultQuery: exampleQuery,
    defaultTabs: [{ query: exampleQuery, variables: exampleVariables }],
    defaultEditorToolsVisibility: 'variables',
  }),
);
