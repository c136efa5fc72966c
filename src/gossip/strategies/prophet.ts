/**
 * PRoPHET with the equations of its second version (RFC 6693 §2.1.2) and the forwarding strategy GRTR (§3.6): a
 * neighbour gets a copy when it is the likelier one to meet the destination.
 *
 * Predictabilities are kept for nodes; a bundle for a person goes by the best of the nodes that serve them.
 * Parameters, and where ours differ from the RFC's: docs/protocol/routing.md.
 */
import { later, type SteadyMs } from '../../base/index.js';
import { type CborValue, decodeCbor, encodeCbor } from '../../cbor/index.js';
import type { LedgerEntry } from '../../store/index.js';
import { BoundedMap } from '../bounded-map.js';
import { MAX_SUMMARY_BYTES, type MeshView, type Neighbour, type RoutingStrategy } from '../strategy.js';
import { badSummary, decodeName, encodeName, isTellable, nameBytes } from './names.js';
import { decodeShare, encodeShare, listOf } from './share.js';

export interface ProphetOptions {
  /** P_encounter_max. @default 0.7 */
  readonly encounterMax?: number;
  /** P_encounter_first. @default 0.5 */
  readonly encounterFirst?: number;
  /** P_first_threshold: a node below it counts as one that was never met, and is forgotten. @default 0.1 */
  readonly firstThreshold?: number;
  /** How much a predictability at second hand counts. @default 0.9 */
  readonly beta?: number;
  /** How much of a predictability is left after one time unit. @default 0.999 */
  readonly gamma?: number;
  /** Keeps predictabilities below 1. @default 0.01 */
  readonly delta?: number;
  /** I_typ: meetings closer together than this count for less. @default 30 */
  readonly typicalIntervalMin?: number;
  /** The time unit of ageing. @default 60 */
  readonly timeUnitS?: number;
}

export const PROPHET_DEFAULTS = {
  encounterMax: 0.7,
  encounterFirst: 0.5,
  firstThreshold: 0.1,
  beta: 0.9,
  gamma: 0.999,
  delta: 0.01,
  typicalIntervalMin: 30,
  timeUnitS: 60,
} as const;

/** Nodes whose predictability is kept, ours and a neighbour's. */
const MAX_NODES = 4096;
/** Neighbours whose tables are kept while they are here. */
const MAX_TABLES = 64;
const MAX_TOLD = 1024;
/** Two nodes that know of a third by the same way differ by what is rounded on the wire. */
const NO_DIFFERENCE = 4 / 0xffff;
const SAVED_VERSION = 1;

interface Predictability {
  readonly p: number;
  /** When `p` was right; it has aged since. */
  readonly at: SteadyMs;
  /** The last meeting, or undefined when it is known at second hand only. */
  readonly metAt: SteadyMs | undefined;
}

export function prophet(options: ProphetOptions = {}): (mesh: MeshView) => RoutingStrategy {
  return (mesh) => new Prophet(mesh, options);
}

