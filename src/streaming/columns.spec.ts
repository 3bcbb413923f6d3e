import fc from 'fast-check';
import { runsOf, seed } from '../../test/support/seed.js';
import { bytesPerRow, columns, columnsIn, rowsFrom, rowsIn, type ColumnRows } from './columns.js';

class Cells extends columns('cells', {
  texts: ['text', 'text'],
  bigints: ['a_bigint', 'bigint'],
  uuids: ['uuid', 'uuid'],
  tinyints: ['tinyint', 'tinyint'],
  integers: ['integer', 'integer'],
  blobs: ['blob', 'blob'],
  others: ['other', 'bigint'],
}) {}

class Numbers extends columns(
  { name: 'numbers', formerName: 'figures' },
  {
    tinyints: ['tinyint', 'tinyint'],
    uuids: ['uuid', 'uuid'],
    integers: ['integer', 'integer'],
    bigints: ['a_bigint', 'bigint'],
  },
) {}

interface Cell {
  readonly text: string | undefined;
  readonly bigint: number;
  readonly uuid: readonly number[];
  readonly tinyint: number;
  readonly integer: number;
  readonly blob: Uint8Array | undefined;
}

const cellArbitrary: fc.Arbitrary<Cell> = fc.record({
  text: fc.option(fc.string(), { nil: undefined }),
  bigint: fc.maxSafeInteger(),
  uuid: fc.tuple(...Array.from({ length: 4 }, () => fc.nat(0xffff_ffff))),
  tinyint: fc.nat(255),
  integer: fc.integer(),
  blob: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: undefined }),
});

const pushCell = (cells: Cells, cell: Cell): void => {
  const at = cells.reserve();
  if (cell.text !== undefined) cells.texts[at] = cell.text;
  cells.bigints[at] = cell.bigint;
  cells.uuids.set(cell.uuid, at * 4);
  cells.tinyints[at] = cell.tinyint;
  cells.integers[at] = cell.integer;
  if (cell.blob !== undefined) cells.blobs[at] = cell.blob;
  cells.others[at] = -cell.bigint;
  cells.length++;
};

/** All rows as a store would take them: by the place of a column, and its kind. */
const stored = (rows: ColumnRows): unknown[][] => {
  const all = rows.schema.columns.map((_, index) => rows.column(index));
  return Array.from({ length: rows.length }, (_, row) =>
    rows.schema.columns.map(({ kind }, index) =>
      kind === 'uuid'
        ? Array.from((all[index] as Uint32Array).subarray(row * 4, row * 4 + 4))
        : all[index][row],
    ),
  );
};

const expected = (cells: readonly Cell[]): unknown[][] =>
  cells.map(({ text, bigint, uuid, tinyint, integer, blob }) => [
    ...[text ?? '', bigint, uuid, tinyint, integer, blob ?? new Uint8Array(0), -bigint],
  ]);

const cellsOf = (all: readonly Cell[], capacity?: number): Cells => {
  const cells = new Cells(capacity);
  for (const cell of all) pushCell(cells, cell);
  return cells;
};

