/**
 * MaxProp (Burgess, Gallagher, Jensen, Levine, *MaxProp: routing for vehicle-based disruption-tolerant networks*,
 * INFOCOM 2006): everybody gets everything, in an order that makes the most of a short meeting, and what is least likely
 * to arrive is dropped first.
 *
 * Each node keeps the likelihood of meeting each other node next, learns the others' by flooding, and takes the sum of
 * (1 − likelihood) along the best path as the cost of reaching a destination. Bundles that have made few hops go first,
 * up to a share of the store that follows from what a meeting usually carries. The paper's acknowledgements are our
 * receipts. Parameters and bounds: docs/protocol/routing.md.
 */
import { type CborValue, decodeCbor, encodeCbor } from '../../cbor/index.js';
import type { LedgerEntry } from '../../store/index.js';
import { BoundedMap } from '../bounded-map.js';
import { isGoverned, MAX_SUMMARY_BYTES, type MeshView, type Neighbour, type RoutingStrategy } from '../strategy.js';
import { decodeName, encodeName, isTellable, nameBytes } from './names.js';
import { countOf, decodeShare, encodeShare, listOf } from './share.js';
import { shortestCosts } from './shortest-costs.js';

/** Nodes whose likelihoods are kept, and how many of each. */
const MAX_VECTORS = 512;
const MAX_LIKELIHOODS = 512;
/** A likelihood below this share is as good as none, and is no longer told. */
const LEAST_LIKELIHOOD = 1e-4;
/** Shares are rounded on the wire, so a sum may exceed 1 a little. */
const MOST_SUM = 1.01;
const MAX_VERSION = Number.MAX_SAFE_INTEGER;
/** Above every order by cost: costs grow by at most 1 a hop. */
const HEAD_START = 1_000_000;
const UNREACHABLE_COST = 1_000;
const SAVED_VERSION = 1;

export interface Vector {
  /** The owner's count of its own meetings: the higher of two is the newer. */
  readonly version: number;
  /** Likelihoods of meeting these nodes next; they add up to 1 or less. */
  readonly next: ReadonlyMap<string, number>;
}

export function maxprop(mesh: MeshView): RoutingStrategy {
  return new MaxProp(mesh);
}

export class MaxProp implements RoutingStrategy {
  readonly name = 'maxprop';
  readonly #mesh: MeshView;
  #own: Vector = { version: 0, next: new Map() };
  readonly #others = new BoundedMap<string, Vector>(MAX_VECTORS);
  /** Versions told to neighbours, so that only news is told again. */
  readonly #told = new BoundedMap<string, Map<string, number>>(64);
  #meetings = 0;
  #bytesSent = 0;
  #costs: ReadonlyMap<string, number> | undefined;
  #hopThreshold = 0;
  #changed = false;

  constructor(mesh: MeshView) {
    this.#mesh = mesh;
  }

