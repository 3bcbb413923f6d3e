import type { Findings } from './findings.js';
import type { Announcement, Ledger } from './ledger.js';
import type { TopicMessage, World } from './world.js';

interface Value {
  readonly agreementId: string;
  readonly year: number;
  readonly month: number;
  readonly latestRecordedAt: string;
  readonly latestInternalRecordId: string;
  readonly totalRecordedBytes: number;
  readonly billingPeriodTimeZone: string;
  readonly maxBytesInBillingPeriod: number;
  readonly type: string;
  readonly delta?: number;
}

interface Sent {
  readonly message: TopicMessage;
  readonly value: Value;
}

const names = {
  days: 'Sun Mon Tue Wed Thu Fri Sat'.split(' '),
  months: 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' '),
};

/** As Java's Date.toString writes it in UTC. */
const javaDate = (ms: number): string => {
  const [date, time] = new Date(ms).toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  const weekday = names.days[new Date(ms).getUTCDay()];
  return `${weekday} ${names.months[Number(month) - 1]} ${day} ${time} UTC ${year}`;
};

const periodOf = ({ agreementId, year, month }: Value): string => `${agreementId} ${year}-${month}`;

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

const exceeded = 'DATA_PLAN_EXCEEDED';
const closed = 'BILLING_PERIOD_CLOSED';

/** What is said of one period, message by message. */
const checkPeriod = (
  { key, sent, expected }: { key: string; sent: readonly Sent[]; expected: Announcement[] },
  findings: Findings,
): void => {
  const types = sent.map(({ value }) => value.type);
  const said = (type: string): number => types.filter((one) => one === type).length;
  const retracted = said('DATA_PLAN_EXCEEDED_RETRACTED');
  if (said(exceeded) > retracted + 1) {
    findings.add('exceeded is said once', key, `${said(exceeded)} times`);
  }
  if (said(closed) > 1) findings.add('closed is said once', key, `${said(closed)} times`);
  const law = 'the messages of a period are those the log leads to';
  findings.same(law, key, [types, expected.map(({ type }) => type)]);
  sent.forEach((one, at) => {
    const wanted = expected[at];
    if (wanted?.type === one.value.type) checkMessage(one, wanted, { key, at, findings });
  });
};

const checkMessage = (
  { message, value }: Sent,
  wanted: Announcement,
  { key, at, findings }: { key: string; at: number; findings: Findings },
): void => {
  const where = `${key} ${wanted.type} ${at + 1}`;
  findings.same('a message has the total of its moment', where, [
    [value.totalRecordedBytes, value.delta],
    [wanted.total, wanted.delta],
  ]);
  if (!wanted.recordIds.includes(value.latestInternalRecordId)) {
    const law = 'a message names the record it is about: the crossing one, or the latest';
    const ids = `${value.latestInternalRecordId}, expected ${wanted.recordIds.join(' or ')}`;
    findings.add(law, where, ids);
  }
  const { agreement, month } = wanted;
  findings.same('a message has the form of the wire contract', where, [
    [
      ...[message.key, message.timestampMs, message.headers.revision, message.headers.type],
      ...[value.latestRecordedAt, value.billingPeriodTimeZone, value.maxBytesInBillingPeriod],
    ],
    [
      ...[agreement.id, month.endMs - 1, String(at + 1), wanted.type],
      ...[javaDate(wanted.recordedAtMs), agreement.zone, agreement.maxBytes],
    ],
  ]);
};

/** Messages against the log: each exactly once, in order, with the right total and record. */
export const checkMessages = (
  world: World,
  ledgers: readonly Ledger[],
  findings: Findings,
): void => {
  const sent = groupBy(
    world.messages.map((message) => ({ message, value: JSON.parse(message.value) as Value })),
    ({ value }) => periodOf(value),
  );
  const expected = groupBy(
    ledgers.flatMap(({ announcements }) => announcements),
    ({ agreement, month }) => `${agreement.id} ${month.year}-${month.month}`,
  );
  for (const key of [...new Set([...sent.keys(), ...expected.keys()])].sort()) {
    const period = { key, sent: sent.get(key) ?? [], expected: expected.get(key) ?? [] };
    checkPeriod(period, findings);
  }
  for (const [id, same] of groupBy(world.messages, ({ headers }) => headers.id ?? '')) {
    if (same.length > 1) findings.add('no two messages have one id', id, `${same.length} times`);
  }
};

/** The copies for look-ups are the messages of the topic, word for word. */
export const checkCopies = (world: World, findings: Findings): void => {
  const found = new Map<string, unknown>();
  for (const { key, revision, id, type, value } of world.messageCopies) {
    const { year, month } = JSON.parse(value) as Value;
    found.set(`${key} ${year}-${month} ${revision}`, { id, type, value });
  }
  const expected = new Map<string, unknown>();
  for (const { headers, value } of world.messages) {
    const { agreementId, year, month } = JSON.parse(value) as Value;
    const key = `${agreementId} ${year}-${month} ${headers.revision}`;
    expected.set(key, { id: headers.id, type: headers.type, value });
  }
  findings.sameMaps('table message is a copy of the topic', found, expected);
};

const wordOf = ({ key, value, headers }: TopicMessage): string =>
  JSON.stringify([key, value, headers.id, headers.type]);

/** Whoever reads only what is committed never sees what is gone later. */
export const checkSeen = (world: World, findings: Findings): void => {
  const placeOf = ({ topic, partition, offset }: TopicMessage): string =>
    `${topic} ${partition} offset ${offset}`;
  const there = new Map(
    [...world.log, ...world.messages].map((message) => [placeOf(message), wordOf(message)]),
  );
  const law = 'a message that was seen once stays';
  for (const message of world.seen) {
    const now = there.get(placeOf(message));
    if (now === undefined) findings.add(law, placeOf(message), 'it is gone');
    else if (now !== wordOf(message)) findings.add(law, placeOf(message), 'another stands there');
  }
};
