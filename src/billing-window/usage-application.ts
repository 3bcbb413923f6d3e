import { AgreementTable } from '../agreements/index.js';
import {
  defaultKnownRecordsBytes,
  foundWithUncommitted,
  IngestStep,
  KnownRecords,
  recordLookups,
  StepOutput,
  type FoundRecords,
  type IngestState,
  type KnownRecordsShape,
  type RecordLookups,
  type ReadonlyUsageEvents,
  type UsageEvents,
} from '../ingest/index.js';
import {
  ChunkReader,
  Fault,
  newEventClock,
  type EventClock,
  type Pieces,
  type Step,
  type StreamApplication,
} from '../streaming/index.js';
import { BillingWindowStep } from './billing-window.step.js';
import { WindowTable, type Bucket } from './domain/window-table.js';

/**
 * A step ends before another event once it has said so much, and within an event after every so
 * many closings: together at most 2,000 messages a transaction. The cuts within an event do not
 * depend on how batches are cut, so a replay meets the same positions.
 */
export const maxMessagesBeforeEvent = 1_000;
export const closingsPerStep = 1_000;

/** The keyed state of a partition: agreements, known records, event clock, windows. */
export interface UsageState extends IngestState {
  readonly windows: WindowTable;
  /** Closings done of the event in hand; 0 when none is in progress. */
  closedOfEvent: number;
}

interface StateHeader {
  readonly agreementChunks: number;
  readonly windows: { count: number; buckets: Bucket[] };
  readonly clock: EventClock;
  readonly closedOfEvent: number;
  readonly known: KnownRecordsShape;
}

const maxChunkBytes = 4 * 1024 * 1024;

/** As BatchFrom of the kernel has it, with columns that are only read. */
interface BatchOfUsage {
  readonly events: ReadonlyUsageEvents;
  readonly from: number;
  readonly until?: number;
  readonly isMuted?: boolean;
}

/** Events and their rows, of most events one: a millisecond of work or two. */
const workAPiece = 2048;

/** A step that is being done. */
class StepInHand {
  readonly #out: StepOutput;
  readonly #billing: BillingWindowStep;
  readonly #ingest: IngestStep;
  /** Index of the event in hand, and of the first one that the step leaves. */
  #at: number;
  readonly #until: number;
  /** What is left to do of the event in hand, when that goes in pieces of its own. */
  #pieces: Pieces<void> | undefined;
  #cursor = 0;
  #isOver = false;
  #known = 0;

