import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, root } from '../architecture/sources.js';
import {
  composeIn,
  documentsIn,
  instructionsIn,
  lastStage,
  manifests,
  mountedFiles,
  patchFiles,
  read,
  settingsIn,
  settingsOfOverlay,
  type Manifest,
} from './support/deployed-files.js';
import {
  applicationsOf,
  faultsOfDockerfile,
  faultsOfPods,
  faultsOfServices,
  faultsOfSettings,
  hasPrivateKey,
  secretsIn,
  undeclaredNames,
} from './support/rules.js';
import { faultsOfCompose, faultsOfKind } from './support/schemas.js';

const compose = composeIn(read('docker-compose.yml'));
const dockerfile = read('Dockerfile');
const patches = patchFiles();
const whole = manifests().filter(({ path }) => !patches.has(path));
const overlays = ['deploy/kubernetes/external', 'deploy/kubernetes/operators'];

const versionOf = (server: string): string | undefined =>
  new RegExp(`<${server}\\.version>([^<]+)<`).exec(read('deploy/pom.xml'))?.[1];

const { version, dependencies } = JSON.parse(read('package.json')) as {
  version: string;
  dependencies: Record<string, string>;
};

/** kubectl has kustomize in it; without it, the overlays are checked file by file only. */
const withKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0 ? test : test.skip;

const specOf = (kind: string): Record<string, unknown> => {
  const found = whole.find(({ manifest }) => manifest.kind === kind);
  return found?.manifest.spec as unknown as Record<string, unknown>;
};

describe('Kubernetes', () => {
  test.each(whole.map(({ path, manifest }) => [path, manifest.kind, manifest] as const))(
    '%s: %s is of its schema',
    (_path, _kind, manifest) => {
      expect(faultsOfKind(manifest)).toEqual([]);
    },
  );

  test.each(manifests().filter(({ path }) => patches.has(path)))(
    '$path changes only what there is',
    ({ manifest }) => {
      expect(faultsOfKind(manifest, { patch: true })).toEqual([]);
    },
  );

  test('no pod is root, writes outside its volumes, lacks limits or probes', () => {
    expect(whole.flatMap(({ manifest }) => faultsOfPods(manifest))).toEqual([]);
    expect(whole.filter(({ manifest }) => manifest.kind === 'Deployment')).toHaveLength(3);
  });

  test('each role has a Deployment that runs this role and nothing else', () => {
    const podAddress = {
      name: 'ADVERTISED_ADDRESS',
      valueFrom: { fieldRef: { fieldPath: 'status.podIP' } },
    };
    const envOf = ({ spec }: Manifest) =>
      spec?.template?.spec.containers.flatMap(({ env }) => env ?? []);
    const deployments = whole.filter(({ manifest }) => manifest.kind === 'Deployment');
    expect(
      deployments.map(({ manifest }) => [manifest.metadata.name, envOf(manifest)]).sort(),
    ).toEqual([
      ['api', [{ name: 'ROLES', value: 'api' }]],
      ['import', [{ name: 'ROLES', value: 'import' }]],
      ['ingest', [{ name: 'ROLES', value: 'ingest' }, podAddress]],
    ]);
  });

  test('every name of a setting is declared', () => {
    const names = manifests().flatMap(({ manifest }) =>
      (manifest.spec?.template?.spec.containers ?? []).flatMap(({ env = [] }) =>
        env.map(({ name }) => name),
      ),
    );
    expect(names.length).toBeGreaterThan(0);
    expect(undeclaredNames(names)).toEqual([]);
    for (const overlay of overlays) {
      expect(undeclaredNames(Object.keys(settingsOfOverlay(overlay)))).toEqual([]);
    }
  });

  test.each(overlays)('%s: the program starts with these settings', (overlay) => {
    // the name of the user comes from a Secret in one of them
    const settings = { CASSANDRA_USERNAME: 'from a Secret', ...settingsOfOverlay(overlay) };
    for (const patch of ['credentials.yaml', 'credentials-of-job.yaml']) {
      const files = mountedFiles(overlay, patch);
      for (const role of ['import', 'ingest', 'api']) {
        expect(faultsOfSettings({ ...settings, ROLES: role }, files)).toEqual([]);
      }
    }
    expect(settings).toMatchObject({ STORE: 'cluster' });
  });

  test('no credential is written down', () => {
    for (const { manifest } of manifests()) {
      expect(secretsIn({ ...manifest.data, ...manifest.stringData })).toEqual([]);
      const containers = manifest.spec?.template?.spec.containers ?? [];
      const env = containers.flatMap((container) => container.env ?? []);
      expect(secretsIn(Object.fromEntries(env.map(({ name, value }) => [name, value])))).toEqual(
        [],
      );
    }
    for (const overlay of overlays) expect(secretsIn(settingsOfOverlay(overlay))).toEqual([]);
  });

  test('Kafka and Cassandra keep on several nodes what they acknowledge', () => {
    expect(specOf('Kafka')).toMatchObject({
      kafka: {
        config: {
          'default.replication.factor': 3,
          'min.insync.replicas': 2,
          'unclean.leader.election.enable': false,
          'transaction.state.log.replication.factor': 3,
          'transaction.state.log.min.isr': 2,
          'offsets.topic.replication.factor': 3,
        },
      },
    });
    expect(specOf('K8ssandraCluster')).toMatchObject({
      cassandra: {
        datacenters: [{ size: 3 }],
        // Cassandra 5.0 refuses to start when batch finds a period
        config: { cassandraYaml: { commitlog_sync: 'batch', commitlog_sync_period: '0ms' } },
      },
    });
  });

  withKubectl.each(overlays)('%s: what kustomize makes of it is of its schemas', (overlay) => {
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(root, overlay)], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const rendered = documentsIn(stdout) as Manifest[];
    expect(rendered.flatMap((manifest) => faultsOfKind(manifest))).toEqual([]);
    expect(rendered.flatMap(faultsOfPods)).toEqual([]);
    const images = rendered.flatMap(({ spec }) =>
      (spec?.template?.spec.containers ?? []).map(({ image }) => image),
    );
    expect(images).toEqual([1, 2, 3, 4].map(() => `overage:${version}`));
  });

  test('no more pods are asked for than there are partitions', () => {
    const { PARTITIONS } = settingsOfOverlay('deploy/kubernetes/base');
    expect(specOf('ScaledObject').maxReplicaCount).toBe(Number(PARTITIONS));
  });
});

