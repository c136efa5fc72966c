/**
 * The hosts with radios of one kind, by the cell that they are in.
 *
 * There are two truths about a host's cell. One is where it is; it serves to find who could be near. The other is where
 * it was when its radio was last updated, and since when: The ONE finds neighbours through that one, cell by cell and in
 * each in the order of arrival, so it decides in which order links come up.
 */
import type { Motions } from './motions.js';
import type { NumberList } from './number-list.js';

/** So many cells at most; a larger world is searched in coarser ones. */
const MAX_CELLS = 1_000_000;

export class RadioGrid {
  readonly name: string;
  readonly rangeM: number;
  /** By address: which of the host's radios is in this grid; −1 for none. */
  readonly radioOf: Int8Array;
  readonly members: number[] = [];
  /** The round in which the host last changed its cell. */
  readonly crossedIn: Int32Array;

  readonly #motions: Motions;
  readonly #cellM: number;
  readonly #row: Int32Array;
  readonly #column: Int32Array;
  readonly #coarseness: number;
  readonly #rows: number;
  readonly #columns: number;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #index: Int32Array;
  /** As of the last update of the host's radio. */
  readonly #knownRow: Int32Array;
  readonly #knownColumn: Int32Array;
  readonly #knownSince: Float64Array;
  #registrations = 0;

