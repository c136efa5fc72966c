/**
 * The giving half of a session with a Hearsay neighbour: offers what it may lack, sends what it wants, and says how
 * far it got.
 *
 * | state of an entry | becomes | when |
 * | --- | --- | --- |
 * | to offer | offered | a batch has room |
 * | offered | to send, or declined | the neighbour's WANT comes |
 * | to send | on the way | the window has room |
 * | on the way | forwarded or declined | the transfer's outcome comes |
 *
 * When nothing is left in any of these, DONE tells the neighbour that its cursor may move to `upTo`. A cut before that
 * costs only the repeated 8-byte ids. So does a bundle that the neighbour wanted and did not get, for want of room there
 * or a transfer that failed: then there is no DONE any more, and the next session offers it again.
 */
import { DecodeError } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { BundleClass, LedgerEntry } from '../store/index.js';
import { bitOf, type GossipFrame, MAX_OFFER_IDS } from './frames.js';
import { SendQueue } from './send-queue.js';
import { type SendingOrder, sendingOrder } from './strategy.js';

/** How a transfer ended; the reasons are TCPCLv4's (RFC 9174 §5.2.4) in the core's words. */
export type TransferOutcome = 'acked' | 'already-had' | 'no-room' | 'unacceptable' | 'cut';
/** `withheld`: it never left, because the strategy had changed its mind by then. */
export type SendOutcome = TransferOutcome | 'withheld';

const MAX_OUTSTANDING_BATCHES = 4;
/** While this much waits to be sent, offering more of the same importance only makes the queue staler. */
const OFFER_AHEAD_BYTES = 256 * 1024;

export interface OfferingSteps {
  readonly frames: GossipFrame[];
  readonly sends: LedgerEntry[];
}

export class Offering {
  readonly #shortId: (key: BundleKey) => Uint8Array;
  readonly #holds: (key: BundleKey) => boolean;
  /** The next to offer is at the end. */
  #toOffer: LedgerEntry[] = [];
  #sorted = true;
  readonly #batches = new Map<number, readonly LedgerEntry[]>();
  #nextBatch = 1;
  readonly #order: SendingOrder;
  readonly #queue: SendQueue;
  #upTo: number;
  #saidDone: number;
  /** Sources that the neighbour has no room for, and from which class on. */
  readonly #noRoomFor = new Map<string, BundleClass>();
  /** Something wanted did not arrive: a cursor past it would lose it. */
  #incomplete = false;

  /**
   * @param since the neighbour has everything up to this arrival number.
   * @param holds whether the store still holds a bundle.
   */
  constructor(
    since: number,
    shortId: (key: BundleKey) => Uint8Array,
    holds: (key: BundleKey) => boolean,
    order: SendingOrder = sendingOrder,
  ) {
    this.#order = order;
    this.#queue = new SendQueue(order);
    this.#shortId = shortId;
    this.#holds = holds;
    this.#upTo = since;
    this.#saidDone = since;
  }

  /** Adds an entry to be offered. `coveredUpTo`: every arrival number up to it has been considered by now. */
  consider(entries: readonly LedgerEntry[], coveredUpTo: number): OfferingSteps {
    for (const entry of entries) this.#toOffer.push(entry);
    if (entries.length > 0) this.#sorted = false;
    this.#upTo = Math.max(this.#upTo, coveredUpTo);
    return this.#advance();
  }

