import type { FaultCodes } from '../../streaming/index.js';
import { bodyLines, type BodyLine } from './body-lines.js';
import { httpErrors } from './errors.js';
import { answerOf } from './fault-filter.js';
import { refusal, Refusal, type LinesTaken, type RefusedLine } from './refusal.js';
import { Turns } from '../turns.js';

/** Refused lines that are named one by one in an answer; those behind are counted. */
export const mostNamedLines = 1000;

/** Items of all requests together that are held, and of one: a third is read, two are sent. */
const itemsOfAll = 65_536;
const itemsOfOne = 3 * 4096;
const mostSends = 2;
const itemsAtLeast = 64;

/** Why a line is refused. */
export interface LineRefusal {
  readonly code: string;
  readonly message: string;
}

export type LineReading<T> =
  { readonly ok: true; readonly item: T } | ({ readonly ok: false } & LineRefusal);

/** What the lines of a request become. */
export interface LineDoor<T> {
  /** Reads the value of a line. */
  read(value: unknown): LineReading<T>;
  /** Resolves when the items are durable and counted, with the refused ones by their index. */
  send(items: readonly T[]): Promise<ReadonlyMap<number, LineRefusal>>;
  /** A request of nothing but these is answered 409. */
  readonly conflictCode: string;
  /** Every code a line can be refused with, for its next step. */
  readonly codes: Partial<FaultCodes>;
}

/** Requests that are being taken; each may hold the less the more there are. */
let taking = 0;

/** Lines of a request that are decided together. */
class LinesTogether<T> {
  readonly items: T[] = [];
  readonly lineOf: number[] = [];
  readonly refused: RefusedLine[] = [];
  lastLine = 0;

  get count(): number {
    return this.items.length + this.refused.length;
  }
}

/** Takes the lines of one request, batch after batch; the next is read while others are sent. */
class Taking<T> {
  readonly #turns = new Turns();
  #reading = new LinesTogether<T>();
  /** Batches on their way, oldest first. */
  readonly #sent: Promise<void>[] = [];
  readonly #named: RefusedLine[] = [];
  #accepted = 0;
  #refused = 0;
  #linesTaken = 0;
  #areAllConflicts = true;

  constructor(private readonly door: LineDoor<T>) {}

  async take(body: unknown): Promise<void> {
    try {
      for await (const lines of bodyLines(body)) {
        for (const line of lines) {
          this.#read(line);
          if (this.#isFull) await this.#flush();
          if (this.#turns.isOver) await this.#turns.pass();
        }
      }
      await this.#flush();
    } finally {
      await this.#answered(0);
    }
  }

  get isEmpty(): boolean {
    return this.#linesTaken === 0;
  }

  get isRefused(): boolean {
    return this.#accepted === 0;
  }

  get areAllConflicts(): boolean {
    return this.#areAllConflicts;
  }

  get taken(): LinesTaken {
    const notNamed = this.#refused - this.#named.length;
    return {
      accepted: this.#accepted,
      rejected: this.#named,
      ...(notNamed > 0 && { rejectedNotNamed: notNamed }),
    };
  }

  /** The last line whose fate is decided, and that of all before it. */
  get linesTaken(): number {
    return this.#linesTaken;
  }

  get #isFull(): boolean {
    const most = Math.max(itemsAtLeast, Math.min(itemsOfOne, Math.floor(itemsOfAll / taking)));
    return this.#reading.count >= most / (mostSends + 1);
  }

  #read(line: BodyLine): void {
    const { items, lineOf, refused } = this.#reading;
    this.#reading.lastLine = line.line;
    const reading = line.fault ? { ok: false as const, ...line.fault } : this.door.read(line.value);
    if (reading.ok) {
      items.push(reading.item);
      lineOf.push(line.line);
    } else {
      const { code, message } = reading;
      refused.push({ line: line.line, code, message: shortened(message) });
    }
  }

  async #flush(): Promise<void> {
    const lines = this.#reading;
    this.#reading = new LinesTogether();
    await this.#answered(mostSends - 1);
    const before = this.#sent.at(-1);
    const sent = this.#send(lines, before);
    sent.catch(() => undefined); // thrown by the next await, so not unhandled
    this.#sent.push(sent);
  }

  /** Resolves when so many at most are on their way; rejects when one was not taken. */
  async #answered(most: number): Promise<void> {
    while (this.#sent.length > most) await this.#sent.shift();
  }

  /** What becomes of lines is told behind those before them. */
  async #send(
    { items, lineOf, refused, lastLine }: LinesTogether<T>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const sending = items.length === 0 ? undefined : this.door.send(items);
    sending?.catch(() => undefined); // when those before it fail, nobody asks for it
    await before;
    const sent = await sending;
    for (const [index, { code, message }] of sent ?? []) {
      refused.push({ line: lineOf[index], code, message: shortened(message) });
    }
    refused.sort((a, b) => a.line - b.line);
    this.#accepted += items.length - (sent?.size ?? 0);
    this.#refused += refused.length;
    this.#areAllConflicts &&= refused.every(({ code }) => code === this.door.conflictCode);
    this.#named.push(...refused.slice(0, mostNamedLines - this.#named.length));
    this.#linesTaken = Math.max(this.#linesTaken, lastLine);
  }
}

const longestMessage = 400;

const shortened = (message: string): string =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;

/**
 * Takes the lines of a request as they come; answers when the good ones are durable and counted.
 * They are accepted also when others are not. Memory does not grow with the body, and a caller who
 * sends faster than is counted waits. Refuses the request when nothing in it could be accepted
 * (400, or 409 when all are conflicts). What ends it early is thrown as a Refusal that says up to
 * which line everything was taken; a caller who was cut off sends all again: what was taken is a
 * repeat then and changes nothing.
 */
export const takeLines = async <T>(body: unknown, door: LineDoor<T>): Promise<LinesTaken> => {
  const work = new Taking(door);
  taking++;
  try {
    await work.take(body);
  } catch (error) {
    throw work.linesTaken === 0 ? error : endedEarly(error, work);
  } finally {
    taking--;
  }
  if (work.isEmpty) {
    throw refusal(httpErrors, 'REQUEST_INVALID', { status: 400, message: 'the body is empty' });
  }
  if (work.isRefused) throw nothingAccepted(work, door.codes);
  return work.taken;
};

const nothingAccepted = <T>(work: Taking<T>, codes: Partial<FaultCodes>): Refusal => {
  const [{ code, message }] = work.taken.rejected;
  return new Refusal(code, message, {
    status: work.areAllConflicts ? 409 : 400,
    next: codes[code]?.next,
    lines: work.taken,
  });
};

const endedEarly = <T>(cause: unknown, { taken, linesTaken }: Taking<T>): Refusal => {
  const { status, body } = answerOf(cause);
  const { code, message, next } = body;
  return new Refusal(code, message, {
    status,
    next,
    cause,
    lines: { ...taken, lines: linesTaken },
  });
};