  /** Incremental averaging (§4.1): the node met gains 1, then all are scaled back to a sum of 1. */
  onMeet({ id }: Neighbour): void {
    const next = new Map<string, number>();
    for (const [node, likelihood] of this.#own.next) {
      if (likelihood / 2 >= LEAST_LIKELIHOOD) next.set(node, likelihood / 2);
    }
    next.set(id, (next.get(id) ?? 0) + (this.#own.next.size === 0 ? 1 : 0.5));
    this.#own = { version: this.#own.version + 1, next };
    this.#meetings += 1;
    this.#costs = undefined;
    this.#hopThreshold = this.#findThreshold();
    this.#changed = true;
  }

  onPart({ id }: Neighbour): void {
    this.#told.delete(id);
  }

  shouldOffer(): boolean {
    return true;
  }

  onForwarded(entry: LedgerEntry): void {
    this.#bytesSent += entry.sizeBytes;
  }

  /** The cost of the best path from here to the nearest node that serves the destination. */
  costTo(destination: string): number {
    this.#costs ??= shortestCosts(this.#mesh.self, (node) => this.#vectorOf(node)?.next);
    let least = UNREACHABLE_COST;
    for (const node of this.#mesh.nodesOf(destination)) least = Math.min(least, this.#costs.get(node) ?? least);
    return least;
  }

  /** Bundles with fewer hops than this go before all others. */
  get hopThreshold(): number {
    return this.#hopThreshold;
  }

  priority(entry: LedgerEntry): number {
    return entry.hops < this.#hopThreshold ? HEAD_START - entry.hops : -this.costTo(entry.destination);
  }

  /** The reverse of the sending order: of what has made its first hops, the costliest goes first. */
  worth(entry: LedgerEntry): number {
    return HEAD_START + this.priority(entry);
  }

  /**
   * §4.3: with x bytes carried by an average meeting and b bytes of store, p = x while x < b/2, min(x, b − x) while
   * x < b, and 0 above that. The threshold is the number of hops at which the bundles with fewer make up p bytes.
   */
  #findThreshold(): number {
    const average = this.#bytesSent / Math.max(1, this.#meetings);
    const room = this.#mesh.quotaBytes;
    const share = average < room / 2 ? average : Math.max(0, Math.min(average, room - average));
    const byHops: number[] = [];
    for (const entry of this.#mesh.held()) {
      if (isGoverned(entry)) byHops[entry.hops] = (byHops[entry.hops] ?? 0) + entry.sizeBytes;
    }
    let bytes = 0;
    for (let hops = 0; hops < byHops.length; hops++) {
      bytes += byHops[hops] ?? 0;
      if (bytes > share) return hops;
    }
    return byHops.length;
  }

  #vectorOf(node: string): Vector | undefined {
    return node === this.#mesh.self ? this.#own : this.#others.get(node);
  }

  /** Our vector, then the others that changed longest ago last: [[node, version, [node, share, node, share, …]], …]. */
  summary(neighbour: Neighbour): Uint8Array {
    const told = this.#told.get(neighbour.id) ?? new Map<string, number>();
    const rows: CborValue[] = [];
    let bytes = 3;
    const newestFirst = [...this.#others.entries()].reverse();
    for (const [node, vector] of [[this.#mesh.self, this.#own] as [string, Vector], ...newestFirst]) {
      if (node === neighbour.id || !isTellable(node) || (told.get(node) ?? -1) >= vector.version) continue;
      const pairs = tellable(vector);
      const size = nameBytes(node) + 12 + pairs.reduce((sum, [name]) => sum + nameBytes(name) + 3, 0);
      if (bytes + size > MAX_SUMMARY_BYTES || rows.length === MAX_VECTORS) continue;
      bytes += size;
      rows.push([encodeName(node), vector.version, pairs.flatMap(([name, share]) => [encodeName(name), share])]);
      told.set(node, vector.version);
    }
    this.#told.set(neighbour.id, told);
    return encodeCbor(rows);
  }

  onSummary(_: Neighbour, summary: Uint8Array): void {
    for (const { node, vector } of decodeVectors(decodeCbor(summary))) {
      if (node === this.#mesh.self || (this.#others.get(node)?.version ?? -1) >= vector.version) continue;
      this.#others.set(node, vector);
      this.#costs = undefined;
      this.#changed = true;
    }
  }

  save(): Uint8Array | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const rows = [[this.#mesh.self, this.#own] as [string, Vector], ...this.#others.entries()].flatMap(
      ([node, vector]): CborValue[] =>
        isTellable(node)
          ? [[encodeName(node), vector.version, tellable(vector).flatMap(([name, share]) => [encodeName(name), share])]]
          : [],
    );
    return encodeCbor([SAVED_VERSION, this.#meetings, Math.round(this.#bytesSent), rows]);
  }

  restore(saved: Uint8Array): void {
    const [version, meetings, bytesSent, rows] = listOf(decodeCbor(saved), 4);
    if (version !== SAVED_VERSION) return;
    for (const { node, vector } of decodeVectors(rows)) {
      if (node === this.#mesh.self) this.#own = vector;
      else this.#others.set(node, vector);
    }
    this.#meetings = countOf(meetings, MAX_VERSION);
    this.#bytesSent = countOf(bytesSent, MAX_VERSION);
    this.#costs = undefined;
  }
}

function tellable({ next }: Vector): (readonly [string, number])[] {
  const pairs: (readonly [string, number])[] = [];
  for (const [node, likelihood] of next) {
    const share = encodeShare(likelihood);
    if (share > 0 && isTellable(node) && pairs.length < MAX_LIKELIHOODS) pairs.push([node, share]);
  }
  return pairs;
}

/** @throws DecodeError `ERR_SUMMARY` */
function decodeVectors(value: CborValue | undefined): readonly { readonly node: string; readonly vector: Vector }[] {
  return listOf(value, MAX_VECTORS + 1).map((row) => {
    const [name, version, pairs] = listOf(row, 3);
    const flat = listOf(pairs, 2 * MAX_LIKELIHOODS);
    const next = new Map<string, number>();
    let sum = 0;
    for (let at = 0; at < flat.length; at += 2) {
      const likelihood = decodeShare(flat[at + 1]);
      next.set(decodeName(flat[at]), likelihood);
      sum += likelihood;
    }
    // Nobody is nearer to everybody than somebody who meets nobody else.
    if (sum > MOST_SUM) for (const [node, likelihood] of next) next.set(node, likelihood / sum);
    return { node: decodeName(name), vector: { version: countOf(version, MAX_VERSION), next } };
  });
}
