/** What names a row among those of a subscriber. */
export interface RowPlace {
  readonly recordedAtMs: number;
  readonly recordId: string;
  readonly version: number;
}

/** At most `limit` rows behind the place, in falling order of time, record id, version. */
export type ReadPage<R extends RowPlace> = (page: {
  readonly before: RowPlace | undefined;
  readonly limit: number;
}) => Promise<readonly R[]>;

/** Rows read at once where all are looked at: some milliseconds of work. */
const pageRows = 1024;

/** Rows read at once where they are sent on: what each of a thousand slow readers holds. */
const sentPageRows = 256;

/** So many rows are kept when they are read again; more are read again. */
const keptRowsMost = 16_384;

/** All rows behind a place, page by page. Nothing is read before it is asked for. */
export async function* pagesBehind<R extends RowPlace>(
  read: ReadPage<R>,
  { before, rows = sentPageRows }: { readonly before?: RowPlace; readonly rows?: number } = {},
): AsyncGenerator<readonly R[]> {
  for (let place = before; ;) {
    const page = await read({ before: place, limit: rows });
    if (page.length > 0) yield page;
    if (page.length < rows) return;
    place = page[page.length - 1];
  }
}

/** The rows as often as they are wanted, when one page holds all of them. */
export const wholeIfShort = async <R extends RowPlace>(
  read: ReadPage<R>,
): Promise<(() => AsyncIterable<readonly R[]>) | undefined> => {
  const page = await read({ before: undefined, limit: pageRows });
  if (page.length === pageRows) return undefined;
  return async function* () {
    yield page;
  };
};

/** The rows as often as they are wanted; few are read only once. */
export const readAgain = <R extends RowPlace>(
  read: ReadPage<R>,
): (() => AsyncIterable<readonly R[]>) => {
  let kept: (readonly R[])[] | undefined;
  return async function* () {
    if (kept !== undefined) {
      yield* kept;
      return;
    }
    const pages: (readonly R[])[] = [];
    let rows = 0;
    for await (const page of pagesBehind(read, { rows: pageRows })) {
      rows += page.length;
      if (rows <= keptRowsMost) pages.push(page);
      yield page;
    }
    if (rows <= keptRowsMost) kept = pages;
  };
};

/** Of each record the newest version, where it is the agreement's; waiting ones are nobody's. */
export async function* inForce<R extends RowPlace & { readonly agreementId: string | undefined }>(
  pages: AsyncIterable<readonly R[]>,
  agreementId: string,
): AsyncGenerator<readonly R[]> {
  let last: R | undefined;
  for await (const page of pages) {
    const found: R[] = [];
    for (const row of page) {
      const isOlder = row.recordedAtMs === last?.recordedAtMs && row.recordId === last.recordId;
      if (!isOlder && row.agreementId === agreementId) found.push(row);
      if (!isOlder) last = row;
    }
    yield found;
  }
}
