/**
 * Two stores that know nothing of each other find out what each lacks (docs/protocol/gossip.md, *Ranges*): class by class,
 * newest first, stretches of the timeline whose fingerprints differ are cut into eight, until one side lists what it has.
 *
 * | a stretch of theirs | is answered with | when |
 * | --- | --- | --- |
 * | fingerprint | nothing | ours is the same |
 * | fingerprint | eight fingerprints of ours within it | we hold more there than a list should have |
 * | fingerprint | a list of what we hold there | otherwise |
 * | list | an answer to each id, and offers of what it lacks | always |
 *
 * Stateless but for what is still to be answered: each frame is understood by itself. What a neighbour can make us do is
 * bounded by what we hold.
 */
import { DecodeError } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import {
  BundleClass,
  difference,
  type LedgerEntry,
  NEWEST,
  OLDEST,
  type TimeBound,
  type Timeline,
  timeOf,
} from '../store/index.js';
import type { GossipFrame } from './frames.js';
import { MAX_LISTED, type RangesFrame } from './range-frames.js';
import { boundBetween, narrowed, type RangeItem } from './range-items.js';
import { LISTED_ID_BYTES, type ListedNumber, type SessionIds } from './session-ids.js';

export const CLASSES = [
  BundleClass.Certificate,
  BundleClass.Receipt,
  BundleClass.Message,
  BundleClass.Presence,
  BundleClass.Bulk,
] as const;

/** Into so many parts a stretch is cut. */
const BRANCHES = 8;
/** A stretch in which we hold no more is listed. */
const LEAF = 8;
/** The first frame's newest stretch has no more; each one behind it is four times as long. */
const FIRST_STRETCH = 128;
const FIRST_GROWTH = 4;
/** Frames of ranges, and lists, that wait for their answer. */
const MAX_UNANSWERED = 16;
const MAX_LISTS = 16;
/** A frame is closed when it may have so many bytes: one stretch more still fits into the largest. */
const FULL_BYTES = 7_000;
/** The most that an item takes, but for ids and the beginning of a key. */
const ITEM_BYTES = 16;
/** What anybody may have us look at; beyond it, it depends on how much we hold. */
const FREE_WORK = 65_536;
const WORK_PER_ENTRY = 4;

/** A stretch that differs and is still to be answered. */
interface Stretch {
  readonly class: BundleClass;
  readonly from: TimeBound;
  readonly to: TimeBound;
  /** The frame in which they spoke of it. */
  readonly frame: number;
}

export interface ComparingHome {
  timeline(bundleClass: BundleClass): Timeline;
  /** On disk, and not merely decided. */
  holds(key: BundleKey): boolean;
  /** Registers the entries as offered, in this order. @returns the batch's number. */
  list(bundleClass: BundleClass, entries: readonly LedgerEntry[]): number;
  /** Lists that were not answered yet. */
  openLists(): number;
}

/** What their list says. */
export interface ListComparison {
  /** In the frame's order: the ids that we do not hold there; undefined for those that we do. */
  readonly ids: readonly (ListedNumber | undefined)[];
  /** What we hold there and they did not list. */
  readonly theyLack: readonly LedgerEntry[];
}

export class Comparing {
  readonly #home: ComparingHome;
  readonly #ids: SessionIds;
  /** In the order of importance, the next one last. */
  #stretches: Stretch[] = [];
  #sorted = true;
  /** Frames of theirs with stretches that are not answered: number → how many. */
  readonly #open = new Map<number, number>();
  #received = 0;
  #saidAnswered = 0;
  #sent = 0;
  #answered = 0;
  /** Of each of our frames. */
  readonly #sentClasses: BundleClass[] = [];
  readonly #begun = new Set<BundleClass>();
  #work = 0;

  /** @param leads whether this side speaks first. */
  constructor(home: ComparingHome, ids: SessionIds, leads: boolean) {
    this.#home = home;
    this.#ids = ids;
    if (!leads) return;
    for (const bundleClass of CLASSES) {
      this.#begun.add(bundleClass);
      this.#stretches.push({ class: bundleClass, from: NEWEST, to: OLDEST, frame: 0 });
    }
    this.#sorted = false;
  }