describe(`declared columns (seed ${seed})`, () => {
  const options = { seed, numRuns: runsOf(200) };

  it('are the schema of their table, in the order they were declared in', () => {
    expect(Cells.schema.columns.slice(0, 3)).toEqual([
      { name: 'text', kind: 'text' },
      { name: 'a_bigint', kind: 'bigint' },
      { name: 'uuid', kind: 'uuid' },
    ]);
    expect(Numbers.schema).toMatchObject({ name: 'numbers', formerName: 'figures' });
    expect(new Numbers().schema).toBe(Numbers.schema);
  });

  test('hold what was pushed, however often they grew', () =>
    fc.assert(
      fc.property(fc.array(cellArbitrary, { maxLength: 60 }), fc.nat(5), (all, capacity) => {
        expect(stored(cellsOf(all, capacity))).toEqual(expected(all));
      }),
      options,
    ));

  test('rows that are copied one by one, or as a run, are those of the other', () =>
    fc.assert(
      fc.property(
        fc.array(cellArbitrary, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(39), { maxLength: 60 }),
        fc.tuple(fc.nat(40), fc.nat(40)),
        (all, places, [a, b]) => {
          const others = cellsOf(all);
          const rows = places.map((place) => place % all.length);
          const [from, to] = [Math.min(a, b, all.length), Math.min(Math.max(a, b), all.length)];
          const cells = new Cells(1);
          for (const row of rows) cells.copyRow(others, row);
          cells.copyRows(others, from, to);
          cells.pushAll(others);
          const wanted = [...rows.map((row) => all[row]), ...all.slice(from, to), ...all];
          expect(stored(cells)).toEqual(expected(wanted));
        },
      ),
      options,
    ));

  test('of a batch that was read take its arrays, and go on growing', () =>
    fc.assert(
      fc.property(fc.array(cellArbitrary), fc.array(cellArbitrary), (before, behind) => {
        const read = cellsOf(before);
        const arrays = read.schema.columns.map((_, index) => read.column(index));
        const batch = {
          ...{ schema: read.schema, length: read.length },
          column: (at: number) => arrays[at],
        };
        const cells = new Cells(batch);
        expect(cells.bigints).toBe(arrays[1]);
        for (const cell of behind) pushCell(cells, cell);
        expect(stored(cells)).toEqual(expected([...before, ...behind]));
      }),
      options,
    ));

  test('made from items are a row for each of them', () =>
    fc.assert(
      fc.property(fc.array(cellArbitrary), (all) => {
        const cells = rowsFrom(Cells, all, {
          texts: ({ text = '' }) => text,
          bigints: ({ bigint }) => bigint,
          uuids: ({ uuid }) => uuid,
          tinyints: ({ tinyint }) => tinyint,
          integers: ({ integer }) => integer,
          blobs: ({ blob = new Uint8Array(0) }) => blob,
          others: ({ bigint }) => -bigint,
        });
        expect(stored(cells)).toEqual(expected(all));
      }),
      options,
    ));

  test('lie in one buffer, where another view of it finds them', () =>
    fc.assert(
      fc.property(fc.array(cellArbitrary, { maxLength: 20 }), fc.nat(7), (all, room) => {
        const capacity = all.length + room;
        const buffer = new SharedArrayBuffer(capacity * bytesPerRow(Numbers.schema));
        const written = new Numbers(columnsIn(Numbers.schema, buffer, capacity));
        all.forEach(({ tinyint, uuid, integer, bigint }, at) => {
          written.tinyints[at] = tinyint;
          written.uuids.set(uuid, at * 4);
          written.integers[at] = integer;
          written.bigints[at] = bigint;
        });
        const read = new Numbers(columnsIn(Numbers.schema, buffer, capacity));
        read.length = all.length;
        const wanted = all.map((cell) => [cell.tinyint, cell.uuid, cell.integer, cell.bigint]);
        expect(stored(read)).toEqual(wanted);
      }),
      options,
    ));

  it('are not kept under a name that all rows have', () => {
    for (const name of ['length', 'schema', 'column', 'capacity', 'constructor']) {
      expect(() => columns('wrong', { [name]: ['n', 'bigint'] })).toThrow(name);
    }
  });

  it('of texts do not lie in a buffer', () => {
    expect(bytesPerRow(Cells.schema)).toBeNaN();
  });

  it('of one table are found among batches, as they are or by their names', () => {
    const cells = cellsOf([]);
    const numbers = new Numbers(2);
    const plain = { schema: Numbers.schema, length: 0, column: (at: number) => numbers.column(at) };
    expect(rowsIn(Cells, [numbers, cells, plain])).toEqual([cells]);
    const found = rowsIn(Numbers, [numbers, cells, plain]);
    expect(found[0]).toBe(numbers);
    expect(found[1].bigints).toBe(numbers.bigints);
  });
});