describe('Compose', () => {
  test('docker-compose.yml is of the Compose Specification', () => {
    expect(faultsOfCompose(compose)).toEqual([]);
  });

  test('ports are on loopback, the start is in order, no application is root', () => {
    expect(faultsOfServices(compose)).toEqual([]);
    expect(applicationsOf(compose).map(([name]) => name)).toEqual(['migrate', 'overage', 'ingest']);
  });

  test('every volume that is used is declared', () => {
    const used = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
    expect(used.map((volume) => volume.split(':')[0]).sort()).toEqual(
      Object.keys(compose.volumes).sort(),
    );
  });

  test.each(applicationsOf(compose))('%s: the program starts with these settings', (_, service) => {
    expect(undeclaredNames(Object.keys(service.environment))).toEqual([]);
    const asText = Object.entries(service.environment).map(([name, value]) => [name, `${value}`]);
    expect(faultsOfSettings(Object.fromEntries(asText) as Record<string, string>)).toEqual([]);
  });

  test('Kafka forgets no record for its age and no position for a pause', () => {
    const forever = String(2n ** 63n - 1n);
    expect(compose.services.kafka.environment).toMatchObject({
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_LOG_RETENTION_MS: '-1',
      KAFKA_LOG_MESSAGE_TIMESTAMP_BEFORE_MAX_MS: forever,
      KAFKA_LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS: forever,
      KAFKA_OFFSETS_RETENTION_MINUTES: '5256000',
    });
  });

  test('Cassandra does not start unless it acknowledges a row when it is on the disk', () => {
    const start = compose.services.cassandra.entrypoint?.at(-1) ?? '';
    const [change, check, begin] = start.split(' && ');
    expect(change).toContain("'s/^commitlog_sync:.*/commitlog_sync: batch/'");
    expect(change).toContain("'/^commitlog_sync_period:/d'");
    expect(check).toMatch(/^grep -qx 'commitlog_sync: batch' \S+cassandra\.yaml$/);
    expect(begin).toBe('exec docker-entrypoint.sh cassandra -f');
  });
});