  constructor(name: string, rangeM: number, cellFactor: number, motions: Motions, extent: { x: number; y: number }) {
    this.name = name;
    this.rangeM = rangeM;
    this.#motions = motions;
    this.#cellM = Math.ceil(rangeM * cellFactor);
    let coarseness = 1;
    while ((extent.x / this.#cellM / coarseness + 1) * (extent.y / this.#cellM / coarseness + 1) > MAX_CELLS) {
      coarseness *= 2;
    }
    this.#coarseness = coarseness;
    this.#rows = Math.floor(extent.y / this.#cellM / coarseness) + 1;
    this.#columns = Math.floor(extent.x / this.#cellM / coarseness) + 1;
    this.#first = new Int32Array(this.#rows * this.#columns).fill(-1);
    const { count } = motions;
    this.radioOf = new Int8Array(count).fill(-1);
    this.crossedIn = new Int32Array(count);
    this.#row = new Int32Array(count);
    this.#column = new Int32Array(count);
    this.#next = new Int32Array(count);
    this.#previous = new Int32Array(count);
    this.#index = new Int32Array(count).fill(-1);
    this.#knownRow = new Int32Array(count);
    this.#knownColumn = new Int32Array(count);
    this.#knownSince = new Float64Array(count).fill(-1);
  }

  add(host: number, radio: number): void {
    this.members.push(host);
    this.radioOf[host] = radio;
  }

  /** Looks where the host is now. @returns whether it is in another cell than before */
  locate(host: number): boolean {
    const { round } = this.#motions;
    const slack = this.#motions.slackAfter(host, round);
    let row = this.#cellOf(this.#motions.yAfter(host, round), slack);
    let column = this.#cellOf(this.#motions.xAfter(host, round), slack);
    if (row < 0 || column < 0) {
      const { x, y } = this.#motions.exactAfter(host, round);
      row = Math.trunc(y / this.#cellM);
      column = Math.trunc(x / this.#cellM);
    }
    if (this.#index[host] !== -1 && row === this.#row[host] && column === this.#column[host]) return false;
    this.#row[host] = row;
    this.#column[host] = column;
    this.crossedIn[host] = round;
    this.#place(host, this.#coarse(row, this.#rows) * this.#columns + this.#coarse(column, this.#columns));
    return true;
  }

  /** −1 where the slack could make it another one. */
  #cellOf(coordinate: number, slack: number): number {
    const cells = coordinate / this.#cellM;
    if (Math.abs(cells - Math.round(cells)) * this.#cellM <= slack * 2) return -1;
    return Math.trunc(cells);
  }

  #coarse(cell: number, count: number): number {
    return Math.max(0, Math.min(Math.floor(cell / this.#coarseness), count - 1));
  }

  #place(host: number, index: number): void {
    const old = this.#index[host] as number;
    if (old === index) return;
    if (old !== -1) {
      const next = this.#next[host] as number;
      const previous = this.#previous[host] as number;
      if (previous >= 0) this.#next[previous] = next;
      else this.#first[old] = next;
      if (next >= 0) this.#previous[next] = previous;
    }
    const head = this.#first[index] as number;
    this.#next[host] = head;
    this.#previous[host] = -1;
    if (head >= 0) this.#previous[head] = host;
    this.#first[index] = host;
    this.#index[host] = index;
  }

  /** Everyone in the nine cells around the host, itself not included. */
  near(host: number, into: NumberList): void {
    const row = this.#coarse(this.#row[host] as number, this.#rows);
    const column = this.#coarse(this.#column[host] as number, this.#columns);
    const lastRow = Math.min(row + 1, this.#rows - 1);
    const lastColumn = Math.min(column + 1, this.#columns - 1);
    for (let r = Math.max(row - 1, 0); r <= lastRow; r++) {
      for (let c = Math.max(column - 1, 0); c <= lastColumn; c++) {
        for (
          let other = this.#first[r * this.#columns + c] as number;
          other >= 0;
          other = this.#next[other] as number
        ) {
          if (other !== host) into.push(other);
        }
      }
    }
  }

  /** The first round in which the host could be in another cell; Infinity when that is not on this leg. */
  nextCrossing(host: number): number {
    const { round } = this.#motions;
    const slack = this.#motions.slackAfter(host, round) + 1e-9;
    const across = this.#roundsToEdge(
      this.#motions.xAfter(host, round),
      this.#motions.dx(host),
      this.#column[host],
      slack,
    );
    const up = this.#roundsToEdge(this.#motions.yAfter(host, round), this.#motions.dy(host), this.#row[host], slack);
    const rounds = Math.min(across, up);
    return rounds === Number.POSITIVE_INFINITY ? rounds : round + Math.max(1, Math.ceil(rounds - 1e-6));
  }

  #roundsToEdge(coordinate: number, perRound: number, cell: number | undefined, slack: number): number {
    if (perRound === 0 || cell === undefined) return Number.POSITIVE_INFINITY;
    const edge = (perRound > 0 ? cell + 1 : cell) * this.#cellM;
    return (Math.abs(edge - coordinate) - slack) / Math.abs(perRound);
  }

  /** The host's radio is updated: from now on others find it where it is. */
  register(host: number): void {
    if (
      this.isKnown(host) &&
      this.#row[host] === this.#knownRow[host] &&
      this.#column[host] === this.#knownColumn[host]
    )
      return;
    this.#knownRow[host] = this.#row[host] as number;
    this.#knownColumn[host] = this.#column[host] as number;
    this.#knownSince[host] = this.#registrations++;
  }

  isKnown(host: number): boolean {
    return (this.#knownSince[host] as number) >= 0;
  }

  /** Whether the two are in the same cell. */
  shareCell(a: number, b: number): boolean {
    return this.#row[a] === this.#row[b] && this.#column[a] === this.#column[b];
  }

  /** Whether the host, looking around where it is, comes across the other one where that is known to be. */
  finds(host: number, other: number): boolean {
    if (!this.isKnown(other)) return false;
    const rows = (this.#knownRow[other] as number) - (this.#row[host] as number);
    const columns = (this.#knownColumn[other] as number) - (this.#column[host] as number);
    return rows >= -1 && rows <= 1 && columns >= -1 && columns <= 1;
  }

  /** The order in which a host comes across others: row by row, cell by cell, in each by arrival. */
  compareFound(a: number, b: number): number {
    return (
      (this.#knownRow[a] as number) - (this.#knownRow[b] as number) ||
      (this.#knownColumn[a] as number) - (this.#knownColumn[b] as number) ||
      (this.#knownSince[a] as number) - (this.#knownSince[b] as number)
    );
  }
}
