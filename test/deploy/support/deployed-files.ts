import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments, parseDocument } from 'yaml';
import { filesIn, root } from '../../architecture/sources.js';

/** A file of the tree. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The documents of a YAML text. Throws at the first fault: of form, or a key that stands twice. */
export const documentsIn = (text: string): unknown[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as unknown;
  });

/** A container, as far as the rules look at it; Kubernetes allows each part to be left out. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}

export interface Probe {
  readonly httpGet?: { readonly path?: string };
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly securityContext?: {
          readonly runAsNonRoot?: boolean;
          readonly runAsUser?: number;
        };
        readonly containers: readonly Container[];
      };
    };
  };
}

const kubernetes = 'deploy/kubernetes';

/** Every document below deploy/kubernetes, with the file it stands in. */
export const manifests = (): { path: string; manifest: Manifest }[] =>
  filesIn(kubernetes, /\.yaml$/).flatMap(({ path, text }) =>
    documentsIn(text).map((manifest) => ({ path, manifest: manifest as Manifest })),
  );

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly configMapGenerator?: readonly { readonly envs: readonly string[] }[];
  readonly patches?: readonly { readonly path?: string }[];
}

export const kustomizationOf = (folder: string): Kustomization =>
  documentsIn(read(`${folder}/kustomization.yaml`))[0] as Kustomization;

/** Every file that overlays use as a patch. */
export const patchFiles = (): ReadonlySet<string> =>
  new Set(
    filesIn(kubernetes, /kustomization\.yaml$/).flatMap(({ path }) =>
      (kustomizationOf(dirname(path)).patches ?? []).flatMap(({ path: patch }) =>
        patch === undefined ? [] : [join(dirname(path), patch)],
      ),
    ),
  );

/** `NAME=value` a line, as kustomize reads it. */
export const settingsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** The settings of an overlay: those of what it is built on, its own over them. */
export const settingsOfOverlay = (folder: string): Record<string, string> => {
  const { resources = [], configMapGenerator = [] } = kustomizationOf(folder);
  const below = resources.filter((name) => !name.endsWith('.yaml'));
  return Object.assign(
    {},
    ...below.map((name) => settingsOfOverlay(join(folder, name))),
    ...configMapGenerator.flatMap(({ envs }) =>
      envs.map((file) => settingsIn(read(`${folder}/${file}`))),
    ),
  ) as Record<string, string>;
};

interface SecretVolume {
  readonly secret?: { readonly secretName: string };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: { readonly items: readonly { path: string }[] };
    }[];
  };
}

interface CredentialsPatch {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly volumeMounts: readonly { mountPath: string }[] }[];
        readonly volumes: readonly SecretVolume[];
      };
    };
  };
}

const keysOfExample = (folder: string): string[] => {
  const [secret] = documentsIn(read(`${folder}/secret.example.yaml`));
  return Object.keys((secret as Manifest).stringData ?? {});
};

/** The files that a patch of an overlay puts into the pods, by their paths there. */
export const mountedFiles = (folder: string, patch: string): ReadonlySet<string> => {
  const [{ spec }] = documentsIn(read(`${folder}/${patch}`)) as CredentialsPatch[];
  const { containers, volumes } = spec.template.spec;
  const names = volumes.flatMap(({ projected }) =>
    projected === undefined
      ? keysOfExample(folder)
      : projected.sources.flatMap(({ secret }) => secret.items.map(({ path }) => path)),
  );
  const [{ volumeMounts }] = containers;
  return new Set(names.map((name) => `${volumeMounts[0].mountPath}/${name}`));
};

export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** A Compose file with its anchors merged in, and `${NAME:-default}` taken as the default. */
export const composeIn = (text: string): Compose => {
  const withDefaults = text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  const document = parseDocument(withDefaults, { merge: true });
  if (document.errors.length > 0) throw document.errors[0];
  return document.toJS() as Compose;
};

/** The instructions of a Dockerfile: one a line, lines with `\` at their end joined. */
export const instructionsIn = (text: string): { word: string; rest: string }[] =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [word] = line.split(' ');
      return { word, rest: line.slice(word.length + 1).trim() };
    });

/** The instructions after the last FROM: they make the image that runs. */
export const lastStage = (text: string): { word: string; rest: string }[] => {
  const all = instructionsIn(text);
  return all.slice(all.findLastIndex(({ word }) => word === 'FROM'));
};
