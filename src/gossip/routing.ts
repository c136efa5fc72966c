/**
 * The strategy of this node and what it withholds, neighbour by neighbour.
 *
 * What is withheld from a neighbour now may be offered to it later, in this session or another, though its cursor has
 * moved on. So it is remembered beside the cursor: the keys below that were withheld, per neighbour. Where that memory
 * is missing (after a restart, or when it grew too large and was given up), everything that the strategy governs is
 * considered once more, at the price of 8 bytes for each id that the neighbour turns out to have (docs/protocol/routing.md).
 */
import type { SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';
import { BoundedMap } from './bounded-map.js';
import { mayBeTriedAgain, type SendOutcome } from './offering.js';
import {
  type HandOver,
  isFor,
  isGoverned,
  MAX_SUMMARY_BYTES,
  type MeshView,
  type Neighbour,
  type RoutingStrategy,
} from './strategy.js';

/** What routing needs of the store, always as of now. */
export interface RoutingHome {
  readonly strategy: RoutingStrategy;
  readonly mesh: MeshView;
  /** The entry, once it is on disk. */
  entry(key: BundleKey): LedgerEntry | undefined;
  /** Entries on disk with a higher arrival number. */
  committedSince(seq: number): readonly LedgerEntry[];
  /** Whether it has arrived here, and is held only until it can be used. @default never */
  awaits?(entry: LedgerEntry): boolean;
}

/** Neighbours whose withheld entries are remembered; the one that left longest ago is forgotten first. */
const MAX_NEIGHBOURS = 256;
/** Withheld entries remembered for one neighbour. With more than that, all are considered anew at each meeting. */
const MAX_WITHHELD = 16_384;
/** A neighbour's summary is taken this often at most: each costs a pass over what is withheld from it. */
const SUMMARY_GAP_MS = 60_000;
/** Neighbours that stay hear of changes this often. */
const SUMMARY_REPEAT_MS = 600_000;

/** Copies on their way whose transfer's outcome is open; past this the ones longest on their way are given up. */
const MAX_SET_ASIDE = 16_384;

interface SetAside {
  readonly along: number;
  /** Sent more than once: a refusal does not say that none of them arrived. */
  readonly again: boolean;
}

interface Standing {
  links: number;
  /** With arrival numbers. */
  readonly withheld: Map<BundleKey, number>;
  /** Whether everything withheld is in `withheld`: false after a restart, and after an overflow. */
  complete: boolean;
  /** The lowest arrival number that was withheld and is no longer in `withheld`, since an overflow. */
  lowestLost: number;
  /** How far a foreign node was pushed our bundles while this was watched. */
  pushedTo: number | undefined;
  /** Offered in this session though it was withheld before; it stays remembered until the neighbour surely has it. */
  readonly reoffered: Set<BundleKey>;
  /** By {@link orderedBy}. */
  readonly priorities: Map<string, number>;
  /** Of what is offered, what has arrived when the neighbour has it. */
  readonly arriving: Set<BundleKey>;
  heardAt: number;
  toldAt: number;
}

export class Routing {
  readonly #home: RoutingHome;
  /** By name; the one touched longest ago first. */
  readonly #standings = new Map<string, Standing>();

  /** Copies that were taken off for one neighbour, by {@link placeOf}: it may have them, or will get them. */
  readonly setAside = new BoundedMap<string, SetAside>(MAX_SET_ASIDE);

  constructor(home: RoutingHome) {
    this.#home = home;
  }

  get strategy(): RoutingStrategy {
    return this.#home.strategy;
  }

  /** A session is open. */
  meet(neighbour: Neighbour, now: SteadyMs): void {
    const standing = this.#standing(neighbour);
    standing.links += 1;
    this.strategy.onMeet(neighbour, now);
  }

  part(neighbour: Neighbour, now: SteadyMs): void {
    const standing = this.#standing(neighbour);
    standing.links = Math.max(0, standing.links - 1);
    if (standing.links === 0) {
      standing.reoffered.clear();
      standing.priorities.clear();
      standing.arriving.clear();
      standing.heardAt = Number.NEGATIVE_INFINITY;
      standing.toldAt = Number.NEGATIVE_INFINITY;
    }
    this.strategy.onPart(neighbour, now);
    this.#forgetSome();
  }

  /** Whether all that was ever withheld from the neighbour is remembered; else its store has to be compared with ours. */
  remembers(neighbour: Neighbour): boolean {
    return this.strategy.offersAll === true || (this.#standings.get(neighbour.id)?.complete ?? false);
  }

  /** A comparison of stores broke off: what it would have found withheld is not remembered. */
  interrupted(neighbour: Neighbour): void {
    this.#standing(neighbour).complete = false;
  }

  /** @returns what of these the neighbour should be offered now; the rest is remembered. */
  select(neighbour: Neighbour, entries: readonly LedgerEntry[], now: SteadyMs): readonly LedgerEntry[] {
    const standing = this.#standing(neighbour);
    return entries.filter((entry) => {
      if (this.#offers(standing, entry, neighbour, now)) {
        standing.withheld.delete(entry.key);
        return true;
      }
      this.#remember(standing, entry);
      return false;
    });
  }

  /**
   * What was withheld from the neighbour at or below its cursor, and should be offered now. When a session opens this
   * comes before {@link select}, which then knows whether anything older is missing from the memory.
   *
   * @param since everything above this number goes through {@link select} anyway.
   */
  reconsider(neighbour: Neighbour, since: number, now: SteadyMs): readonly LedgerEntry[] {
    const standing = this.#standing(neighbour);
    const offered: LedgerEntry[] = [];
    for (const entry of this.#withheldUpTo(standing, since)) {
      if (standing.reoffered.has(entry.key) || !this.#offers(standing, entry, neighbour, now)) continue;
      standing.reoffered.add(entry.key);
      offered.push(entry);
    }
    return offered;
  }

  #withheldUpTo(standing: Standing, since: number): readonly LedgerEntry[] {
    if (!standing.complete) {
      // Where stores are compared there is nothing below a cursor, and some strategies never withhold anything.
      const below = since === 0 || this.strategy.offersAll ? [] : this.#home.committedSince(0);
      const candidates = below.filter((entry) => entry.seq <= since && isGoverned(entry));
      standing.complete = true;
      standing.lowestLost = Number.POSITIVE_INFINITY;
      for (const entry of candidates) this.#remember(standing, entry);
      return candidates;
    }
    const entries: LedgerEntry[] = [];
    for (const key of standing.withheld.keys()) {
      const entry = this.#home.entry(key);
      if (entry === undefined) standing.withheld.delete(key);
      else if (entry.seq <= since) entries.push(entry);
    }
    return entries;
  }

  /** The neighbour has it, or will never take it: it need not be offered again. */
  settled(neighbour: Neighbour, key: BundleKey): void {
    this.#standing(neighbour).withheld.delete(key);
    if (this.setAside.size > 0) this.setAside.delete(placeOf(key, neighbour));
  }

  /** Whether the neighbour may lack it because the strategy keeps it back, though all it was to get was offered. */
  mayWithhold({ id }: Neighbour, key: BundleKey): boolean {
    const standing = this.#standings.get(id);
    return standing?.complete !== true || standing.withheld.has(key);
  }

  /** What was to be sent there was sent, or not. */
  onOutcome(neighbour: Neighbour, key: BundleKey, outcome: SendOutcome): void {
    const standing = this.#standing(neighbour);
    if (outcome === 'withheld') {
      standing.reoffered.delete(key);
      const entry = this.#home.entry(key);
      if (entry !== undefined) this.#remember(standing, entry);
    } else if (!mayBeTriedAgain(outcome)) {
      standing.withheld.delete(key);
    }
  }

  /**
   * How far a foreign node has been pushed our bundles, beside what was withheld from it; undefined where that is not
   * known any more. It has no ids to compare, so a push that is repeated costs whole bundles.
   */
  pushedTo(neighbour: Neighbour): number | undefined {
    return this.#standing(neighbour).pushedTo;
  }

  /** @returns the number to remember on disk: what was withheld above it would be lost with our memory. */
  setPushedTo(neighbour: Neighbour, seq: number): number {
    const standing = this.#standing(neighbour);
    if (standing.complete) standing.pushedTo = seq;
    return Math.min(seq, lowestOf(standing) - 1);
  }

  /** What the neighbour's strategy is to be told, if it is time for that. */
  summary(neighbour: Neighbour, now: SteadyMs): { readonly name: string; readonly summary: Uint8Array } | undefined {
    const standing = this.#standing(neighbour);
    if (neighbour.foreign || now - standing.toldAt < SUMMARY_REPEAT_MS) return undefined;
    standing.toldAt = now;
    const summary = this.strategy.summary?.(neighbour, now);
    if (summary === undefined || summary.length > MAX_SUMMARY_BYTES) return undefined;
    return { name: this.strategy.name, summary };
  }

  /**
   * The neighbour's strategy says something. Another strategy's words, and words too soon after the last, pass unheard.
   *
   * @throws DecodeError for anything that no honest neighbour would say.
   */
  onSummary(neighbour: Neighbour, name: string, summary: Uint8Array, now: SteadyMs): void {
    const standing = this.#standing(neighbour);
    if (name !== this.strategy.name || now - standing.heardAt < SUMMARY_GAP_MS) return;
    standing.heardAt = now;
    this.strategy.onSummary?.(neighbour, summary, now);
  }

  /** The copies that a new bundle of one of our people starts with; undefined when they are not counted. */
  budget(entry: Pick<LedgerEntry, 'class'>): number | undefined {
    return isGoverned(entry) ? this.strategy.budget?.() : undefined;
  }

  /** The copies that a bundle brings along. One that says nothing of them is for its recipient only. */
  broughtAlong(entry: Pick<LedgerEntry, 'class'>, copies: number | undefined): number | undefined {
    return this.strategy.budget === undefined || !isGoverned(entry) ? undefined : Math.max(1, copies ?? 1);
  }

  /** How the copies are divided if the entry is sent there now; undefined when it must not be. */
  handOver(entry: LedgerEntry, neighbour: Neighbour): HandOver | 'uncounted' | undefined {
    const { strategy, mesh } = this.#home;
    if (strategy.handOver === undefined || !isGoverned(entry)) return 'uncounted';
    // Whoever it is for needs no budget, and leaves ours as it is.
    if (isFor(mesh, entry, neighbour)) return { along: 1, stay: entry.copies ?? 1 };
    return strategy.handOver(entry, neighbour);
  }

  /**
   * Most important first: certificates, receipts, messages for the neighbour itself, presence, other messages, bulk for
   * the neighbour itself, other bulk (architecture §5); then by the strategy, then the newest arrival.
   *
   * Bulk for one endpoint is the parts of one message, and half of it is worth nothing. So one is sent after the other, and
   * the parts of each in an order of its own for every neighbour: two of them that were cut off in the middle then have
   * different parts, which the recipient collects from both. An order by rarity would need to know who has what; at
   * random comes close to it.
   */
  order(neighbour: Neighbour): (a: LedgerEntry, b: LedgerEntry) => number {
    const { priorities, arriving } = this.#standing(neighbour);
    const shuffle = shuffleFor(neighbour);
    const rank = (entry: LedgerEntry): number => {
      if (entry.class === BundleClass.Message) return arriving.has(entry.key) ? entry.class : OTHERS_MESSAGES;
      return entry.class === BundleClass.Bulk && arriving.has(entry.key) ? ARRIVING_BULK : entry.class;
    };
    const priority = (entry: LedgerEntry): number => priorities.get(orderedBy(entry)) ?? 0;
    return (a, b) => {
      const byRank = arriving.size === 0 && a.class === b.class ? 0 : rank(a) - rank(b);
      const byImportance = byRank || (priorities.size === 0 ? 0 : priority(b) - priority(a));
      if (byImportance !== 0 || a.class !== BundleClass.Bulk) return byImportance || b.seq - a.seq;
      if (a.destination !== b.destination) return a.destination < b.destination ? -1 : 1;
      return shuffle(a.key) - shuffle(b.key) || b.seq - a.seq;
    };
  }

  #offers(standing: Standing, entry: LedgerEntry, neighbour: Neighbour, now: SteadyMs): boolean {
    if (!isGoverned(entry)) return true;
    const { strategy, mesh } = this.#home;
    const arrives = isFor(mesh, entry, neighbour);
    if (arrives) standing.arriving.add(entry.key);
    else if (this.#home.awaits?.(entry) === true) return false;
    const offers = arrives || (this.setAside.size > 0 && this.setAside.has(placeOf(entry.key, neighbour)));
    if (!offers && !strategy.shouldOffer(entry, neighbour, now)) return false;
    const priority = strategy.priority?.(entry, neighbour, now);
    if (priority !== undefined) putFirst(standing.priorities, orderedBy(entry), priority);
    return true;
  }

  #remember(standing: Standing, { key, seq }: LedgerEntry): void {
    if (standing.complete) standing.withheld.set(key, seq);
    else standing.lowestLost = Math.min(standing.lowestLost, seq);
    if (standing.withheld.size <= MAX_WITHHELD) return;
    standing.lowestLost = lowestOf(standing);
    standing.withheld.clear();
    standing.complete = false;
    standing.pushedTo = undefined;
  }

  #standing({ id }: Neighbour): Standing {
    const known = this.#standings.get(id);
    if (known !== undefined) {
      this.#standings.delete(id);
      this.#standings.set(id, known);
      return known;
    }
    const standing: Standing = {
      links: 0,
      withheld: new Map(),
      complete: false,
      lowestLost: Number.POSITIVE_INFINITY,
      pushedTo: undefined,
      reoffered: new Set(),
      priorities: new Map(),
      arriving: new Set(),
      heardAt: Number.NEGATIVE_INFINITY,
      toldAt: Number.NEGATIVE_INFINITY,
    };
    this.#standings.set(id, standing);
    return standing;
  }

  #forgetSome(): void {
    for (const [id, { links }] of this.#standings) {
      if (this.#standings.size <= MAX_NEIGHBOURS) return;
      if (links === 0) this.#standings.delete(id);
    }
  }
}