  constructor(
    private readonly state: UsageState,
    private readonly batch: BatchOfUsage,
    found: FoundRecords | undefined,
  ) {
    const { events, from, isMuted = false } = batch;
    this.#at = from;
    this.#until = batch.until ?? events.length;
    this.#out = new StepOutput(events.length - from);
    this.#billing = new BillingWindowStep(state.windows, state.agreements, isMuted);
    const ports = { out: this.#out, sink: this.#billing };
    this.#ingest = new IngestStep(state, { events, found }, ports);
  }

  /** Goes on for a piece; false when the step is over. */
  goOn(): boolean {
    const { records } = this.#out;
    this.#apply();
    this.state.known.addAll(records, this.#known);
    this.#known = records.length;
    return this.#pieces !== undefined || (!this.#isOver && this.#at < this.#until);
  }

  /** To be asked once the step is over. */
  get result(): Step {
    const { offsets } = this.batch.events;
    const [at, cursor] = [this.#at, this.#cursor];
    // of the last event that is done, never of the next: a log may have gaps between them
    const offset = cursor > 0 ? offsets[at] : offsets[at - 1] + 1;
    const effects = { rows: this.#out.rows(), messages: this.#billing.messages };
    return { effects, next: at, position: { offset, cursor } };
  }

  /** Whole events, and of one that goes in pieces the next of them. */
  #apply(): void {
    const { records } = this.#out;
    const billing = this.#billing;
    let at = this.#at;
    // rows count, too: an event may cause many
    const end = at + records.length + workAPiece;
    while (at < this.#until && !this.#isOver && at + records.length < end) {
      if (!this.#isDone(at)) break;
      at++;
      this.#isOver = billing.said >= maxMessagesBeforeEvent;
    }
    this.#at = at;
  }

  /** Goes on with an event; false when there is more to do of it, in this step or the next. */
  #isDone(at: number): boolean {
    const { state } = this;
    if (state.closedOfEvent === 0) {
      const pieces = this.#pieces ?? this.#ingest.apply(at);
      if (pieces !== undefined && !this.#isOverWith(pieces)) return false;
    }
    const isDue = (state.clock.watermarkMs ?? -Infinity) >= state.windows.nextEndMs;
    if (isDue && !this.#isClosed()) return false;
    state.closedOfEvent = 0;
    return true;
  }

  /** Closes what is due; false when the event is left with more to close than a step may. */
  #isClosed(): boolean {
    const { windows, clock } = this.state;
    const watermarkMs = clock.watermarkMs as number;
    const closed = this.#billing.closeDue(watermarkMs, closingsPerStep);
    if (windows.nextEndMs > watermarkMs) return true;
    this.#cursor = this.state.closedOfEvent += closed;
    this.#isOver = true;
    return false;
  }

  /** Does the next piece of the event in hand; false while there are more. */
  #isOverWith(pieces: Pieces<void>): boolean {
    const isOver = pieces.next().done === true;
    this.#pieces = isOver ? undefined : pieces;
    return isOver;
  }
}

function* step(
  state: UsageState,
  batch: BatchOfUsage,
  found: FoundRecords | undefined,
): Pieces<Step> {
  const inHand = new StepInHand(state, batch, found);
  while (inHand.goOn()) yield;
  return inHand.result;
}

/**
 * Fields by name. Equal states have to be equal bytes, but a field that had no value when the
 * state was loaded stands behind the others once it has one.
 */
const inOrder = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** All that results depend on; what is known of stored records only saves look-ups. */
function* saveCounted(state: UsageState, known: KnownRecordsShape): Generator<Uint8Array> {
  const { agreements } = state;
  const header: StateHeader = {
    agreementChunks: agreements.savedChunks,
    windows: state.windows.header(),
    clock: state.clock,
    closedOfEvent: state.closedOfEvent,
    known,
  };
  yield Buffer.from(JSON.stringify(header, inOrder));
  yield* agreements.save();
  for (const part of state.windows.parts()) {
    for (let at = 0; at < part.length; at += maxChunkBytes) {
      yield part.subarray(at, at + maxChunkBytes);
    }
  }
}

function* save(state: UsageState): Generator<Uint8Array> {
  yield* saveCounted(state, state.known.shape());
  yield* state.known.chunks();
}

/** Equal bytes for states that give equal results, whatever memory they were allowed. */
export const countedBytes = (state: UsageState): Iterable<Uint8Array> =>
  saveCounted(state, new KnownRecords().shape());

const cutOff = (): Fault =>
  new Fault('SNAPSHOT_CUT_OFF', 'StateCorrupt', 'the snapshot ends early');

const nextChunk = async (chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> => {
  const chunk = await chunks.next();
  if (chunk.done) throw cutOff();
  return chunk.value;
};

const load = async (
  saved: AsyncIterable<Uint8Array>,
  knownRecordsBytes: number,
): Promise<UsageState> => {
  const chunks = saved[Symbol.asyncIterator]();
  try {
    return await loadFrom(chunks, knownRecordsBytes);
  } finally {
    await chunks.return?.(); // gives free what they are read from
  }
};

const loadFrom = async (
  chunks: AsyncIterator<Uint8Array>,
  knownRecordsBytes: number,
): Promise<UsageState> => {
  const header = JSON.parse(Buffer.from(await nextChunk(chunks)).toString()) as StateHeader;
  const agreementChunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let left = header.agreementChunks; left > 0; left--) yield nextChunk(chunks);
  };
  const agreements = await AgreementTable.load(agreementChunks());
  const windows = WindowTable.withHeader(header.windows);
  for (const part of windows.parts()) {
    for (let at = 0; at < part.length;) {
      const chunk = await nextChunk(chunks);
      part.set(chunk, at);
      at += chunk.length;
    }
  }
  windows.finish();
  const rest = new ChunkReader({ [Symbol.asyncIterator]: () => chunks }, cutOff);
  const known = await KnownRecords.load(header.known, rest, knownRecordsBytes);
  return { agreements, known, windows, clock: header.clock, closedOfEvent: header.closedOfEvent };
};

/**
 * Usage counting as the kernel runs it: ingest feeds the billing window in one step. The known
 * records of a partition may take so many bytes; no result depends on it.
 */
export const newUsageApplication = (
  knownRecordsBytes: number,
): StreamApplication<UsageState, UsageEvents, RecordLookups, FoundRecords> => ({
  name: 'usage',
  stateFormat: 2,
  newState: () => ({
    agreements: new AgreementTable(),
    known: new KnownRecords(knownRecordsBytes),
    clock: newEventClock(),
    windows: new WindowTable(),
    closedOfEvent: 0,
  }),
  lookups: recordLookups,
  withUncommitted: foundWithUncommitted,
  step,
  save,
  load: (chunks) => load(chunks, knownRecordsBytes),
});

/** For what needs no setting: names, and states that are replayed to be compared. */
export const usageApplication = newUsageApplication(defaultKnownRecordsBytes);
