/**
 * Routing strategies: which bundles a neighbour is offered, in which order within their class, how many copies go
 * along, and what a held bundle is worth when room is short. The strategies: docs/protocol/routing.md.
 *
 * A strategy decides over ledger entries only, synchronously, and keeps its own bounded memory. It governs messages and
 * bulk. Certificates, receipts and presence are small and for everybody, so they spread epidemically whatever the
 * strategy; and whoever a bundle is for is always offered it. {@link Routing} sees to both, so no strategy has to.
 */
import type { SteadyMs } from '../base/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';

/** A neighbour as strategies see it. `id` is its proven NodeId, or the EID that a foreign node claims. */
export interface Neighbour {
  readonly id: string;
  readonly foreign: boolean;
}

/** What a strategy may know beside the entries that it is asked about. Nodes are named as in {@link Neighbour.id}. */
export interface MeshView {
  /** This node. */
  readonly self: string;
  readonly quotaBytes: number;
  /** The nodes that a bundle for this endpoint has arrived at, by what is known now: a person may have several, or none yet. */
  nodesOf(destination: string): readonly string[];
  /** How many nodes have been heard of, this one included. */
  population(): number;
  /** Everything held. */
  held(): Iterable<LedgerEntry>;
}

/** How a budget of copies is divided by one transfer. */
export interface HandOver {
  /** What the neighbour may hand out, its own copy included. */
  readonly along: number;
  /** What stays here; with 0 the bundle is only given to the one it is for. */
  readonly stay: number;
}

export interface RoutingStrategy {
  readonly name: string;
  onMeet(neighbour: Neighbour, now: SteadyMs): void;
  onPart(neighbour: Neighbour, now: SteadyMs): void;
  /** @returns whether this neighbour should get a copy, by what is known now; another answer later is welcome. */
  shouldOffer(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): boolean;
  /** The neighbour has acknowledged the bundle, or had it: it is on its disk. */
  onForwarded(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): void;
  /**
   * What the neighbour's strategy of the same name should know; {@link MAX_SUMMARY_BYTES} at most.
   *
   * @returns undefined when there is nothing to say.
   */
  summary?(neighbour: Neighbour, now: SteadyMs): Uint8Array | undefined;
  /**
   * What the neighbour's strategy of the same name says.
   *
   * @throws DecodeError for anything that no honest neighbour would say.
   */
  onSummary?(neighbour: Neighbour, summary: Uint8Array, now: SteadyMs): void;
  /** The order within a class: larger first; between equals the newest arrival. @default all equal */
  priority?(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): number;
  /** How many copies a bundle of one of our people may have in the mesh. @default not counted */
  budget?(): number;
  /** @returns undefined when the entry's copies do not allow for a transfer. Only asked where a budget is counted. */
  handOver?(entry: LedgerEntry, neighbour: Neighbour): HandOver | undefined;
  /** A bundle of others' that was handed over with its last copy need not stay here. @default false */
  readonly movesOn?: boolean;
  /** It never withholds anything from anybody. @default false */
  readonly offersAll?: boolean;
  /** What holding the entry is worth, by byte; comparable between entries, larger is better. @default the store's own rule */
  worth?(entry: LedgerEntry, now: SteadyMs): number;
  /** The memory that should outlive a restart, bounded. @returns undefined when it has not changed since it was last taken. */
  save?(): Uint8Array | undefined;
  /** Takes a saved memory over; bytes of another version are left alone. */
  restore?(saved: Uint8Array): void;
}

/** Makes a node's strategy, when the node starts. */
export type StrategyFactory = (mesh: MeshView) => RoutingStrategy;

/** Together with its head, a summary fits into one frame. */
export const MAX_SUMMARY_BYTES = 8 * 1024;

/** Whether strategies have a say: everything else goes to everybody. */
export function isGoverned(entry: Pick<LedgerEntry, 'class'>): boolean {
  return entry.class === BundleClass.Message || entry.class === BundleClass.Bulk;
}

/** Whether the neighbour is where the entry is going. */
export function isFor(mesh: MeshView, entry: LedgerEntry, neighbour: Neighbour): boolean {
  return mesh.nodesOf(entry.destination).includes(neighbour.id);
}

/**
 * Epidemic forwarding: everybody gets everything they lack (Vahdat and Becker, *Epidemic routing for partially
 * connected ad hoc networks*, Duke University CS-200006, 2000).
 */
export function epidemic(): RoutingStrategy {
  return {
    name: 'epidemic',
    offersAll: true,
    onMeet() {},
    onPart() {},
    shouldOffer: () => true,
    onForwarded() {},
  };
}

/** Negative when `a` goes before `b`. */
export type SendingOrder = (a: LedgerEntry, b: LedgerEntry) => number;

/** Most important first: class by class, and within a class the newest arrival first. */
export function sendingOrder(a: LedgerEntry, b: LedgerEntry): number {
  return a.class - b.class || b.seq - a.seq;
}
