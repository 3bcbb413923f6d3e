import type Cluster from 'kafkajs/src/cluster/index.js';
import { keeping } from './kept-coordinators.js';

const transaction = { groupId: 'a', coordinatorType: 1 };

/** Coordinators 1, 2, 3 … in the order of the requests; `fails`: the requests that fail. */
const lookUps = (fails: readonly number[] = []) => {
  let requests = 0;
  let nowMs = 5;
  const find = keeping(
    () => {
      requests++;
      if (fails.includes(requests)) return Promise.reject(new Error('away'));
      return Promise.resolve({ coordinator: { nodeId: requests } });
    },
    () => nowMs,
  );
  const asked = async (client: object, wanted = transaction): Promise<number> =>
    (await find.call(client as Cluster, wanted)).coordinator.nodeId;
  return { asked, pass: (ms: number) => (nowMs += ms) };
};

test('the same client is told the same coordinator for a second', async () => {
  const { asked, pass } = lookUps();
  const client = {};
  expect(await asked(client)).toBe(1);
  pass(999);
  expect(await asked(client)).toBe(1);
  pass(1);
  expect(await asked(client)).toBe(2);
});

test('other clients, other ids and the other kind of coordinator are asked for', async () => {
  const { asked } = lookUps();
  const client = {};
  expect(await asked(client)).toBe(1);
  expect(await asked({})).toBe(2);
  expect(await asked(client, { ...transaction, groupId: 'b' })).toBe(3);
  expect(await asked(client, { ...transaction, coordinatorType: 0 })).toBe(4);
  expect(await asked(client)).toBe(1);
});

test('a request that failed is made again', async () => {
  const { asked } = lookUps([1]);
  const client = {};
  await expect(asked(client)).rejects.toThrow('away');
  expect(await asked(client)).toBe(2);
});
