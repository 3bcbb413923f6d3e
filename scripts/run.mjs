/**
 * What the npm scripts start. It makes sure that the packages of the lock are installed and the
 * program is built, says when it has to, and then does the work: `node scripts/run.mjs <script>`.
 * Only modules of Node may be imported before the installation.
 */
import { installWhenNeeded } from './launcher/install.mjs';
import { refuseOldNode } from './launcher/node-version.mjs';

const program = async () => import('./launcher/program.mjs');
const checks = async () => import('./launcher/checks.mjs');
const cluster = async () => import('./cluster/commands.mjs');
const build = async () => (await import('./launcher/build.mjs')).buildWhenNeeded();

/** Each script answers with the exit code. */
const scripts = {
  build: async () => ((await build()) ? 0 : 1),
  start: async (args) => ((await build()) ? (await program()).runProgram(args) : 1),
  dev: async (args) => (await program()).runAndWatch(args),
  demo: async (args) => scripts.start(['demo', ...args]),
  verify: async (args) => scripts.start(['verify', ...args]),
  bench: async (args) => ((await build()) ? (await program()).runFile('bench/run.js', args) : 1),
  'bench:cluster': async (args) =>
    (await build()) ? (await program()).runFile('bench/cluster-run.js', args) : 1,
  docs: async (args) =>
    (await build()) ? (await program()).runFile('scripts/print-docs.js', args) : 1,
  check: async () => (await checks()).check(),
  test: async (args) => (await checks()).test(args, build),
  'test:cluster': async () => (await checks()).testCluster(build),
  'test:faults': async () => (await checks()).testFaults(build),
  'test:nightly': async () => (await checks()).testNightly(build),
  'dev:cluster': async (args) => (await import('./cluster/dev.mjs')).clusterDev(args),
  repair: async (args) => scripts.start(['repair', ...args]),
  reset: async (args) => scripts.start(['reset', ...args]),
  migrate: async (args) => scripts.start(['migrate', ...args]),
  'cluster:up': async (args) => (await cluster()).clusterUp(args),
  'cluster:down': async (args) => (await cluster()).clusterDown(args),
  'cluster:status': async (args) => (await cluster()).clusterStatus(args),
};

const [name = '', ...args] = process.argv.slice(2);
const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
if (script === undefined) {
  console.error(`There is no script ${name}. There are: ${Object.keys(scripts).join(', ')}.`);
  process.exitCode = 2;
} else if (refuseOldNode() || !(await installWhenNeeded())) {
  process.exitCode = 1;
} else {
  process.exitCode = await script(args);
}
