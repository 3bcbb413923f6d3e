import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OverageProcess } from '../faults/support/overage-process.js';
import { readTour, scriptOf, splitOutput, type Tour } from './support/readme-tour.js';

const tour: Tour = readTour(readFileSync(join(process.cwd(), 'README.md'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'overage-tour-'));

interface Ran {
  readonly code: number;
  /** What each block of the tour printed. */
  readonly blocks: readonly string[];
  readonly complaints: string;
}

/** Runs the tour's blocks in one bash, as a reader would paste them one after the other. */
const runTour = (url: string): Promise<Ran> => {
  // A reader's curl exits 0 on a 404; here an answer that is an error ends the tour.
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    CURL_HOME: join(process.cwd(), 'test/browser/support'),
  };
  const script = scriptOf(tour).replaceAll('127.0.0.1:8080', new URL(url).host);
  const options = { cwd: folder, env, timeout: 60_000 };
  return new Promise((ended) =>
    execFile('bash', ['--norc', '-c', script], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      ended({ code, blocks: splitOutput(stdout), complaints: stderr });
    }),
  );
};

describe('the tour of the README', () => {
  let program: OverageProcess;
  let ran: Ran;
  let seconds: number;

  beforeAll(async () => {
    // The README's program keeps its store in ./data of the folder it is started in.
    mkdirSync(join(folder, 'data'));
    program = await OverageProcess.start({ dataDir: join(folder, 'data'), env: tour.env });
    if (!(await program.ready())) throw new Error(program.output);
    const startedAtMs = performance.now();
    ran = await runTour(program.url);
    seconds = (performance.now() - startedAtMs) / 1000;
  }, 120_000);

  afterAll(async () => {
    await program?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const outputOf = (command: string): string => {
    const index = tour.blocks.findIndex((block) => block.includes(command));
    if (index < 0) throw new Error(`no block of the tour has ${command}`);
    return ran.blocks[index] ?? '';
  };

  test('starts the program with a command of this project', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(tour.command).toBe('npm run start:dev');
    expect(Object.keys(scripts)).toContain('start:dev');
    expect(tour.env).toEqual({ FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' });
  });

  test('runs to its end: each command exits with 0 and complains of nothing', () => {
    expect({ code: ran.code, complaints: ran.complaints }).toEqual({ code: 0, complaints: '' });
    expect(ran.blocks).toHaveLength(tour.blocks.length);
  });

  test('takes less than 60 seconds', () => {
    expect(seconds).toBeLessThan(60);
  });

  test('generates the golden agreement and its file', () => {
    const output = outputOf('agreements/generate');
    expect(output).toContain('0b12c601-9287-3f5c-a78c-df508fe0f889');
    expect(output).toContain('idr_000_2020-01-02_1349856c-14bb-33a0-ae31-b3df49201961.csv');
    expect(output).toContain('48917846822');
  });

  test('shows the two golden messages in order', () => {
    const output = outputOf('after=0');
    const facts = [
      "latestRecordedAt: 'Fri Jan 10 23:00:00 UTC 2020'",
      "latestInternalRecordId: '523d8cc7-e611-3508-90bc-fab260b2973e'",
      'totalRecordedBytes: 5697948758',
      'maxBytesInBillingPeriod: 5368709120',
      "type: 'DATA_PLAN_EXCEEDED'",
      "latestRecordedAt: 'Thu Jan 30 23:00:00 UTC 2020'",
      "latestInternalRecordId: 'b58a3008-23a9-384c-b4e6-2cc837d1ef07'",
      'totalRecordedBytes: 13559994361',
      "type: 'BILLING_PERIOD_CLOSED'",
    ];
    const found = facts.map((fact) => output.indexOf(fact));
    expect(facts.filter((_, i) => found[i] < 0)).toEqual([]);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });

  test('shows what was used, the crossing record and the book of the file', () => {
    const output = outputOf('total-data-used');
    expect(output).toContain('13559994361 B\n13242182 KB\n12932 MB\n13 GB\n');
    expect(output).toContain("internalRecordId: '523d8cc7-e611-3508-90bc-fab260b2973e'");
    expect(output).toContain('runningTotalBytes: 5697948758');
    expect(output).toMatch(/line: 10\b/);
    expect(output).toMatch(/lines: 31,\s+counted: 31,\s+late: 0,\s+waiting: 0,/);
  });

  test('drops a file by rename, which exceeds the plan of February', () => {
    const output = outputOf('mv ');
    expect(output).toContain('month: 2');
    // The last generated record is one of February too, at 00:00 of the 1st in Warsaw.
    expect(output).toContain(`totalRecordedBytes: ${6442450944 + 253703631}`);
    expect(output).toContain("type: 'DATA_PLAN_EXCEEDED'");
  });

  test('asks GraphQL for the same total', () => {
    const output = outputOf('/graphql');
    expect(output).toContain('6696154575 B\\n6539213 KB\\n6386 MB\\n6 GB');
  });
});
