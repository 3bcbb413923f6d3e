import type { CassandraSession } from '../../platform/cassandra/index.js';

const name = 'data_record';
const whole = 'whole';
const notWhole = 'rows are missing';

const read = `SELECT value FROM schema_info WHERE name = '${name}'`;
const insert = `INSERT INTO schema_info (name, value) VALUES ('${name}', ?) IF NOT EXISTS`;
const replace = `UPDATE schema_info SET value = ? WHERE name = '${name}' IF value = ?`;
const newId = 'SELECT uuid() AS id FROM system.local';
const anyRecord = 'SELECT shard FROM usage_record LIMIT 1';

/**
 * Whether table data_record has every record that counts, as schema_info says under its name: it
 * has from the first record on, until a process that counts is started without DATA_RECORD_TABLE,
 * and again when it was filled.
 */
export class DataRecordMark {
  constructor(private readonly session: Pick<CassandraSession, 'query' | 'conditional'>) {}

  /** To be called by a process that counts, before it does; answers whether the table is whole. */
  async started(isWritten: boolean): Promise<boolean> {
    if (!isWritten) return this.#endWhole();
    const value = await this.#read();
    if (value === whole) return true;
    const rows = await this.session.query(anyRecord);
    if (rows.length > 0) return false;
    return (await this.#set(whole, value)) || (await this.#read()) === whole;
  }

  /** Answers what `endFill` is called with. */
  async beginFill(): Promise<string> {
    const [{ id }] = await this.session.query(newId);
    const fill = `filling ${String(id)}`;
    for (;;) if (await this.#set(fill, await this.#read())) return fill;
  }

  /** False when a process was started meanwhile that does not write the table. */
  endFill(fill: string): Promise<boolean> {
    return this.#set(whole, fill);
  }

  async #endWhole(): Promise<false> {
    for (;;) {
      const value = await this.#read();
      const isTold = value === undefined || value === notWhole;
      if (isTold || (await this.#set(notWhole, value))) return false;
    }
  }

  async #read(): Promise<string | undefined> {
    const [row] = await this.session.query(read);
    return row?.['value'] as string | undefined;
  }

  async #set(value: string, before: string | undefined): Promise<boolean> {
    const [cql, params] = before === undefined ? [insert, [value]] : [replace, [value, before]];
    return (await this.session.conditional(cql, params)).applied;
  }
}
