/**
 * The taking half of a session with a Hearsay neighbour: says which of the bundles that it names are wanted, and knows how
 * far its cursor may move.
 *
 * | a named bundle | becomes | when |
 * | --- | --- | --- |
 * | held, or seen | declined | at once |
 * | unknown | wanted | nobody else was asked for it a moment ago |
 * | unknown | put off | somebody else was |
 * | put off | declined, or wanted | it has come, or who was asked is gone or slow |
 */
import { DecodeError, SECOND_MS, type SteadyMs } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { Asking } from './asking.js';
import { type GossipFrame, toBitmap } from './frames.js';
import { KnownIds } from './known-ids.js';
import {
  LISTED_ID_BYTES,
  type ListedNumber,
  listedNumberOf,
  numberOf,
  placeOfBytes,
  placeOfListed,
  type SessionIds,
} from './session-ids.js';

/** A neighbour that goes on naming bundles past this is lying about its store. */
const MAX_NAMED = 4_000_000;
/** More than this is never wanted and not here yet: an honest neighbour sends before it offers so much more. */
const MAX_OWED = 65_536;
/** A neighbour that is busy says DONE once for each bundle that it gets from elsewhere. */
const FREE_DONES = 1024;
const DONES_PER_SECOND = 64;
/** What would be put off beyond this is wanted at once. */
const MAX_PUT_OFF = 16_384;

interface Named {
  readonly id: number;
  readonly place: number;
  readonly known: KnownIds;
}

interface OpenBatch {
  readonly size: number;
  readonly putOff: Map<number, Named>;
}

export interface TakingHome {
  /** The host's name for the link. */
  readonly link: number;
  readonly asking: Asking;
  /** Every key that begins with these 16 bits and is held or was seen. */
  knownAt(place: number): readonly BundleKey[];
}

export class Taking {
  readonly #home: TakingHome;
  readonly #offered: KnownIds;
  readonly #listed: KnownIds;
  readonly #open = new Map<number, OpenBatch>();
  /** Place → batches in which something there was put off. */
  readonly #putOffAt = new Map<number, Set<number>>();
  #putOff = 0;
  #named = 0;
  #owed = 0;
  #turnedAway = false;
  #doneUpTo = 0;
  #dones = 0;

  constructor(home: TakingHome, ids: SessionIds) {
    this.#home = home;
    const knownAt = (place: number): readonly BundleKey[] => home.knownAt(place);
    this.#offered = new KnownIds((key) => ids.number(key), knownAt);
    this.#listed = new KnownIds((key) => ids.listed(key), knownAt);
  }

  /** Whether something waits for another neighbour. */
  get isWaiting(): boolean {
    return this.#putOff > 0;
  }

  /** @throws DecodeError when the neighbour names bundles beyond all bounds, or a batch that is still open. */
  onOffer(batch: number, ids: readonly Uint8Array[], now: SteadyMs): GossipFrame {
    const named = ids.map((bytes) => {
      const known = bytes.length === LISTED_ID_BYTES ? this.#listed : this.#offered;
      return {
        id: known === this.#listed ? listedNumberOf(bytes) : numberOf(bytes),
        place: placeOfBytes(bytes),
        known,
      };
    });
    return this.#answer(batch, named, now);
  }