  /** Everything that we hold and they lack has been found out. */
  get isOver(): boolean {
    return this.#begun.size === CLASSES.length && this.#stretches.length === 0 && this.#sent === this.#answered;
  }

  /** The most important class of which something may still come to light. */
  get openClass(): BundleClass | undefined {
    if (this.isOver) return undefined;
    this.#sort();
    const unbegun = CLASSES.find((bundleClass) => !this.#begun.has(bundleClass)) ?? BundleClass.Bulk;
    const unanswered = this.#sentClasses.slice(this.#answered);
    return Math.min(unbegun, this.#stretches.at(-1)?.class ?? unbegun, ...unanswered);
  }

  /** @throws DecodeError when it is out of turn, beyond all bounds, or answers what was never said. */
  onRanges(frame: RangesFrame): void {
    if (frame.answered < this.#answered || frame.answered > this.#sent) throw refuse('answer what was never said');
    if (frame.ranges === undefined) {
      this.#answered = frame.answered;
      return;
    }
    if (this.isOver) throw refuse('come out of turn');
    this.#received += 1;
    if (this.#received - this.#answeredOfTheirs() > MAX_UNANSWERED) throw refuse('come faster than their answers');
    const { class: bundleClass, items } = frame.ranges;
    this.#begun.add(bundleClass);
    const differing = this.#differing(bundleClass, items);
    this.#answered = frame.answered;
    if (differing.length === 0) return;
    this.#open.set(this.#received, differing.length);
    this.#stretches.push(...differing);
    this.#sorted = false;
  }

  #differing(bundleClass: BundleClass, items: readonly RangeItem[]): readonly Stretch[] {
    const timeline = this.#home.timeline(bundleClass);
    this.#spend(items.length);
    const differing: Stretch[] = [];
    let from = NEWEST;
    let before = timeline.before(from);
    for (const item of items) {
      const upTo = timeline.before(item.to);
      if (item.mode === 'ids') throw refuse('list ids');
      if (item.mode === 'fingerprint') {
        const ours = narrowed(this.#ids.fingerprint(difference(upTo, before)), item.wide);
        if (ours !== item.fingerprint) {
          differing.push({ class: bundleClass, from, to: item.to, frame: this.#received });
        }
      }
      from = item.to;
      before = upTo;
    }
    return differing;
  }

  /** @throws DecodeError when it is out of turn or beyond all bounds. */
  onList(bundleClass: BundleClass, items: readonly RangeItem[]): ListComparison {
    if (this.isOver) throw refuse('come out of turn');
    this.#begun.add(bundleClass);
    const timeline = this.#home.timeline(bundleClass);
    const ids: (ListedNumber | undefined)[] = [];
    const theyLack: LedgerEntry[] = [];
    let from = NEWEST;
    for (const item of items) {
      if (item.mode === 'fingerprint') throw refuse('mix lists and fingerprints');
      if (item.mode === 'ids') {
        const first = timeline.before(from).count;
        const behind = timeline.before(item.to).count;
        this.#spend(1 + behind - first);
        this.#match(timeline.slice(first, behind), item.ids, ids, theyLack);
      }
      from = item.to;
    }
    return { ids, theyLack };
  }

  #match(
    ours: readonly LedgerEntry[],
    theirs: readonly ListedNumber[],
    ids: (ListedNumber | undefined)[],
    theyLack: LedgerEntry[],
  ): void {
    if (theirs.length === 0) {
      for (const entry of ours) theyLack.push(entry);
      return;
    }
    const unmatched = new Map(ours.map((entry) => [this.#ids.listed(entry.key), entry]));
    for (const id of theirs) ids.push(unmatched.delete(id) ? undefined : id);
    for (const entry of unmatched.values()) theyLack.push(entry);
  }

  /** @returns what can be said now, the most important first. */
  advance(): GossipFrame[] {
    const frames = new FrameBuilder(this.#home, this.#ids, (bundleClass) => {
      this.#sent += 1;
      this.#sentClasses.push(bundleClass);
    });
    this.#sort();
    while (this.#sent + frames.pending - this.#answered < MAX_UNANSWERED && this.#home.openLists() < MAX_LISTS) {
      const stretch = this.#stretches.pop();
      if (stretch === undefined) break;
      this.#answer(stretch, frames);
      const left = (this.#open.get(stretch.frame) ?? 1) - 1;
      if (left === 0) this.#open.delete(stretch.frame);
      else this.#open.set(stretch.frame, left);
    }
    return this.#acknowledging(frames.finish());
  }

  #answer(stretch: Stretch, frames: FrameBuilder): void {
    const timeline = this.#home.timeline(stretch.class);
    const first = timeline.before(stretch.from).count;
    const count = timeline.before(stretch.to).count - first;
    const wide = stretch.frame === 0;
    if (count <= LEAF) frames.list(stretch, timeline.slice(first, first + count));
    else frames.cut(stretch, timeline, { first, count, cuts: wide ? firstCuts(count) : evenCuts(count), wide });
  }

  /** Says how many of their frames are answered, in the last frame that goes out, or in one of its own. */
  #acknowledging(frames: GossipFrame[]): GossipFrame[] {
    const answered = this.#answeredOfTheirs();
    const said = frames.map((frame) => (frame.kind === 'ranges' ? { ...frame, answered: this.#saidAnswered } : frame));
    if (answered === this.#saidAnswered) return said;
    this.#saidAnswered = answered;
    const last = said.at(-1);
    if (last?.kind === 'ranges') said[said.length - 1] = { ...last, answered };
    else said.push({ kind: 'ranges', answered });
    return said;
  }

  /** All of their frames up to this one. */
  #answeredOfTheirs(): number {
    let first = this.#received + 1;
    for (const frame of this.#open.keys()) first = Math.min(first, frame);
    return first - 1;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#stretches.sort(
      (a, b) => b.class - a.class || a.from.time - b.from.time || (a.from.prefix > b.from.prefix ? -1 : 1),
    );
    this.#sorted = true;
  }

  #spend(work: number): void {
    this.#work += work;
    const held = CLASSES.reduce((sum, bundleClass) => sum + this.#home.timeline(bundleClass).size, 0);
    if (this.#work > FREE_WORK + WORK_PER_ENTRY * held) throw refuse('have no end');
  }
}

/** Ranks at which the first look cuts: finer where the news are. */
function firstCuts(count: number): readonly number[] {
  const cuts: number[] = [];
  for (let rank = count; rank > FIRST_STRETCH; ) {
    rank = Math.ceil(rank / FIRST_GROWTH);
    cuts.unshift(rank);
  }
  return cuts;
}

function evenCuts(count: number): readonly number[] {
  const parts = Math.min(BRANCHES, Math.ceil(count / LEAF));
  return Array.from({ length: parts - 1 }, (_, part) => Math.round(((part + 1) * count) / parts));
}

function refuse(what: string): DecodeError {
  return new DecodeError('ERR_GOSSIP_RANGE', `the neighbour's ranges ${what}`, 0);
}

/** Puts answers to stretches into as few frames as may be: one class each, of bounded size. */
class FrameBuilder {
  readonly #home: ComparingHome;
  readonly #ids: SessionIds;
  readonly #onRanges: (bundleClass: BundleClass) => void;
  readonly #frames: GossipFrame[] = [];
  #class: BundleClass | undefined;
  #ranges: RangeItem[] = [];
  #rangesBytes = 0;
  #rangesTo = NEWEST;
  #lists: (
    | Extract<RangeItem, { mode: 'skip' }>
    | { readonly mode: 'ids'; readonly to: TimeBound; readonly ids: ListedNumber[] }
  )[] = [];
  #listsBytes = 0;
  #listsTo = NEWEST;
  #listed: LedgerEntry[] = [];

  constructor(home: ComparingHome, ids: SessionIds, onRanges: (bundleClass: BundleClass) => void) {
    this.#home = home;
    this.#ids = ids;
    this.#onRanges = onRanges;
  }

  /** Frames of ranges that are begun and not finished. */
  get pending(): number {
    return this.#ranges.length > 0 ? 1 : 0;
  }

  list(stretch: Stretch, entries: readonly LedgerEntry[]): void {
    this.#begin(stretch.class);
    // What is not on disk yet is offered when it is.
    const stored = entries.filter((entry) => this.#home.holds(entry.key));
    const ids = stored.map((entry) => this.#ids.listed(entry.key));
    const last = this.#lists.at(-1);
    if (last?.mode === 'ids' && isSame(last.to, stretch.from)) {
      this.#lists[this.#lists.length - 1] = { mode: 'ids', to: stretch.to, ids: last.ids };
      for (const id of ids) last.ids.push(id);
    } else {
      if (!isSame(this.#listsTo, stretch.from)) this.#lists.push({ mode: 'skip', to: stretch.from });
      this.#lists.push({ mode: 'ids', to: stretch.to, ids });
      this.#listsBytes += 2 * ITEM_BYTES + (stretch.from.prefix.length + stretch.to.prefix.length) / 2;
    }
    this.#listsTo = stretch.to;
    for (const entry of stored) this.#listed.push(entry);
    const bytes = this.#listsBytes + LISTED_ID_BYTES * this.#listed.length;
    if (this.#listed.length > MAX_LISTED - LEAF || bytes >= FULL_BYTES) this.#flushLists();
  }

  /**
   * @param first how many entries lie before the stretch.
   * @param count how many in it.
   * @param cuts ranks within the stretch, ascending.
   */
  cut(
    stretch: Stretch,
    timeline: Timeline,
    { first, count, cuts, wide }: { first: number; count: number; cuts: readonly number[]; wide: boolean },
  ): void {
    this.#begin(stretch.class);
    if (!isSame(this.#rangesTo, stretch.from)) this.#addRange({ mode: 'skip', to: stretch.from });
    const parts = timeline.parts([0, ...cuts, count].map((rank) => first + rank));
    for (const [index, { sum, oldest }] of parts.entries()) {
      const next = parts[index + 1]?.newest;
      const to = next === undefined ? stretch.to : boundBetween(placeOn(oldest), placeOn(next));
      this.#addRange({ mode: 'fingerprint', to, wide, fingerprint: narrowed(this.#ids.fingerprint(sum), wide) });
    }
    this.#rangesTo = stretch.to;
    if (this.#rangesBytes >= FULL_BYTES) this.#flushRanges();
  }

  #addRange(item: RangeItem): void {
    this.#ranges.push(item);
    this.#rangesBytes += ITEM_BYTES + item.to.prefix.length / 2;
  }

  finish(): GossipFrame[] {
    this.#flush();
    return this.#frames;
  }

  #begin(bundleClass: BundleClass): void {
    if (bundleClass !== this.#class) this.#flush();
    this.#class = bundleClass;
  }

  #flush(): void {
    this.#flushLists();
    this.#flushRanges();
  }

  #flushRanges(): void {
    if (this.#class === undefined || this.#ranges.length === 0) return;
    this.#frames.push({ kind: 'ranges', answered: 0, ranges: { class: this.#class, items: this.#ranges } });
    this.#onRanges(this.#class);
    this.#ranges = [];
    this.#rangesBytes = 0;
    this.#rangesTo = NEWEST;
  }

  #flushLists(): void {
    if (this.#class === undefined || this.#lists.length === 0) return;
    const batch = this.#home.list(this.#class, this.#listed);
    this.#frames.push({ kind: 'list', batch, class: this.#class, items: this.#lists });
    this.#lists = [];
    this.#listsBytes = 0;
    this.#listed = [];
    this.#listsTo = NEWEST;
  }
}

function placeOn(entry: LedgerEntry): { readonly time: number; readonly key: string } {
  return { time: timeOf(entry), key: entry.key };
}

function isSame(a: TimeBound, b: TimeBound): boolean {
  return a.time === b.time && a.prefix === b.prefix;
}
