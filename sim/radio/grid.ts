/** Which nodes are near: a grid of cells, each with a linked list of its nodes. */

export class Grid {
  readonly cellM: number;
  readonly columns: number;
  readonly rows: number;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #cellOf: Int32Array;

  constructor(widthM: number, heightM: number, cellM: number, nodes: number) {
    this.cellM = cellM;
    this.columns = Math.max(1, Math.ceil(widthM / cellM));
    this.rows = Math.max(1, Math.ceil(heightM / cellM));
    this.#first = new Int32Array(this.columns * this.rows).fill(NONE);
    this.#next = new Int32Array(nodes).fill(NONE);
    this.#previous = new Int32Array(nodes).fill(NONE);
    this.#cellOf = new Int32Array(nodes).fill(NONE);
  }

  /** Outside of the world is the cell at its edge. */
  columnAt(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor(x / this.cellM)));
  }

  rowAt(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor(y / this.cellM)));
  }

  /** @returns the node's cell, or -1 before it was placed. */
  cellOf(node: number): number {
    return this.#cellOf[node] ?? NONE;
  }

  place(node: number, column: number, row: number): void {
    this.#remove(node);
    const cell = row * this.columns + column;
    const first = this.#first[cell] ?? NONE;
    this.#next[node] = first;
    this.#previous[node] = NONE;
    if (first !== NONE) this.#previous[first] = node;
    this.#first[cell] = node;
    this.#cellOf[node] = cell;
  }

  #remove(node: number): void {
    const cell = this.#cellOf[node] ?? NONE;
    if (cell === NONE) return;
    const next = this.#next[node] ?? NONE;
    const previous = this.#previous[node] ?? NONE;
    if (previous === NONE) this.#first[cell] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
  }

  /** Whether the two are in cells that touch, or in one. */
  areClose(node: number, other: number): boolean {
    return this.#touch(this.cellOf(node), this.cellOf(other));
  }

  /**
   * Writes the other nodes of the 3 × 3 cells around the node into `into`.
   *
   * @param except leaves out what was close to this cell already; -1 for none.
   * @returns how many.
   */
  around(node: number, except: number, into: number[]): number {
    const here = this.cellOf(node);
    const column = here % this.columns;
    const row = (here - column) / this.columns;
    let count = 0;
    for (let y = Math.max(0, row - 1); y <= Math.min(this.rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(this.columns - 1, column + 1); x++) {
        const cell = y * this.columns + x;
        if (except !== NONE && this.#touch(cell, except)) continue;
        let other = this.#first[cell] ?? NONE;
        for (; other !== NONE; other = this.#next[other] ?? NONE) if (other !== node) into[count++] = other;
      }
    }
    return count;
  }

  #touch(one: number, other: number): boolean {
    const columnOne = one % this.columns;
    const columnOther = other % this.columns;
    if (Math.abs(columnOne - columnOther) > 1) return false;
    return Math.abs((one - columnOne) / this.columns - (other - columnOther) / this.columns) <= 1;
  }
}

const NONE = -1;