  /**
   * @param ids in the frame's order; undefined for what is known to be held.
   * @throws DecodeError as {@link onOffer}.
   */
  onListed(batch: number, ids: readonly (ListedNumber | undefined)[], now: SteadyMs): GossipFrame {
    const named = ids.map((id) =>
      id === undefined ? undefined : { id, place: placeOfListed(id), known: this.#listed },
    );
    return this.#answer(batch, named, now);
  }

  #answer(batch: number, named: readonly (Named | undefined)[], now: SteadyMs): GossipFrame {
    if (this.#open.has(batch)) throw new DecodeError('ERR_GOSSIP_OFFER', 'the neighbour gives a number twice', 0);
    this.#named += named.length;
    if (this.#named > MAX_NAMED) throw new DecodeError('ERR_GOSSIP_OFFER', 'the neighbour offers without end', 0);
    const open: OpenBatch = { size: named.length, putOff: new Map() };
    const wanted = named.map((each, index) => each !== undefined && this.#wants(batch, open, index, each, now));
    return this.#want(batch, open, wanted);
  }

  #wants(batch: number, open: OpenBatch, index: number, named: Named, now: SteadyMs): boolean {
    if (named.known.has(named.id, named.place)) return false;
    if (this.#home.asking.ask(named.place, this.#home.link, now) || this.#putOff >= MAX_PUT_OFF) return this.#owe();
    open.putOff.set(index, named);
    this.#putOff += 1;
    const batches = this.#putOffAt.get(named.place);
    if (batches === undefined) this.#putOffAt.set(named.place, new Set([batch]));
    else batches.add(batch);
    return false;
  }

  #owe(): true {
    this.#owed += 1;
    if (this.#owed <= MAX_OWED) return true;
    throw new DecodeError('ERR_GOSSIP_OFFER', 'the neighbour offers and does not deliver', 0);
  }

  #want(batch: number, open: OpenBatch, wanted: readonly boolean[]): GossipFrame {
    const bitmap = toBitmap(wanted);
    if (open.putOff.size === 0) {
      this.#open.delete(batch);
      return { kind: 'want', batch, bitmap };
    }
    this.#open.set(batch, open);
    const later = toBitmap(Array.from({ length: open.size }, (_, index) => open.putOff.has(index)));
    return { kind: 'want', batch, bitmap, later };
  }

  /**
   * Something changed about the bundles at a place, or about all that were put off: one has come, or whoever was asked
   * for it is gone or slow.
   */
  reconsider(now: SteadyMs, place?: number): GossipFrame[] {
    const places = place === undefined ? [...this.#putOffAt.keys()] : [place];
    const changed = new Map<number, Set<number>>();
    for (const each of places) this.#reconsiderAt(each, changed, now);
    return [...changed].map(([batch, wanted]) => {
      const open = this.#open.get(batch) as OpenBatch;
      return this.#want(
        batch,
        open,
        Array.from({ length: open.size }, (_, index) => wanted.has(index)),
      );
    });
  }

  #reconsiderAt(place: number, changed: Map<number, Set<number>>, now: SteadyMs): void {
    const batches = this.#putOffAt.get(place);
    if (batches === undefined) return;
    for (const batch of batches) {
      const open = this.#open.get(batch);
      let remaining = 0;
      for (const [index, named] of open?.putOff ?? []) {
        if (named.place !== place) continue;
        const isKnown = named.known.has(named.id, place);
        if (!isKnown && !this.#home.asking.ask(place, this.#home.link, now)) {
          remaining += 1;
          continue;
        }
        open?.putOff.delete(index);
        this.#putOff -= 1;
        const wanted = changed.get(batch) ?? new Set();
        changed.set(batch, isKnown ? wanted : wanted.add(index));
        if (!isKnown) this.#owe();
      }
      if (remaining === 0) batches.delete(batch);
    }
    if (batches.size === 0) this.#putOffAt.delete(place);
  }

  /** A key came to be held or seen, from whomever. */
  onKnown(key: BundleKey): void {
    this.#offered.add(key);
    this.#listed.add(key);
  }

  /** A bundle came over this link. */
  onReceived(): void {
    this.#owed = Math.max(0, this.#owed - 1);
  }

  /** Something was refused for want of room: it must be offered again at a later meeting. */
  onTurnedAway(): void {
    this.#turnedAway = true;
  }

  /**
   * The neighbour says that it has offered all up to this number.
   *
   * @param openForMs how long the session has been open.
   * @returns whether the cursor may move there.
   * @throws DecodeError when it says so again, or without end.
   */
  onDone(upTo: number, openForMs: number): boolean {
    if (upTo <= this.#doneUpTo) throw new DecodeError('ERR_GOSSIP_DONE', 'the neighbour says the same again', 0);
    this.#doneUpTo = upTo;
    this.#dones += 1;
    if (this.#dones > FREE_DONES + (openForMs / SECOND_MS) * DONES_PER_SECOND) {
      throw new DecodeError('ERR_GOSSIP_DONE', 'the neighbour is done without end', 0);
    }
    return !this.#turnedAway;
  }
}
