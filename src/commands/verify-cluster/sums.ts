import { grown } from '../../streaming/index.js';
import type { RowHash } from './row-hash.js';

/**
 * For each place (a shard and day, a bucket) how many rows it has, and two sums of their hashes
 * modulo 2^32: the same whatever the order of the rows. Two sets of rows with equal sums are equal
 * but for a chance of one in 2^64.
 */
export class Sums {
  readonly #indexes = new Map<number, number>();
  #counts = new Float64Array(16);
  #firsts = new Uint32Array(16);
  #seconds = new Uint32Array(16);
  #lastPlace = NaN;
  #lastIndex = 0;

  /** Rows of all places. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  places(): Iterable<number> {
    return this.#indexes.keys();
  }

  countOf(place: number): number {
    const index = this.#indexes.get(place);
    return index === undefined ? 0 : this.#counts[index];
  }

  add(place: number, hash: RowHash): void {
    const index = place === this.#lastPlace ? this.#lastIndex : this.#indexOf(place);
    this.#counts[index]++;
    this.#firsts[index] += hash.first;
    this.#seconds[index] += hash.second;
  }

  isSameAt(place: number, other: Sums): boolean {
    const [mine, its] = [this.#indexes.get(place), other.#indexes.get(place)];
    if (mine === undefined || its === undefined) {
      return this.countOf(place) === 0 && other.countOf(place) === 0;
    }
    return (
      this.#counts[mine] === other.#counts[its] &&
      this.#firsts[mine] === other.#firsts[its] &&
      this.#seconds[mine] === other.#seconds[its]
    );
  }

  #indexOf(place: number): number {
    let index = this.#indexes.get(place);
    if (index === undefined) {
      index = this.#indexes.size;
      if (index === this.#counts.length) this.#grow(index * 2);
      this.#indexes.set(place, index);
    }
    this.#lastPlace = place;
    this.#lastIndex = index;
    return index;
  }

  #grow(capacity: number): void {
    this.#counts = grown(this.#counts, capacity);
    this.#firsts = grown(this.#firsts, capacity);
    this.#seconds = grown(this.#seconds, capacity);
  }
}

/** Places whose rows are not the same in both, in order. */
export const differentPlaces = (one: Sums, other: Sums): number[] =>
  [...new Set([...one.places(), ...other.places()])]
    .filter((place) => !one.isSameAt(place, other))
    .sort((a, b) => a - b);

/** Rows that are held in memory at most while differences get their names. */
const mostNamedRows = 200_000;

/** Of some places those that are looked at row by row; the others are only told of. */
export const placesToName = (
  places: readonly number[],
  sums: readonly Sums[],
): { readonly named: ReadonlySet<number>; readonly more: number } => {
  const named = new Set<number>();
  let rows = 0;
  for (const place of places) {
    rows += sums.reduce((sum, each) => sum + each.countOf(place), 0);
    if (named.size > 0 && rows > mostNamedRows) break;
    named.add(place);
  }
  return { named, more: places.length - named.size };
};
