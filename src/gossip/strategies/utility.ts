/**
 * Replication by marginal utility, the RAPID and GBSD family (sources in `marginal-utility.ts`): what gains most by one
 * copy more goes first, what loses least by one copy less is dropped first, and what gains next to nothing stays.
 *
 * Rates come from meetings, ours and the ones that neighbours tell of; a node that was never met directly is reached at
 * the rate of the best way over one other. Copies come from what neighbours tell (RAPID's in-band control channel).
 */
import type { SteadyMs } from '../../base/index.js';
import { decodeCbor, encodeCbor } from '../../cbor/index.js';
import { BundleClass, type LedgerEntry } from '../../store/index.js';
import { BoundedMap } from '../bounded-map.js';
import type { MeshView, Neighbour, RoutingStrategy } from '../strategy.js';
import { CopyCounts } from './copy-counts.js';
import { gainOf, lossOf, type Outlook, type UtilityMetric } from './marginal-utility.js';
import { decodeMeetings, encodeMeetings, MeetingLog, type Meetings, meanRate, rateOf } from './meeting-log.js';
import { listOf } from './share.js';

export interface UtilityOptions {
  /** What is to be made good: the share delivered in time, or the mean delay. @default 'delay' */
  readonly metric?: UtilityMetric;
  /** The least gain worth a copy: in chance of delivery, or in the share of the remaining lifetime saved. @default 0 */
  readonly least?: number;
}

export const UTILITY_DEFAULTS = { metric: 'delay', least: 0 } as const;

/** Other nodes whose meetings are remembered, for the way over one other. */
const MAX_LOGS = 256;
const COUNTS_BYTES = 3_900;
const SAVED_VERSION = 1;

const NO_MEETINGS: Meetings = { observedMs: 0, total: 0, counts: new Map() };

export function utility(options: UtilityOptions = {}): (mesh: MeshView) => RoutingStrategy {
  return (mesh) => new Utility(mesh, options);
}

export class Utility implements RoutingStrategy {
  readonly name = 'utility';
  readonly #mesh: MeshView;
  readonly #options: Required<UtilityOptions>;
  readonly #log = new MeetingLog();
  readonly #others = new BoundedMap<string, Meetings>(MAX_LOGS);
  readonly #copies = new CopyCounts();
  /** Rates by node and destination node, and our own meetings: good for one moment, in which many entries are looked at. */
  readonly #rates = new Map<string, number>();
  #own = NO_MEETINGS;
  #freshAt = Number.NEGATIVE_INFINITY;
  #changed = false;

  constructor(mesh: MeshView, options: UtilityOptions = {}) {
    this.#mesh = mesh;
    this.#options = { ...UTILITY_DEFAULTS, ...options };
  }

  onMeet({ id }: Neighbour, now: SteadyMs): void {
    this.#log.onMeet(id, now);
    this.#freshAt = Number.NEGATIVE_INFINITY;
    this.#changed = true;
  }

  onPart({ id }: Neighbour, now: SteadyMs): void {
    this.#log.onPart(id, now);
  }

  shouldOffer(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): boolean {
    return this.#gain(entry, neighbour, now) >= this.#options.least;
  }

  priority(entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): number {
    return this.#gain(entry, neighbour, now) / entry.sizeBytes;
  }

  worth(entry: LedgerEntry, now: SteadyMs): number {
    this.#refresh(now);
    const own = this.#rateTo(this.#mesh.self, entry);
    return lossOf(this.#options.metric, this.#outlook(entry, own, now), own) / entry.sizeBytes;
  }

  onForwarded(entry: LedgerEntry): void {
    this.#copies.add(entry);
  }

  #gain(entry: LedgerEntry, { id }: Neighbour, now: SteadyMs): number {
    this.#refresh(now);
    const own = this.#rateTo(this.#mesh.self, entry);
    return gainOf(this.#options.metric, this.#outlook(entry, own, now), this.#rateTo(id, entry));
  }

  #refresh(now: SteadyMs): void {
    if (now === this.#freshAt) return;
    this.#freshAt = now;
    this.#own = this.#log.meetings(now);
    this.#rates.clear();
  }

  #outlook(entry: LedgerEntry, own: number, now: SteadyMs): Outlook {
    const copies = this.#copies.of(entry);
    const others = Math.max(1, this.#mesh.population() - 1);
    return {
      undelivered: Math.max(1 / others, 1 - (copies - 1) / others),
      remainingMs: entry.expiresAt - now,
      rate: own + (copies - 1) * meanRate(this.#own, this.#mesh.population()),
    };
  }

  /** How fast a node gets a bundle to where it is going, with all the nodes that serve its destination. */
  #rateTo(node: string, entry: LedgerEntry): number {
    const targets = this.#mesh.nodesOf(entry.destination);
    if (targets.length === 0) return meanRate(this.#meetingsOf(node), this.#mesh.population());
    return targets.reduce((sum, target) => sum + this.#rateBetween(node, target), 0);
  }

  #rateBetween(node: string, target: string): number {
    const pair = `${node} ${target}`;
    const known = this.#rates.get(pair);
    if (known !== undefined) return known;
    const rate = this.#bestRate(node, target);
    this.#rates.set(pair, rate);
    return rate;
  }

  /** Directly, or over one other: then the mean times of both steps add up. */
  #bestRate(node: string, target: string): number {
    const population = this.#mesh.population();
    const meetings = this.#meetingsOf(node);
    let best = rateOf(meetings, target, population);
    for (const [between, count] of meetings.counts) {
      const onward = between === target || count === 0 ? undefined : this.#others.get(between);
      if (onward === undefined || !onward.counts.has(target)) continue;
      const first = rateOf(meetings, between, population);
      const second = rateOf(onward, target, population);
      best = Math.max(best, (first * second) / (first + second));
    }
    return best;
  }

  #meetingsOf(node: string): Meetings {
    if (node === this.#mesh.self) return this.#own;
    return this.#others.get(node) ?? NO_MEETINGS;
  }

  /** [[observed ms, total, [[node, count], …]], [[bundle prefix, copies], …]] */
  summary(_: Neighbour, now: SteadyMs): Uint8Array {
    // A large message has hundreds of chunks, which would leave no room for anything else.
    const held = [...this.#mesh.held()].filter((entry) => entry.class === BundleClass.Message);
    return encodeCbor([encodeMeetings(this.#log.meetings(now), COUNTS_BYTES), this.#copies.encode(held, COUNTS_BYTES)]);
  }

  onSummary({ id }: Neighbour, summary: Uint8Array): void {
    const [meetings, copies] = listOf(decodeCbor(summary), 2);
    const decoded = decodeMeetings(meetings);
    this.#copies.take(copies);
    this.#others.set(id, decoded);
    this.#freshAt = Number.NEGATIVE_INFINITY;
  }

  save(): Uint8Array | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return encodeCbor([SAVED_VERSION, this.#log.save()]);
  }

  restore(saved: Uint8Array): void {
    const [version, log] = listOf(decodeCbor(saved), 2);
    if (version === SAVED_VERSION) this.#log.restore(log);
  }
}
