import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OverageProcess } from '../faults/support/overage-process.js';
import { hasPython, installSchemathesis, installSuites, run } from './support/suites.js';

jest.setTimeout(30 * 60_000);

const schemathesisVersion = '4.32.5';
const examples = process.env.SUITE_EXAMPLES ?? '100';
const testWithPython = hasPython() ? test : test.skip;

describe('the served OpenAPI document, by the tools of others', () => {
  let suites: string;
  let dataDir: string;
  let program: OverageProcess;
  let document: string;

  beforeAll(async () => {
    suites = installSuites();
    dataDir = mkdtempSync(join(tmpdir(), 'overage-suites-'));
    program = await OverageProcess.start({ dataDir });
    await program.ready();
    document = join(suites, 'openapi.json');
    writeFileSync(document, JSON.stringify(await program.get('/api/openapi.json')));
  });
  afterAll(async () => {
    await program.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const tool = (name: string): string => join(suites, 'node_modules/.bin', name);

  test('Spectral finds neither error nor warning', () => {
    const args = ['lint', '--ruleset', 'spectral.yaml', '--fail-severity', 'warn', document];
    const { code, output } = run(tool('spectral'), args, suites);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  test('Redocly finds neither error nor warning', () => {
    const args = ['lint', '--config', 'redocly.yaml', '--format', 'json', document];
    const { code, output } = run(tool('redocly'), args, suites);
    // beside the report it may print that it wants a newer Node
    const report = output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1);
    expect({ code, totals: (JSON.parse(report) as { totals: object }).totals }).toEqual({
      code: 0,
      totals: { errors: 0, warnings: 0, ignored: 0 },
    });
  });

  test('a client generated from it compiles and makes seven calls', () => {
    const generated = run(tool('openapi-typescript'), [document, '-o', 'schema.d.ts'], suites);
    expect(generated).toMatchObject({ code: 0 });
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    const compiled = run(tool('tsc'), [...options, '--outDir', 'built', 'client.ts'], suites);
    expect(compiled).toMatchObject({ code: 0 });
    const called = run(process.execPath, ['built/client.js', program.url], suites);
    expect(called).toMatchObject({ code: 0 });
    expect(JSON.parse(called.output)).toEqual({
      ...{ added: 1, sent: 1, msisdn: '48600700800', bytes: [120], total: 120, files: 0 },
      types: ['DATA_PLAN_EXCEEDED'],
    });
  });

  testWithPython('Schemathesis finds no answer that the document does not tell', () => {
    const schemathesis = installSchemathesis(schemathesisVersion);
    const config = ['--config-file', join(suites, 'schemathesis.toml')];
    const args = ['run', `${program.url}/api/openapi.json`, '--max-examples', examples];
    const { code, output } = run(
      schemathesis,
      [...config, ...args, '--seed', '1', '--no-color'],
      suites,
    );
    if (code !== 0) throw new Error(output); // the whole report
  });
});
