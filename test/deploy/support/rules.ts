import { loadSettings } from '../../../src/config/index.js';
import { declared, settingsFileSetting } from '../../../src/config/declared.js';
import {
  instructionsIn,
  lastStage,
  type Compose,
  type ComposeService,
  type Container,
  type Manifest,
  type Probe,
} from './deployed-files.js';

/** A rule answers with every place that breaks it. */
type Broken = string[];

const broken = (rules: Readonly<Record<string, boolean>>): Broken =>
  Object.entries(rules)
    .filter(([, holds]) => !holds)
    .map(([rule]) => rule);

const declaredNames = new Set([
  settingsFileSetting.name,
  ...Object.values(declared).map(({ name }) => name),
]);

/** Names that the program does not know: a misspelled one would be read by nobody. */
export const undeclaredNames = (names: readonly string[]): Broken =>
  names.filter((name) => !declaredNames.has(name));

/** What the program itself would say of these settings at its start, with these files there. */
export const faultsOfSettings = (
  env: Readonly<Record<string, string>>,
  files: ReadonlySet<string> = new Set(),
): Broken => {
  const loaded = loadSettings(env, (path) => (files.has(path) ? 'its content' : undefined));
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path}: ${message}`);
};

const isSecretName = (name: string): boolean =>
  /PASSWORD|TOKEN|SECRET|CREDENTIAL/i.test(name) && !name.endsWith('_FILE');

/** Names under which something secret is written down. */
export const secretsIn = (values: Readonly<Record<string, string | undefined>>): Broken =>
  Object.entries(values)
    .filter(([name, value]) => isSecretName(name) && value !== undefined && value !== '')
    .map(([name]) => name);

/** Whether a private key lies in the text. */
export const hasPrivateKey = (text: string): boolean =>
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);

const probes = (path: string, probe: Probe | undefined): boolean => probe?.httpGet?.path === path;

const rulesOfSecurity = ({ securityContext = {} }: Container): Broken =>
  broken({
    'allowPrivilegeEscalation: false': securityContext.allowPrivilegeEscalation === false,
    'readOnlyRootFilesystem: true': securityContext.readOnlyRootFilesystem === true,
    'capabilities: drop ALL': securityContext.capabilities?.drop?.[0] === 'ALL',
  });

const rulesOfResources = ({ resources = {} }: Container): Broken =>
  broken({
    'requests of cpu and memory':
      resources.requests?.cpu !== undefined && resources.requests.memory !== undefined,
    'limit of memory': resources.limits?.memory !== undefined,
  });

const rulesOfProbes = (container: Container): Broken =>
  broken({
    'startup probe of /health/live': probes('/health/live', container.startupProbe),
    'liveness probe of /health/live': probes('/health/live', container.livenessProbe),
    'readiness probe of /health/ready': probes('/health/ready', container.readinessProbe),
  });

/** What a Deployment or Job breaks: not root, nothing to write to, limits, probes. */
export const faultsOfPods = ({ kind, metadata, spec }: Manifest): Broken => {
  const pod = spec?.template?.spec;
  if (pod === undefined) return [];
  const { securityContext, containers } = pod;
  return [
    ...broken({
      'runAsNonRoot: true': securityContext?.runAsNonRoot === true,
      'runAsUser: 1000, as the image has it': securityContext?.runAsUser === 1000,
    }),
    ...containers.flatMap(rulesOfSecurity),
    ...containers.flatMap(rulesOfResources),
    ...(kind === 'Deployment' ? containers.flatMap(rulesOfProbes) : []),
  ].map((rule) => `${kind} ${metadata.name}: ${rule}`);
};

const isApplication = ({ image }: ComposeService): boolean => image.startsWith('overage:');

/** The services of Compose that run the program. */
export const applicationsOf = ({ services }: Compose): [string, ComposeService][] =>
  Object.entries(services).filter(([, service]) => isApplication(service));

const rulesOfApplication = (service: ComposeService): Broken =>
  broken({
    'read_only: true': service.read_only === true,
    'cap_drop: ALL': service.cap_drop?.[0] === 'ALL',
    'no-new-privileges': service.security_opt?.includes('no-new-privileges:true') === true,
  });

const rulesOfServer = (service: ComposeService): Broken =>
  broken({
    'a health check': service.healthcheck?.test !== undefined,
    'a volume for its data': (service.volumes ?? []).length > 0,
  });

const waitsFor = (service: ComposeService, other: string, condition: string): boolean =>
  service.depends_on?.[other]?.condition === condition;

const rulesOfOrder = (name: string, service: ComposeService): Broken =>
  name === 'migrate'
    ? broken({
        'waits for a healthy Kafka': waitsFor(service, 'kafka', 'service_healthy'),
        'waits for a healthy Cassandra': waitsFor(service, 'cassandra', 'service_healthy'),
      })
    : broken({
        'waits for the end of migrate': waitsFor(
          service,
          'migrate',
          'service_completed_successfully',
        ),
      });

/** What services of Compose break: loopback, not root, order of the start, health, volumes. */
export const faultsOfServices = (compose: Compose): Broken =>
  Object.entries(compose.services).flatMap(([name, service]) => {
    const isOurs = isApplication(service);
    const open = (service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'));
    return [
      ...open.map((port) => `port ${port} is not on loopback`),
      ...(isOurs ? rulesOfApplication(service) : rulesOfServer(service)),
      ...(isOurs ? rulesOfOrder(name, service) : []),
      ...secretsIn(service.environment).map((secret) => `${secret} is written down`),
    ].map((rule) => `${name}: ${rule}`);
  });

/** What the image breaks: pinned, not root, health check, end by SIGTERM, data in a volume. */
export const faultsOfDockerfile = (text: string): Broken => {
  const stage = lastStage(text);
  const last = (word: string): string =>
    stage.findLast((instruction) => instruction.word === word)?.rest ?? '';
  const images = instructionsIn(text).filter(({ word }) => word === 'ARG' || word === 'FROM');
  return broken({
    'several stages': instructionsIn(text).filter(({ word }) => word === 'FROM').length > 1,
    'no image is `latest`': images.every(({ rest }) => !/:latest\b/.test(rest)),
    'glibc, slim': images.some(({ rest }) => /^NODE_IMAGE=node:\d+-bookworm-slim$/.test(rest)),
    'a user that is not root, as a number': /^[1-9]\d*:[1-9]\d*$/.test(last('USER')),
    'HEALTHCHECK on /health/live': last('HEALTHCHECK').includes('/health/live'),
    'STOPSIGNAL SIGTERM': last('STOPSIGNAL') === 'SIGTERM',
    'VOLUME /data': last('VOLUME') === '/data',
    'npm ci, from the lock': !/npm (i|install)\b/.test(text),
  });
};
