import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agreementToJson } from '../../src/agreements/index.js';
import { workloadAgreements, writeWorkload, zonedText } from '../../src/generator/index.js';
import { queryStore } from '../support/store-contents.js';
import { copyScenario, storeOf } from './support/fault-scenario.js';
import { OverageProcess, type Ending } from './support/overage-process.js';
import { storeDifferences } from './support/store-difference.js';

/** The 1st of a month: 200,000 periods end with one record (docs/RULES.md). */
const subscribers = 200_000;
const agreementsARequest = 50_000;
/** Measured: 190 to 280 MB in steps of 1,000 closings, of which DuckDB is most; 670 MB at once. */
const mostGrowthBytes = 400 * 1024 ** 2;
const env = { FEED_MAX_OUT_OF_ORDERNESS: 'PT0S', LOG_LEVEL: 'warn' };
const workload = { subscribers, records: subscribers, daysStep: 1, maxRecordedBytes: 1000 };

const root = mkdtempSync(join(tmpdir(), 'overage-month-'));
const prepared = join(root, 'prepared');
const straight = join(root, 'straight');

const mostMemoryOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

const drop = (dataDir: string, name: string, content: string | Buffer): void => {
  const folder = join(dataDir, 'incoming-data-records');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `tmp-${name}`), content);
  renameSync(join(folder, `tmp-${name}`), join(folder, name));
};

const fileDone = (program: OverageProcess) => async (): Promise<boolean> => {
  const page = await program.get<{ items: { state: string }[] }>('/api/import-files?limit=1');
  return page?.items[0]?.state === 'done';
};

const prepare = async (): Promise<void> => {
  const program = await OverageProcess.start({ dataDir: prepared, env });
  await program.ready();
  const agreements = workloadAgreements(workload);
  for (let at = 0; at < subscribers; at += agreementsARequest) {
    const some = agreements.slice(at, at + agreementsARequest);
    const body = some.map((agreement) => JSON.stringify(agreementToJson(agreement))).join('\n');
    if (!(await program.post('/api/agreements', body, 'application/x-ndjson'))) {
      throw new Error(`the agreements were refused: ${program.output}`);
    }
  }
  const chunks: Buffer[] = [];
  writeWorkload(workload, (chunk) => chunks.push(Buffer.from(chunk)));
  drop(prepared, 'january.csv', Buffer.concat(chunks));
  await program.until(fileDone(program));
  await program.stop();
  const february = zonedText(Date.UTC(2020, 1, 2));
  const line = `february;${february};${agreements[0].msisdn};1\n`;
  drop(prepared, 'february.csv', line);
};

/** The last of the messages that say that a period closed; nothing else is said in this run. */
const lastMessage = `/api/data-records-aggregates?after=${subscribers - 2}&limit=1`;

const allClosed = (program: OverageProcess) => async (): Promise<boolean> =>
  (await program.get<{ messages: unknown[] }>(lastMessage))?.messages.length === 1;

/** Runs until all periods are closed, dying as told; answers the lives and the last growth. */
const closeAll = async (
  dataDir: string,
  crashes: readonly string[],
): Promise<{ lives: Ending[]; grownBytes: number }> => {
  const lives: Ending[] = [];
  for (const crashAt of [...crashes, undefined]) {
    const program = await OverageProcess.start({ dataDir, env, crashAt });
    const isReady = await program.ready();
    const before = isReady ? mostMemoryOf(program.pid) : 0;
    const isDone = await program.until(allClosed(program));
    const grownBytes = isDone ? mostMemoryOf(program.pid) - before : 0;
    lives.push(await program.stop());
    if (isDone) return { lives, grownBytes };
  }
  throw new Error(`it did not come to its end:\n${lives.at(-1)?.output}`);
};

beforeAll(async () => {
  await prepare();
}, 300_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const closings = `SELECT count(*) AS messages, count(DISTINCT key) AS agreements,
  sum(CAST(value->>'totalRecordedBytes' AS BIGINT))::BIGINT AS bytes
  FROM message WHERE value->>'type' = 'BILLING_PERIOD_CLOSED'`;
const counted = `SELECT sum(recorded_bytes)::BIGINT AS bytes FROM usage_record
  WHERE recorded_at < epoch_ms(TIMESTAMP '2020-01-31 23:00:00')`;

test('200,000 periods that end at once are each closed exactly once, in flat memory', async () => {
  copyScenario(prepared, straight);
  const { grownBytes } = await closeAll(straight, []);
  const [[closed], [rows]] = await queryStore(storeOf(straight), [closings, counted]);
  expect(closed).toEqual({ messages: subscribers, agreements: subscribers, bytes: rows.bytes });
  expect(grownBytes).toBeLessThan(mostGrowthBytes);
}, 300_000);

test('killed three times in the middle of it, each is closed exactly once', async () => {
  const dir = join(root, 'killed');
  copyScenario(prepared, dir);
  const crashes = ['commit.committed:40', 'commit.before-commit:50', 'task.stepped:30'];
  const { lives } = await closeAll(dir, crashes);
  expect(lives.flatMap(({ killedAt }) => killedAt ?? [])).toEqual(
    crashes.map((crash) => crash.split(':')[0]),
  );
  expect(await storeDifferences(storeOf(straight), storeOf(dir))).toEqual([]);
}, 300_000);