export class Prophet implements RoutingStrategy {
  readonly name = 'prophet';
  readonly #mesh: MeshView;
  readonly #options: Required<ProphetOptions>;
  readonly #own = new BoundedMap<string, Predictability>(MAX_NODES);
  /** What neighbours that are here have said of themselves. */
  readonly #theirs = new BoundedMap<string, { readonly table: ReadonlyMap<string, number>; readonly at: SteadyMs }>(
    MAX_TABLES,
  );
  #changed = false;

  constructor(mesh: MeshView, options: ProphetOptions = {}) {
    this.#mesh = mesh;
    this.#options = { ...PROPHET_DEFAULTS, ...options };
  }

  /** P_(self, node) by now: aged by equation 2 of RFC 6693 §2.1.2. */
  predictability(node: string, now: SteadyMs): number {
    const known = this.#own.get(node);
    if (known === undefined) return 0;
    return this.#aged(known.p, known.at, now);
  }

  #aged(p: number, at: SteadyMs, now: SteadyMs): number {
    const { gamma, timeUnitS } = this.#options;
    return p * gamma ** (Math.max(0, now - at) / (timeUnitS * 1000));
  }

  /** Equation 1. A node met for the first time, or hardly known any more, starts at P_encounter_first. */
  onMeet({ id }: Neighbour, now: SteadyMs): void {
    const { encounterFirst, firstThreshold, delta } = this.#options;
    const before = this.predictability(id, now);
    const metAt = this.#own.get(id)?.metAt;
    const p =
      metAt === undefined || before < firstThreshold
        ? Math.max(before, encounterFirst)
        : before + Math.max(0, 1 - delta - before) * this.#encounter(now - metAt);
    this.#own.set(id, { p, at: now, metAt: now });
    this.#changed = true;
  }

  /** P_encounter: a link that drops and comes back at once is not a new meeting. */
  #encounter(intervalMs: number): number {
    const { encounterMax, typicalIntervalMin } = this.#options;
    return encounterMax * Math.min(1, Math.max(0, intervalMs) / (typicalIntervalMin * 60_000));
  }

  onPart({ id }: Neighbour): void {
    this.#theirs.delete(id);
  }

  /** The neighbour's predictability for the destination exceeds ours (GRTR). A stranger to the protocol has none. */
  shouldOffer(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): boolean {
    return this.#theirFor(entry, neighbour, now) > this.#ownFor(entry, now) + NO_DIFFERENCE;
  }

  /** The likeliest carrier's bundles first (GRTRMax). */
  priority(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): number {
    return this.#theirFor(entry, neighbour, now);
  }

  /** What we are least likely to deliver goes first (LEPR, RFC 6693 §3.7). */
  worth(entry: LedgerEntry, now: SteadyMs): number {
    return this.#ownFor(entry, now) / entry.sizeBytes;
  }

  onForwarded(): void {}

  #theirFor(entry: LedgerEntry, { id }: Neighbour, now: SteadyMs): number {
    const told = this.#theirs.get(id);
    if (told === undefined) return 0;
    const p = best(this.#mesh.nodesOf(entry.destination), (node) => told.table.get(node) ?? 0);
    return this.#aged(p, told.at, now);
  }

  #ownFor(entry: LedgerEntry, now: SteadyMs): number {
    return best(this.#mesh.nodesOf(entry.destination), (node) => this.predictability(node, now));
  }

  /** Our table, the largest predictabilities first: [[node, share], …]. */
  summary(_: Neighbour, now: SteadyMs): Uint8Array | undefined {
    const { firstThreshold } = this.#options;
    const rows: { node: string; p: number }[] = [];
    for (const [node] of this.#own.entries()) {
      const p = this.predictability(node, now);
      if (p >= firstThreshold && isTellable(node)) rows.push({ node, p });
    }
    rows.sort((a, b) => b.p - a.p || (a.node < b.node ? -1 : 1));
    const told: CborValue[] = [];
    let bytes = 3;
    for (const { node, p } of rows) {
      bytes += nameBytes(node) + 4;
      if (bytes > MAX_SUMMARY_BYTES || told.length === MAX_TOLD) break;
      told.push([encodeName(node), encodeShare(p)]);
    }
    return encodeCbor(told);
  }

  /** Equation 3: whom the neighbour is likely to meet, we are likely to reach through it. */
  onSummary(neighbour: Neighbour, summary: Uint8Array, now: SteadyMs): void {
    const table = decodeTable(summary);
    this.#theirs.set(neighbour.id, { table, at: now });
    const through = this.predictability(neighbour.id, now) * this.#options.beta;
    for (const [node, theirs] of table) {
      if (node === this.#mesh.self || node === neighbour.id) continue;
      const before = this.predictability(node, now);
      const p = through * theirs;
      if (p <= before || p < this.#options.firstThreshold) continue;
      this.#own.set(node, { p, at: now, metAt: this.#own.get(node)?.metAt });
      this.#changed = true;
    }
  }

  save(): Uint8Array | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const rows: CborValue[] = [];
    for (const [node, { p, at, metAt }] of this.#own.entries()) {
      if (isTellable(node))
        rows.push([encodeName(node), encodeShare(p), whole(at), metAt === undefined ? 0 : whole(metAt)]);
    }
    return encodeCbor([SAVED_VERSION, rows]);
  }

  restore(saved: Uint8Array): void {
    const [version, rows] = listOf(decodeCbor(saved), 2);
    if (version !== SAVED_VERSION) return;
    for (const row of listOf(rows, MAX_NODES)) {
      const [name, share, at, metAt] = listOf(row, 4);
      if (typeof at !== 'number' || typeof metAt !== 'number') throw badSummary('has no times');
      this.#own.set(decodeName(name), {
        p: decodeShare(share),
        at: at as SteadyMs,
        metAt: metAt === 0 ? undefined : (metAt as SteadyMs),
      });
    }
  }
}

function decodeTable(summary: Uint8Array): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (const row of listOf(decodeCbor(summary), MAX_TOLD)) {
    const [name, share] = listOf(row, 2);
    table.set(decodeName(name), decodeShare(share));
  }
  return table;
}

function best(nodes: readonly string[], value: (node: string) => number): number {
  return nodes.reduce((most, node) => Math.max(most, value(node)), 0);
}

/** Times are saved in whole milliseconds: our CBOR has no fractions. */
function whole(time: SteadyMs): number {
  return Math.max(1, Math.round(later(time, 0)));
}
