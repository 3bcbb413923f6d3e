import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
  type AclEntry,
} from 'kafkajs';
import type { Settings } from '../../../src/config/index.js';

/** A row of the table "Rights" in docs/OPERATING.md. */
export interface Right {
  readonly kind: string;
  /** Names of settings. */
  readonly of: readonly string[];
  readonly running: readonly string[];
  readonly migrating: readonly string[];
}

const words = (cell: string): string[] => cell.match(/\b[A-Za-z_]+\b/g) ?? [];
const settingsIn = (cell: string): string[] => cell.match(/\b[A-Z_]{4,}\b/g) ?? [];
const operationsIn = (cell: string): string[] => words(cell.replace(/\(.*\)/, ''));

/** The table as it is printed for the reader, row by row. */
export const rightsOf = (page: string): Right[] => {
  const [, section = ''] = page.split('### Rights\n');
  const [table] = section.split('\n\nCassandra:');
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) => {
    const [, kind, of, running, migrating] = row.split('|').map((cell) => cell.trim());
    const operations = { running: operationsIn(running), migrating: operationsIn(migrating) };
    return { kind, of: settingsIn(of), ...operations };
  });
};

const topicSettings = {
  TOPIC_INCOMING_DATA_RECORDS: 'topicIncomingDataRecords',
  TOPIC_AGREEMENTS: 'topicAgreements',
  TOPIC_DATA_RECORDS_AGGREGATES: 'topicDataRecordsAggregates',
  TOPIC_IMPORT_FILES: 'topicImportFiles',
} as const satisfies Record<string, keyof Settings>;

type Resource = Pick<AclEntry, 'resourceType' | 'resourceName' | 'resourcePatternType'>;

const literal = ResourcePatternTypes.LITERAL;
const prefixed = ResourcePatternTypes.PREFIXED;

const resourcesOf = ({ kind, of }: Right, settings: Settings): Resource[] => {
  const named = (resourceType: AclResourceTypes): Resource[] => [
    { resourceType, resourceName: settings.clusterName, resourcePatternType: prefixed },
  ];
  if (kind === 'groups') return named(AclResourceTypes.GROUP);
  if (kind === 'transactional ids') return named(AclResourceTypes.TRANSACTIONAL_ID);
  if (kind === 'cluster') {
    const resourceType = AclResourceTypes.CLUSTER;
    return [{ resourceType, resourceName: 'kafka-cluster', resourcePatternType: literal }];
  }
  return of.map((name) => ({
    resourceType: AclResourceTypes.TOPIC,
    resourceName: settings[topicSettings[name as keyof typeof topicSettings]],
    resourcePatternType: literal,
  }));
};

/** DescribeConfigs → DESCRIBE_CONFIGS. */
const operationOf = (word: string): AclOperationTypes => {
  const name = word.replace(/(?<=[a-z])(?=[A-Z])/, '_').toUpperCase();
  const operation = AclOperationTypes[name as keyof typeof AclOperationTypes];
  if (operation === undefined) throw new Error(`Kafka has no operation ${word}`);
  return operation;
};

/** The entries that give a user exactly these operations of each row. */
export const entriesFor = (
  user: string,
  settings: Settings,
  rows: readonly (readonly [row: Right, operations: readonly string[]])[],
): AclEntry[] =>
  rows.flatMap(([row, operations]) =>
    resourcesOf(row, settings).flatMap((resource) =>
      operations.map((word) => ({
        ...resource,
        principal: `User:${user}`,
        host: '*',
        operation: operationOf(word),
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  );
