/** A mark by name; undefined for one that does not count at the moment. */
type MarkOf = (name: string) => number | undefined;

/** Names that stand in it more than once are taken out when there are this many too many. */
const mostDoubles = 64;

/**
 * The least of many marks that nearly always rise: the marks of 2,000 feeds cost what those of two
 * do. A heap of what each mark was at least; only what is at its top is looked at again.
 */
export class LeastMark {
  #names: string[] = [];
  #least: number[] = [];
  /** What each name has in the heap; one that is not there is in no heap. */
  readonly #known = new Map<string, number>();

  constructor(
    private readonly markOf: MarkOf,
    names: Iterable<string>,
  ) {
    for (const name of names) this.lowered(name);
  }

  /** To be told of a name that is new, counts again, or whose mark may have become less. */
  lowered(name: string): void {
    const mark = this.markOf(name);
    if (mark === undefined || (this.#known.get(name) ?? Infinity) <= mark) return;
    this.#known.set(name, mark);
    this.#names.push(name);
    this.#least.push(mark);
    this.#up(this.#names.length - 1);
    if (this.#names.length > 2 * this.#known.size + mostDoubles) this.#rebuild();
  }

  /** The least mark of all that count; undefined when none does. */
  get value(): number | undefined {
    while (this.#names.length > 0) {
      const [name] = this.#names;
      const mark = this.markOf(name);
      if (mark === this.#least[0]) return mark;
      if (mark === undefined) this.#removeFirst();
      else {
        this.#known.set(name, mark);
        this.#least[0] = mark;
        this.#down();
      }
    }
    return undefined;
  }

  #removeFirst(): void {
    this.#known.delete(this.#names[0]);
    const [name, mark] = [this.#names.pop() as string, this.#least.pop() as number];
    if (this.#names.length === 0) return;
    this.#names[0] = name;
    this.#least[0] = mark;
    this.#down();
  }

  #rebuild(): void {
    const names = [...this.#known.keys()];
    this.#names = [];
    this.#least = [];
    this.#known.clear();
    for (const name of names) this.lowered(name);
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#least[parent] <= this.#least[at]) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #down(): void {
    const { length } = this.#names;
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= length) return;
      if (child + 1 < length && this.#least[child + 1] < this.#least[child]) child++;
      if (this.#least[at] <= this.#least[child]) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    [this.#names[a], this.#names[b]] = [this.#names[b], this.#names[a]];
    [this.#least[a], this.#least[b]] = [this.#least[b], this.#least[a]];
  }
}
