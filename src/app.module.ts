import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { AgreementsModule } from './agreements/agreements.module.js';
import { BillingWindowModule } from './billing-window/billing-window.module.js';
import { CountsController } from './counts.controller.js';
import { DataRecordsModule } from './data-records/data-records.module.js';
import { GeneratorModule } from './generator/generator.module.js';
import { ImportModule } from './import/import.module.js';
import { IngestModule } from './ingest/ingest.module.js';
import { queryCosts } from './graphql-costs.js';
import { graphqlErrorOf } from './platform/http/graphql-errors.js';
import { limitQueries, maxQueryTokens, queryLimits } from './platform/http/graphql-limits.js';
import { WarningsController } from './warnings.controller.js';
import { HealthController } from './platform/http/health.controller.js';

/** The list of contexts. */
const contexts = [
  AgreementsModule,
  ImportModule,
  IngestModule,
  BillingWindowModule,
  DataRecordsModule,
  GeneratorModule,
];

/** The ports of a wiring, and the controllers that it adds. */
export interface Ports {
  readonly providers: Provider[];
  readonly controllers?: Type[];
}

@Module({})
export class PortsModule {
  /** Makes the ports of the wiring known to every context. */
  static with(providers: Provider[]): DynamicModule {
    return { module: PortsModule, global: true, providers, exports: providers };
  }
}

@Module({})
export class AppModule {
  /** The application on the ports of a wiring; `onUnexpected` is told of faults of the program. */
  static on(
    { providers, controllers = [] }: Ports,
    onUnexpected: (error: unknown) => void,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [PortsModule.with(providers), graphql(onUnexpected), ...contexts],
      controllers: [HealthController, CountsController, WarningsController, ...controllers],
    };
  }

  /** A process without the role `api` says how it is, and answers other processes. */
  static healthOnly({ providers, controllers = [] }: Ports): DynamicModule {
    return {
      module: AppModule,
      imports: [PortsModule.with(providers)],
      controllers: [HealthController, ...controllers],
    };
  }
}

const graphql = (onUnexpected: (error: unknown) => void): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    sortSchema: true,
    graphiql: false, // its page comes from another host; ours is in web/
    introspection: true,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: maxQueryTokens },
    plugins: [limitQueries(queryLimits, queryCosts)],
    formatError: graphqlErrorOf(onUnexpected),
  });
