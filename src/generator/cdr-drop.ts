/** A CDR file before it is written. */
export interface CdrFileToDrop {
  readonly name: string;
  readonly temporaryName: string;
  /** About how many bytes `chunks` are. */
  readonly bytes: number;
  chunks(): Iterable<Uint8Array>;
}

/** Where generated CDR files go. */
export interface CdrDrop {
  /**
   * Writes the chunks under the temporary name, then renames: so a whole file appears. When
   * `cancel` fires before the end, nothing is left and its reason is thrown. Throws
   * GENERATE_DISK_FULL (Retry) when there is no room for it.
   */
  drop(file: CdrFileToDrop, cancel: AbortSignal): Promise<void>;
}

export const CDR_DROP = Symbol('CdrDrop');
