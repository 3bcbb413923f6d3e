/** Where generated CDR files go. */
export interface CdrDrop {
  /** Writes the chunks under the temporary name, then renames: so a whole file appears. */
  drop(file: {
    readonly name: string;
    readonly temporaryName: string;
    chunks(): Iterable<Uint8Array>;
  }): Promise<void>;
}

export const CDR_DROP = Symbol('CdrDrop');