  /**
   * @returns what to do next, and which of the batch the neighbour has already.
   * @throws DecodeError `ERR_GOSSIP_WANT` when it answers nothing that was offered.
   */
  onWant(batch: number, bitmap: Uint8Array): OfferingSteps & { readonly declined: readonly LedgerEntry[] } {
    const offered = this.#batches.get(batch);
    if (offered === undefined || bitmap.length !== Math.ceil(offered.length / 8)) {
      throw new DecodeError('ERR_GOSSIP_WANT', 'the answer fits no offer', 0);
    }
    this.#batches.delete(batch);
    const declined: LedgerEntry[] = [];
    offered.forEach((entry, index) => {
      if (!bitOf(bitmap, index)) declined.push(entry);
      else if (!this.#isGivenUp(entry)) this.#queue.add(entry);
    });
    return { ...this.#advance(), declined };
  }

  /** @returns the entry when the neighbour now has it on disk, and what to do next. */
  onOutcome(key: BundleKey, outcome: SendOutcome): OfferingSteps & { readonly forwarded: LedgerEntry | undefined } {
    const entry = this.#queue.finish(key);
    if (entry !== undefined && mayBeTriedAgain(outcome) && this.#holds(key)) this.#incomplete = true;
    if (entry !== undefined && outcome === 'no-room') this.#giveUp(entry);
    const has = outcome === 'acked' || outcome === 'already-had';
    return { ...this.#advance(), forwarded: has ? entry : undefined };
  }

  /** What was taken for gone is there again (a commit failed): whether it was offered is not known any more. */
  distrust(): void {
    this.#incomplete = true;
  }

  /**
   * An author whose share of the neighbour's store is full would be refused bundle by bundle, at the price of sending each:
   * the rest waits for another meeting.
   */
  #giveUp(refused: LedgerEntry): void {
    const known = this.#noRoomFor.get(refused.source);
    if (known !== undefined && known <= refused.class) return;
    this.#noRoomFor.set(refused.source, refused.class);
    this.#queue.giveUp(refused);
  }

  #isGivenUp({ source, class: bundleClass }: LedgerEntry): boolean {
    return bundleClass >= (this.#noRoomFor.get(source) ?? Number.POSITIVE_INFINITY);
  }

  #advance(): OfferingSteps {
    const steps: OfferingSteps = { frames: [], sends: [...this.#queue.start(this.#holds)] };
    while (this.#mayOffer()) {
      const batch = this.#takeBatch();
      if (batch.length === 0) break;
      this.#batches.set(this.#nextBatch, batch);
      steps.frames.push({
        kind: 'offer',
        batch: this.#nextBatch,
        ids: batch.map((entry) => this.#shortId(entry.key)),
      });
      this.#nextBatch += 1;
    }
    if (!this.#incomplete && this.#finished() && this.#upTo > this.#saidDone) {
      this.#saidDone = this.#upTo;
      steps.frames.push({ kind: 'done', upTo: this.#upTo });
    }
    return steps;
  }

  #mayOffer(): boolean {
    if (this.#toOffer.length === 0 || this.#batches.size >= MAX_OUTSTANDING_BATCHES) return false;
    return this.#queue.waitingBytes < OFFER_AHEAD_BYTES || this.#nextMattersMore();
  }

  /** A receipt does not wait for the megabytes that were wanted before it came. */
  #nextMattersMore(): boolean {
    this.#sort();
    const [next, waiting] = [this.#toOffer.at(-1)?.class, this.#queue.nextClass];
    return next !== undefined && waiting !== undefined && next < waiting;
  }

  #takeBatch(): readonly LedgerEntry[] {
    this.#sort();
    const crowded = this.#queue.waitingBytes >= OFFER_AHEAD_BYTES;
    const batch: LedgerEntry[] = [];
    while (batch.length < MAX_OFFER_IDS && (!crowded || this.#nextMattersMore())) {
      const entry = this.#toOffer.pop();
      if (entry === undefined) break;
      if (this.#holds(entry.key) && !this.#isGivenUp(entry)) batch.push(entry);
    }
    return batch;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#toOffer.sort((a, b) => this.#order(b, a));
    this.#sorted = true;
  }

  #finished(): boolean {
    return this.#toOffer.length === 0 && this.#batches.size === 0 && this.#queue.idle;
  }
}

/** Room may be made and links mended; what is unacceptable stays so. */
export function mayBeTriedAgain(outcome: SendOutcome): boolean {
  return outcome === 'cut' || outcome === 'no-room';
}
