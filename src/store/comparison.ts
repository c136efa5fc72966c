/**
 * The indexes over which two stores are compared. Each is built when it is first asked for, and kept up to date from
 * then on: a node that only meets friends with few news never pays for the timelines.
 */
import type { BundleKey } from '../bundle/index.js';
import { KnownKeys } from './known-keys.js';
import { Timeline } from './timeline.js';
import type { BundleClass, LedgerEntry } from './types.js';

/** What the indexes are built from. */
export interface ComparisonSource {
  entries(): Iterable<LedgerEntry>;
  /** The keys that are remembered, held or not. */
  seenKeys(): Iterable<BundleKey>;
  isHeld(key: BundleKey): boolean;
  isSeen(key: BundleKey): boolean;
}

export class Comparison {
  readonly #source: ComparisonSource;
  #timelines: Map<BundleClass, Timeline> | undefined;
  #known: KnownKeys | undefined;

  constructor(source: ComparisonSource) {
    this.#source = source;
  }

  /** The held entries of a class, newest first. */
  timeline(bundleClass: BundleClass): Timeline {
    this.#timelines ??= byClass(this.#source.entries());
    return timelineIn(this.#timelines, bundleClass);
  }

  /** The keys, held or remembered, that begin with these 16 bits. */
  knownAt(place: number): readonly BundleKey[] {
    this.#known ??= this.#allKnown();
    return this.#known.at(place);
  }

  /** The entry has just come to be held. */
  added(entry: LedgerEntry): void {
    if (this.#timelines !== undefined) timelineIn(this.#timelines, entry.class).add(entry);
    if (!this.#source.isSeen(entry.key)) this.#known?.add(entry.key);
  }

  /** The entry has just ceased to be held. */
  removed(entry: LedgerEntry): void {
    this.#timelines?.get(entry.class)?.remove(entry);
    if (!this.#source.isSeen(entry.key)) this.#known?.remove(entry.key);
  }

  /** The key has just come to be remembered, for the first time. */
  remembered(key: BundleKey): void {
    if (!this.#source.isHeld(key)) this.#known?.add(key);
  }

  /** The key has just been forgotten. */
  forgotten(key: BundleKey): void {
    if (!this.#source.isHeld(key)) this.#known?.remove(key);
  }

  #allKnown(): KnownKeys {
    const known = new KnownKeys();
    for (const { key } of this.#source.entries()) known.add(key);
    for (const key of this.#source.seenKeys()) if (!this.#source.isHeld(key)) known.add(key);
    return known;
  }
}

function byClass(entries: Iterable<LedgerEntry>): Map<BundleClass, Timeline> {
  const grouped = new Map<BundleClass, LedgerEntry[]>();
  for (const entry of entries) {
    const others = grouped.get(entry.class);
    if (others === undefined) grouped.set(entry.class, [entry]);
    else others.push(entry);
  }
  return new Map([...grouped].map(([bundleClass, members]) => [bundleClass, new Timeline(members)]));
}

function timelineIn(timelines: Map<BundleClass, Timeline>, bundleClass: BundleClass): Timeline {
  const known = timelines.get(bundleClass);
  if (known !== undefined) return known;
  const timeline = new Timeline();
  timelines.set(bundleClass, timeline);
  return timeline;
}
