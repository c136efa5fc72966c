/**
 * Fragments on their way (RFC 9171 §5.8, §5.9). Each is a bundle of its own to the store, the quotas and the neighbours. What is
 * put together again here is what is addressed to this node, and what names one of Hearsay's people as its source: only
 * the whole of that can be verified.
 *
 * | the pieces of a bundle | what happens |
 * | --- | --- |
 * | some | carried as strangers' mail |
 * | all, and neither for us nor of a person | carried on; the whole need not come any more |
 * | all, and for us or of a person | read, one bundle at a time; the whole is judged as if it had just come |
 * | whole, and taken | the pieces go, in one commit with that |
 * | whole, and refused; or they contradict each other | those that were read go; others may still fit |
 * | whole, and no room | they stay until another piece comes, or a restart |
 *
 * Which pieces there are is in the ledger, so a crash at any point costs nothing but a second reading.
 */
import { DecodeError, HOUR_MS, later, type Now } from '../base/index.js';
import {
  type BundleKey,
  DEFAULT_MAX_BUNDLE_BYTES,
  decodeBundle,
  encodeBundle,
  parseEid,
  Reassembler,
  withTransit,
} from '../bundle/index.js';
import { KnownKeys, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import { isUnproven } from './examine.js';
import type { Transaction } from './transaction.js';

/** More pieces of one bundle than this are refused. */
export const MAX_PIECES = 1_024;
/** What was put together in vain may come again after this: the next may be the genuine ones. */
const SPOILT_REST_MS = 6 * HOUR_MS;

/** A bundle that was put together, and what becomes of its pieces. */
export interface Whole {
  readonly bytes: Uint8Array;
  readonly depositor: string;
  /** It is on disk, or done with, and the pieces went with that commit. */
  stored(): void;
  /** It was known before. */
  known(): void;
  /** It is nothing that this node takes. */
  refused(): void;
}

interface Reading {
  readonly pieces: readonly LedgerEntry[];
  readonly whole: BundleKey;
}

export class Fragments {
  readonly #core: Core;
  /** Told of what has been put together. */
  onWhole: (whole: Whole, now: Now) => void = () => {};
  /** Told of bundles of which all pieces are here: they need not come whole. */
  onCovered: (whole: BundleKey) => void = () => {};
  readonly #due = new Set<BundleKey>();
  readonly #covered = new KnownKeys();
  #reading: Reading | undefined;
  #reassembled = 0;
  #spoilt = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Bundles put together, and such that turned out to be none, since the start. */
  get counters(): { readonly reassembled: number; readonly spoilt: number } {
    return { reassembled: this.#reassembled, spoilt: this.#spoilt };
  }

  /** What was all there before a restart is put together after it. */
  start(): void {
    const wholes = new Set<BundleKey>();
    for (const { fragment } of this.#core.state.ledger.entries())
      if (fragment !== undefined) wholes.add(fragment.whole);
    for (const whole of wholes) this.#consider(whole);
  }

  /** A piece is in this transaction. */
  added(transaction: Transaction, whole: BundleKey): void {
    transaction.afterCommit(() => this.#consider(whole));
  }

  /** The whole is in this transaction: its pieces go. */
  clear(transaction: Transaction, whole: BundleKey): void {
    for (const piece of [...this.#core.state.ledger.fragmentsOf(whole)]) {
      this.#core.drop(transaction, piece, 'reassembled');
    }
  }

  /** Bundles whose keys begin with these 16 bits and of which all pieces are held, so that they need not come whole. */
  coveredAt(place: number): readonly BundleKey[] {
    const keys = this.#covered.at(place);
    const lost = keys.filter((whole) => this.#cover(whole) === undefined);
    for (const whole of lost) this.#covered.remove(whole);
    return lost.length === 0 ? keys : this.#covered.at(place);
  }

  /** `of`: the first key that was asked for. @returns false when the answer is to somebody else's question. */
  onRead(of: BundleKey, bundles: readonly (Uint8Array | undefined)[], now: Now): boolean {
    const reading = this.#reading;
    if (reading === undefined || reading.pieces[0]?.key !== of) return false;
    this.#reading = undefined;
    // A piece has gone meanwhile, or the disk does not give it: another, or a restart, tries again.
    if (bundles.every((bytes) => bytes !== undefined)) this.#finish(reading, bundles, now);
    this.#readNext();
    return true;
  }

  #consider(whole: BundleKey): void {
    const pieces = this.#cover(whole);
    if (pieces === undefined) return;
    if (pieces.some((piece) => this.#isToBeWhole(piece))) {
      this.#due.add(whole);
      this.#readNext();
    } else {
      this.#covered.remove(whole);
      this.#covered.add(whole);
      this.onCovered(whole);
    }
  }

  #isToBeWhole({ source, destination }: LedgerEntry): boolean {
    return isUnproven(source) || this.#core.isOwn(parseEid(destination));
  }

  #readNext(): void {
    while (this.#reading === undefined) {
      const [whole] = this.#due;
      if (whole === undefined) return;
      this.#due.delete(whole);
      const pieces = this.#cover(whole);
      const [first] = pieces ?? [];
      if (pieces === undefined || first === undefined) continue;
      this.#reading = { pieces, whole };
      this.#core.emit({ type: 'read-bundles', message: first.key, keys: pieces.map(({ key }) => key) });
    }
  }

  #finish({ pieces }: Reading, bundles: readonly Uint8Array[], now: Now): void {
    const bytes = putTogether(pieces, bundles, now);
    const refused = (): void => {
      this.#spoilt++;
      this.#letGo(pieces, now);
    };
    if (bytes === undefined) return refused();
    this.onWhole(
      {
        bytes,
        depositor: pieces[0]?.depositor ?? '',
        stored: () => {
          this.#reassembled++;
        },
        known: () => this.#letGo(pieces, now),
        refused,
      },
      now,
    );
  }

  /** Other pieces of the same bundle stay: these may have been forged to spoil it. */
  #letGo(pieces: readonly LedgerEntry[], now: Now): void {
    const { ledger } = this.#core.state;
    const transaction = this.#core.begin();
    for (const { key } of pieces) {
      const piece = ledger.get(key);
      if (piece !== undefined) this.#core.drop(transaction, piece, 'reassembled', later(now.steady, SPOILT_REST_MS));
    }
    this.#core.commit(transaction);
  }

  /** Pieces on disk that leave no gap, as few as it takes, so that no byte is read more than twice. */
  #cover(whole: BundleKey): readonly LedgerEntry[] | undefined {
    const held = [...this.#core.state.ledger.fragmentsOf(whole)].filter(({ key }) => this.#core.holds(key));
    for (const totalLength of new Set(held.map(({ fragment }) => fragment?.totalLength ?? 0))) {
      const cover = coverOf(
        held.filter(({ fragment }) => fragment?.totalLength === totalLength),
        totalLength,
      );
      if (cover !== undefined) return cover;
    }
    return undefined;
  }
}

function coverOf(pieces: readonly LedgerEntry[], totalLength: number): readonly LedgerEntry[] | undefined {
  const sorted = pieces
    .flatMap((entry) => (entry.fragment === undefined ? [] : [{ entry, ...entry.fragment }]))
    .sort((a, b) => a.offset - b.offset);
  const cover: LedgerEntry[] = [];
  let end = 0;
  let at = 0;
  do {
    let best: (typeof sorted)[number] | undefined;
    // Of those that leave no gap, the one that reaches furthest.
    for (let next = sorted[at]; next !== undefined && next.offset <= end; next = sorted[++at]) {
      if (best === undefined || next.offset + next.length > best.offset + best.length) best = next;
    }
    if (best === undefined || (best.offset + best.length <= end && totalLength > 0)) return undefined;
    cover.push(best.entry);
    end = best.offset + best.length;
  } while (end < totalLength);
  return cover;
}

/** @returns undefined when the pieces are not of one bundle, or contradict each other. */
function putTogether(pieces: readonly LedgerEntry[], bundles: readonly Uint8Array[], now: Now): Uint8Array | undefined {
  const reassembler = new Reassembler({ maxHeldBytes: 2 * DEFAULT_MAX_BUNDLE_BYTES, maxPieces: MAX_PIECES });
  try {
    for (const [index, bytes] of bundles.entries()) {
      const until = pieces[index]?.expiresAt ?? now.steady;
      const result = reassembler.add(decodeBundle(bytes), now.steady, until);
      if (result.kind === 'whole') return encodeBundle(withTransit(result.bundle, { ageMs: ageOfOldest(pieces, now) }));
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return undefined;
}

/** The whole is as old as its oldest piece, the wait here included. */
function ageOfOldest(pieces: readonly LedgerEntry[], now: Now): number {
  const ages = pieces.map((piece) => piece.ageAtReceiptMs + Math.max(0, now.steady - piece.receivedAt));
  return Math.round(Math.max(0, ...ages));
}
