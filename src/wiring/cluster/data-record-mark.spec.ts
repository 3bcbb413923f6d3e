import { DataRecordMark } from './data-record-mark.js';

/** schema_info and the first row of usage_record, as a keyspace has them. */
class Keyspace {
  value: string | undefined;
  hasRecords = false;
  #ids = 0;

  readonly mark = new DataRecordMark({
    query: (cql) => {
      if (cql.includes('uuid()')) return Promise.resolve([{ id: `id-${this.#ids++}` }] as never);
      if (cql.includes('usage_record'))
        return Promise.resolve((this.hasRecords ? [{}] : []) as never);
      return Promise.resolve((this.value === undefined ? [] : [{ value: this.value }]) as never);
    },
    conditional: (cql, [value, before] = []) => {
      const applied = cql.startsWith('INSERT') ? this.value === undefined : this.value === before;
      if (applied) this.value = value as string;
      return Promise.resolve({ applied, row: {} as never });
    },
  });
}

describe('the mark of table data_record', () => {
  it('is whole from the first record on, until a process counts without the table', async () => {
    const keyspace = new Keyspace();
    expect(await keyspace.mark.started(true)).toBe(true);
    keyspace.hasRecords = true;
    expect(await keyspace.mark.started(true)).toBe(true);
    expect(await keyspace.mark.started(false)).toBe(false);
    expect(await keyspace.mark.started(true)).toBe(false);
  });

  it('is not whole where records were counted before anybody wrote the table', async () => {
    const keyspace = new Keyspace();
    expect(await keyspace.mark.started(false)).toBe(false);
    keyspace.hasRecords = true;
    expect(await keyspace.mark.started(true)).toBe(false);
  });

  it('is whole again once it was filled, or everything was taken away', async () => {
    const keyspace = new Keyspace();
    keyspace.hasRecords = true;
    expect(await keyspace.mark.endFill(await keyspace.mark.beginFill())).toBe(true);
    expect(await keyspace.mark.started(true)).toBe(true);
    await keyspace.mark.started(false);
    keyspace.hasRecords = false;
    expect(await keyspace.mark.started(true)).toBe(true);
  });

  it('is not whole when a process counted without the table while it was filled', async () => {
    const keyspace = new Keyspace();
    keyspace.hasRecords = true;
    const broken = await keyspace.mark.beginFill();
    await keyspace.mark.started(false);
    const fill = await keyspace.mark.beginFill();
    expect(await keyspace.mark.endFill(broken)).toBe(false);
    expect(await keyspace.mark.endFill(fill)).toBe(true);
    expect(await keyspace.mark.started(true)).toBe(true);
  });
});
