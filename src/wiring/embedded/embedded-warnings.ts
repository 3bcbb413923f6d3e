import { importErrors } from '../../import/index.js';
import type { EmbeddedImportFileStore } from '../../import/adapters/embedded-import-file-store.js';
import { askedOf, unknownFiles } from '../../import/adapters/unknown-files.js';
import { embeddedErrors, type MissingEvents } from '../../platform/embedded/index.js';
import { doneFiles } from '../../platform/files/done-files.js';
import { httpErrors } from '../../platform/http/errors.js';
import type { Logger } from '../../platform/telemetry/index.js';
import { Fault } from '../../streaming/index.js';
import type { Warning } from '../../warnings.dto.js';
import { nextText } from '../../runtime/fault-text.js';

const comparedAtMost = 20_000;
const namedAtMost = 5;

const number = new Intl.NumberFormat('en');
const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** What was found at the start, said in the log once and kept for those who ask. */
export class EmbeddedWarnings {
  readonly #items: Warning[] = [];

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  get items(): readonly Warning[] {
    return this.#items;
  }

  /** Events that the mark beside the store knows and the store does not. */
  eventsMissing(missing: readonly MissingEvents[]): void {
    for (const { events, sinceMs, untilMs, isOtherStore, logKeptAs } of missing) {
      const code = isOtherStore ? 'STORE_EXCHANGED' : 'STORE_EVENTS_MISSING';
      const time = `from ${isoOf(sinceMs)} to ${isoOf(untilMs)}`;
      const text = isOtherStore
        ? `The store is not the one that ran here ${time} and had ${number.format(events)} events.`
        : `${number.format(events)} events that were acknowledged ${time} are not in the store.`;
      const kept = logKeptAs === undefined ? '' : ` The log of that start is kept as ${logKeptAs}.`;
      this.#add({ code, message: `${text}${kept}`, next: embeddedErrors[code].next });
    }
  }

  /** What stops counting for good is among the warnings, too; the log says it where it happens. */
  taskFailed(cause: unknown): void {
    const { meaning, next } = httpErrors.TASK_FAILED;
    const told = cause instanceof Fault ? cause : { code: 'TASK_FAILED', message: String(cause) };
    const message = `${meaning} Cause: ${told.message}`;
    this.#items.unshift({ code: told.code, message, next: nextText(cause) ?? next });
  }

  /**
   * Compares the newest files in done/ with those the store has read. Never rejects: what cannot
   * be compared is told in the log.
   */
  async lookAtDone(
    incomingDir: string,
    store: Pick<EmbeddedImportFileStore, 'stored'>,
  ): Promise<void> {
    try {
      // listed first: a file is in the store before it is moved
      const files = await doneFiles(incomingDir, comparedAtMost);
      if (files.length === 0) return;
      const { names, ids } = askedOf(files);
      this.#filesUnknown(
        unknownFiles(files, await store.stored(names, ids)).map(({ folder, name }) =>
          folder === '' ? name : `${folder}/${name}`,
        ),
      );
    } catch (cause) {
      this.logger.warn('files in done/ could not be compared with the store', cause);
    }
  }

  #filesUnknown(names: readonly string[]): void {
    if (names.length === 0) return;
    const more = names.length - namedAtMost;
    const shown = names.slice(0, namedAtMost).join(', ');
    const rest = more > 0 ? ` and ${number.format(more)} more` : '';
    const count = `${number.format(names.length)} ${names.length === 1 ? 'file' : 'files'}`;
    const message = `The store has not read ${count} in done/: ${shown}${rest}.`;
    const { next } = importErrors.DONE_FILES_UNKNOWN;
    this.#add({ code: 'DONE_FILES_UNKNOWN', message, next });
  }

  #add(warning: Warning): void {
    this.#items.push(warning);
    this.logger.warn(`${warning.message} ${warning.next}`, { code: warning.code });
  }
}
