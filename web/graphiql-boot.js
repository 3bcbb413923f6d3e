'use strict';

// The variables have defaults, for GraphiQL does not take over variables on a first visit.
const exampleQuery = `# What one agreement used in January 2020.
# It is the first demo agreement; where GENERATOR is on, make it and its file with
#   ${window.location.origin}/api/agreements/generate
#   ${window.location.origin}/api/incoming-data-records/generate

query Usage(
  $agreementId: ID! = "0b12c601-9287-3f5c-a78c-df508fe0f889"
  $year: Int! = 2020
  $month: Int! = 1
) {
  agreement(id: $agreementId) {
    msisdn
    billingPeriodTimeZone
    maxBytesInBillingPeriod
  }
  getTotalDataUsage(
    agreementId: $agreementId
    year: $year
    month: $month
  )
  findDataRecords(
    agreementId: $agreementId
    year: $year
    month: $month
  ) {
    key {
      recordedAt
      internalRecordId
    }
    recordedBytes
  }
}
`;

const { React, ReactDOM, GraphiQL } = window;
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultQuery: exampleQuery,
    defaultEditorToolsVisibility: false,
  }),
);
