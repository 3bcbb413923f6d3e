import type { CountsOf } from '../../counts.controller.js';
import type { EmbeddedDatabase } from '../../platform/embedded/index.js';

/**
 * Records of files are summed from the files' books; those without a file are counted by what
 * names them, as a corrected one has several rows.
 */
const sql = `
  SELECT
    (SELECT count(*) FROM agreement) AS agreements,
    (SELECT count(*) FROM import_file) AS files,
    (SELECT coalesce(sum(counted + late + waiting), 0) FROM import_file_count)
      + (SELECT count(*) FROM (SELECT DISTINCT msisdn, recorded_at, record_id
                                 FROM usage_record WHERE file_id = 0)) AS records`;

/** Counts for the first page. */
export const embeddedCounts =
  (
    database: Pick<EmbeddedDatabase, 'query'>,
    messages: { lastOffset(): number | undefined },
  ): CountsOf =>
  async () => {
    const [row] = await database.query(sql);
    const lastMessageOffset = messages.lastOffset() ?? -1;
    return {
      agreements: Number(row.agreements),
      files: Number(row.files),
      records: Number(row.records),
      messages: lastMessageOffset + 1,
      lastMessageOffset,
    };
  };