describe('the image', () => {
  test('it is not root, pinned, says how it is, and ends by SIGTERM', () => {
    expect(faultsOfDockerfile(dockerfile)).toEqual([]);
  });

  test('every setting it fixes is declared and right', () => {
    const env = lastStage(dockerfile).filter(({ word }) => word === 'ENV');
    const values = settingsIn(env.flatMap(({ rest }) => rest.split(/\s+/)).join('\n'));
    const { NODE_ENV, ...settings } = values;
    expect(NODE_ENV).toBe('production');
    expect(undeclaredNames(Object.keys(settings))).toEqual([]);
    expect(faultsOfSettings(settings)).toEqual([]);
    expect(settings).toMatchObject({ DATA_DIR: '/data', HOST: '0.0.0.0' });
  });

  test('it holds the packages that dist/main.js does not, and the files of the pages', () => {
    const leftOut = /const leftOut = \[([^\]]+)\]/.exec(read('scripts/launcher/bundle.mjs'))?.[1];
    const loaded = [...(leftOut ?? '').matchAll(/'([^']+)'/g)].map(([, name]) => name);
    const pages = read('src/platform/http/pages.ts');
    const served = [...pages.matchAll(/asset\('[^']+', '([^']+)'/g)].map(([, name]) => name);
    const needed = Object.keys(dependencies).filter(
      (name) => served.includes(name) || loaded.includes(name.replace(/^(@duckdb)\/.+/, '$1/*')),
    );
    const held = lastStage(dockerfile)
      .filter(({ word, rest }) => word === 'COPY' && rest.includes('--from=packages'))
      .map(({ rest }) => rest.split('node_modules/').at(-1));
    expect(served).toContain('graphiql');
    expect(loaded).toContain('@duckdb/*');
    expect([...new Set(needed.map((name) => name.replace(/^(@duckdb)\/.+/, '$1')))].sort()).toEqual(
      held.sort(),
    );
  });

  test('what it copies is there and is let through by .dockerignore', () => {
    const sources = instructionsIn(dockerfile)
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    const ignore = read('.dockerignore').split('\n');
    expect(ignore).toContain('*');
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(sources.filter((path) => !ignore.includes(`!${path}`))).toEqual([]);
  });
});

describe('versions', () => {
  test('Kafka and Cassandra are those of deploy/pom.xml', () => {
    expect(compose.services.kafka.image).toBe(`apache/kafka:${versionOf('kafka')}`);
    expect(compose.services.cassandra.image).toBe(`cassandra:${versionOf('cassandra')}`);
    expect(specOf('Kafka')).toMatchObject({ kafka: { version: versionOf('kafka') } });
    expect(specOf('K8ssandraCluster')).toMatchObject({
      cassandra: { serverVersion: versionOf('cassandra') },
    });
  });

  test('Overage is that of package.json, Node that of .nvmrc', () => {
    for (const [, { image }] of applicationsOf(compose)) expect(image).toBe(`overage:${version}`);
    const [base] = documentsIn(read('deploy/kubernetes/base/kustomization.yaml'));
    expect(base).toMatchObject({ images: [{ name: 'overage', newTag: version }] });
    expect(dockerfile).toContain(`NODE_IMAGE=node:${read('.nvmrc').trim()}-`);
  });

  test('no file that is deployed holds a private key', () => {
    const files = ['docker-compose.yml', 'Dockerfile', ...whole.map(({ path }) => path)];
    expect(files.filter((path) => hasPrivateKey(read(path)))).toEqual([]);
  });
});

describe('docs/OPERATING.md', () => {
  test('every setting and every code it names is there', () => {
    const words = new Set(read('docs/OPERATING.md').match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b/g));
    words.delete('LOCAL_QUORUM');
    const errors = filesIn('src', /\/errors\.ts$/).map(({ text }) => text);
    const codes = errors.flatMap((text) => text.match(/^ {2}[A-Z0-9_]+(?=: \{)/gm) ?? []);
    const names = [...words].filter((word) => !codes.includes(`  ${word}`));
    expect(words.size).toBeGreaterThan(15);
    expect(codes.length).toBeGreaterThan(15);
    expect(undeclaredNames(names)).toEqual([]);
  });

  test('every file it links to is there', () => {
    const links = [...read('docs/OPERATING.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)];
    const missing = links.filter(([, path]) => !existsSync(join(root, 'docs', path)));
    expect(links.length).toBeGreaterThan(3);
    expect(missing.map(([, path]) => path)).toEqual([]);
  });

  test('every path of the tree it names is there', () => {
    const paths = read('docs/OPERATING.md').match(/`(deploy|external)\/[^`]+`/g) ?? [];
    const inTree = paths.map((path) => path.slice(1, -1).replace(/^external/, `${overlays[0]}`));
    expect(inTree.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
