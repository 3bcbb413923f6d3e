/** The newest file of a feed; instants in epoch ms. */
export interface LastFile {
  readonly name: string;
  readonly state: string;
}

/** What the import knows of the feeds. */
export interface FeedFiles {
  /** The newest file of each feed that has had one. */
  last(): Promise<ReadonlyMap<string, LastFile>>;
}

export const FEED_FILES = Symbol('FeedFiles');