function lowestOf({ withheld, lowestLost }: Standing): number {
  let lowest = lowestLost;
  for (const seq of withheld.values()) lowest = Math.min(lowest, seq);
  return lowest;
}

/** A bundle on its way to a neighbour. */
export function placeOf(key: BundleKey, { id }: Neighbour): string {
  return `${key} ${id}`;
}

/** Between presence and bulk. */
const OTHERS_MESSAGES = BundleClass.Presence + (BundleClass.Bulk - BundleClass.Presence) / 3;
const ARRIVING_BULK = BundleClass.Presence + ((BundleClass.Bulk - BundleClass.Presence) * 2) / 3;

/** The parts of one message have one priority: that of the first to be looked at. */
function orderedBy({ class: bundleClass, key, destination }: LedgerEntry): string {
  return bundleClass === BundleClass.Bulk ? destination : key;
}

function putFirst(priorities: Map<string, number>, by: string, priority: number): void {
  if (!priorities.has(by)) priorities.set(by, priority);
}

/** A place for every key in an order that looks random and depends on the neighbour: the finaliser of MurmurHash3. */
function shuffleFor({ id }: Neighbour): (key: BundleKey) => number {
  let seed = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) seed = Math.imul(seed ^ id.charCodeAt(i), 0x01000193);
  return (key) => {
    let mixed = Number.parseInt(key.slice(0, 8), 16) ^ seed;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}
