/**
 * The giving half of a session with a Hearsay neighbour: names what it may lack, sends what it wants, and says how far it
 * got.
 *
 * | state of an entry | becomes | when |
 * | --- | --- | --- |
 * | to offer | offered | a batch has room |
 * | offered, or listed | to send, declined, or put off | the neighbour's WANT comes |
 * | put off | to send, or declined | another WANT comes for the batch |
 * | to send | on the way | the window has room, and nothing more important may still come to light |
 * | on the way | forwarded or declined | the transfer's outcome comes |
 *
 * When nothing is left in any of these, DONE tells the neighbour that its cursor may move to `upTo`. A cut before that
 * costs only the repeated 8-byte ids. So does a bundle that the neighbour wanted and did not get, for want of room there
 * or a transfer that failed: then there is no DONE any more, and the next session offers it again.
 */
import { DecodeError } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { BundleClass, type LedgerEntry } from '../store/index.js';
import { bitOf, type GossipFrame, MAX_OFFER_IDS } from './frames.js';
import { SendQueue } from './send-queue.js';
import { LISTED_ID_BYTES } from './session-ids.js';
import { type SendingOrder, sendingOrder } from './strategy.js';

/** How a transfer ended; the reasons are TCPCLv4's (RFC 9174 §5.2.4) in the core's words. */
export type TransferOutcome = 'acked' | 'already-had' | 'no-room' | 'unacceptable' | 'cut';
/** `withheld`: it never left, because the strategy had changed its mind by then. */
export type SendOutcome = TransferOutcome | 'withheld';

const MAX_OUTSTANDING_BATCHES = 4;
/** While this much waits to be sent, offering more of the same importance only makes the queue staler. */
const OFFER_AHEAD_BYTES = 256 * 1024;
/** What a comparison finds is offered by this much at first, and by more as answers come: the link may die at once. */
const FIRST_AHEAD_BYTES = 16 * 1024;
/** With this much to send, a link is not left idle until the best of it is known. */
const ENOUGH_BYTES = 128 * 1024;

export interface OfferingSteps {
  readonly frames: GossipFrame[];
  readonly sends: LedgerEntry[];
}

interface Batch {
  readonly isList: boolean;
  readonly class: BundleClass;
  /** Undefined: settled, or named without being on offer. */
  readonly entries: (LedgerEntry | undefined)[];
  /** Of an offer. */
  readonly sizeBytes: number;
  /** Found by a comparison: what is no more important than what it names waits for its answer. */
  readonly isEarly: boolean;
  answered: boolean;
}

export class Offering {
  readonly #shortId: (key: BundleKey) => Uint8Array;
  readonly #holds: (key: BundleKey) => boolean;
  /** The next to offer is at the end. */
  #toOffer: LedgerEntry[] = [];
  #sorted = true;
  readonly #batches = new Map<number, Batch>();
  #nextBatch = 1;
  #unanswered = 0;
  #offeredBytes = 0;
  #aheadBytes = FIRST_AHEAD_BYTES;
  #unansweredLists = 0;
  readonly #order: SendingOrder;
  readonly #queue: SendQueue;
  /** What was wanted and has not failed: nothing is sent twice in a session, however often it is wanted. */
  readonly #given = new Set<BundleKey>();
  /** Sources that the neighbour has no room for, and from which class on. */
  readonly #noRoomFor = new Map<string, BundleClass>();
  #openClass: BundleClass | undefined;
  /** Until all that a comparison has found is offered: 5 bytes of an id tell enough, and an audit finds what they don't. */
  #isComparing = false;
  #upTo: number;
  #saidDone: number;
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

  /** Lists that the neighbour has not answered yet. */
  get openLists(): number {
    return this.#unansweredLists;
  }

  /** Adds an entry to be offered. `coveredUpTo`: every arrival number up to it has been considered by now. */
  consider(entries: readonly LedgerEntry[], coveredUpTo: number): OfferingSteps {
    for (const entry of entries) this.#toOffer.push(entry);
    if (entries.length > 0) this.#sorted = false;
    this.#upTo = Math.max(this.#upTo, coveredUpTo);
    return this.advance();
  }

  /**
   * Registers a list: its ids are answered as those of an offer are.
   *
   * @param entries in the order of the ids; undefined where wanting it is in vain.
   * @returns the number of the batch.
   */
  list(bundleClass: BundleClass, entries: readonly (LedgerEntry | undefined)[]): number {
    this.#unansweredLists += 1;
    return this.#open({ isList: true, class: bundleClass, entries: [...entries], sizeBytes: 0 });
  }

  #open(batch: Omit<Batch, 'isEarly' | 'answered'>): number {
    const number = this.#nextBatch;
    this.#nextBatch += 1;
    this.#batches.set(number, { ...batch, isEarly: this.#isComparing, answered: false });
    return number;
  }

  /**
   * @returns what to do next, and which of the batch the neighbour wants, and which it has already.
   * @throws DecodeError `ERR_GOSSIP_WANT` when it answers nothing that was offered.
   */
  onWant(
    number: number,
    bitmap: Uint8Array,
    later?: Uint8Array,
  ): OfferingSteps & { readonly wanted: readonly LedgerEntry[]; readonly declined: readonly LedgerEntry[] } {
    const batch = this.#batches.get(number);
    const length = Math.ceil((batch?.entries.length ?? 0) / 8);
    if (batch === undefined || bitmap.length !== length || (later !== undefined && later.length !== length)) {
      throw new DecodeError('ERR_GOSSIP_WANT', 'the answer fits no offer', 0);
    }
    const wanted: LedgerEntry[] = [];
    const declined: LedgerEntry[] = [];
    for (const [index, entry] of batch.entries.entries()) {
      const isPutOff = later !== undefined && bitOf(later, index);
      if (entry === undefined || isPutOff) continue;
      batch.entries[index] = undefined;
      if (bitOf(bitmap, index)) wanted.push(entry);
      else declined.push(entry);
    }
    this.#answered(number, batch, wanted.length + declined.length, later !== undefined);
    for (const entry of wanted) this.#give(entry);
    return { ...this.advance(), wanted, declined };
  }

  /** The first answer opens the window again; each one after it has to settle something. */
  #answered(number: number, batch: Batch, settled: number, isPutOff: boolean): void {
    if (!batch.answered) {
      batch.answered = true;
      if (batch.isList) this.#unansweredLists -= 1;
      else {
        this.#unanswered -= 1;
        this.#offeredBytes -= batch.sizeBytes;
        this.#aheadBytes = Math.min(OFFER_AHEAD_BYTES, this.#aheadBytes + batch.sizeBytes);
      }
    } else if (settled === 0 && isPutOff) throw new DecodeError('ERR_GOSSIP_WANT', 'the answer says nothing new', 0);
    if (!isPutOff) this.#batches.delete(number);
  }

  #give(entry: LedgerEntry): void {
    if (this.#given.has(entry.key) || this.#isGivenUp(entry)) return;
    this.#given.add(entry.key);
    this.#queue.add(entry);
  }

  /** @returns the entry when the neighbour now has it on disk, and what to do next. */
  onOutcome(key: BundleKey, outcome: SendOutcome): OfferingSteps & { readonly forwarded: LedgerEntry | undefined } {
    const entry = this.#queue.finish(key);
    if (entry !== undefined && mayBeTriedAgain(outcome) && this.#holds(key)) this.#incomplete = true;
    if (mayBeTriedAgain(outcome) || outcome === 'withheld') this.#given.delete(key);
    if (entry !== undefined && outcome === 'no-room') this.#giveUp(entry);
    const has = outcome === 'acked' || outcome === 'already-had';
    return { ...this.advance(), forwarded: has ? entry : undefined };
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

  /**
   * While stores are compared, nothing is sent that is no more important than what may still come to light, unless there is
   * plenty to send: what verifies a bundle goes before it, and a link that dies has carried the best.
   *
   * @param openClass undefined once the comparison is over.
   */
  setOpenClass(openClass: BundleClass | undefined): void {
    this.#openClass = openClass;
    this.#isComparing ||= openClass !== undefined;
  }

  advance(): OfferingSteps {
    const steps: OfferingSteps = { frames: [], sends: [...this.#start()] };
    while (this.#mayOffer()) {
      const entries = this.#takeBatch();
      if (entries.length === 0) break;
      const bundleClass = Math.min(...entries.map((entry) => entry.class));
      const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
      this.#unanswered += 1;
      this.#offeredBytes += sizeBytes;
      const ids = entries.map(({ key }) => {
        const id = this.#shortId(key);
        return this.#isComparing ? id.subarray(0, LISTED_ID_BYTES) : id;
      });
      const batch = this.#open({ isList: false, class: bundleClass, entries, sizeBytes });
      steps.frames.push({ kind: 'offer', batch, ids });
    }
    this.#isComparing &&= this.#openClass !== undefined || this.#toOffer.length > 0;
    return steps;
  }

  /** Whether the neighbour's cursor may move on, and it was not told so yet. */
  get isDone(): boolean {
    return !this.#incomplete && this.#finished() && this.#upTo > this.#saidDone;
  }

  /** The frame that says so. */
  sayDone(): GossipFrame {
    this.#saidDone = this.#upTo;
    return { kind: 'done', upTo: this.#upTo };
  }

  /** Whether it was wanted in this session, and has not failed. */
  hasGiven(key: BundleKey): boolean {
    return this.#given.has(key);
  }

  #start(): readonly LedgerEntry[] {
    if (!this.#queue.hasRoom) return [];
    if (!this.#isComparing) return this.#queue.start(this.#holds);
    this.#sort();
    const upTo = this.#settledClass();
    const next = this.#toOffer.at(-1);
    return this.#queue.start(
      this.#holds,
      (entry) => entry.class <= upTo && (next === undefined || this.#order(entry, next) <= 0),
    );
  }

  /** Nothing more important than this class can come to light any more. */
  #settledClass(): BundleClass {
    let open = this.#openClass ?? BundleClass.Bulk + 1;
    for (const batch of this.#batches.values())
      if (batch.isEarly && !batch.answered) open = Math.min(open, batch.class);
    return this.#queue.waitingBytes >= ENOUGH_BYTES ? open : open - 1;
  }

  #mayOffer(): boolean {
    if (this.#toOffer.length === 0 || this.#unanswered >= MAX_OUTSTANDING_BATCHES) return false;
    return this.#mayOfferBeside(0);
  }

  /** @param moreBytes what is about to be offered. */
  #mayOfferBeside(moreBytes: number): boolean {
    if (!this.#isComparing) return this.#queue.waitingBytes < OFFER_AHEAD_BYTES || this.#nextMattersMore();
    const offeredBytes = this.#offeredBytes + moreBytes;
    if (offeredBytes >= this.#aheadBytes) return false;
    return this.#queue.waitingBytes + offeredBytes < this.#aheadBytes || this.#nextMattersMore();
  }

  /** A receipt does not wait for the megabytes that were wanted before it came. */
  #nextMattersMore(): boolean {
    this.#sort();
    const [next, waiting] = [this.#toOffer.at(-1), this.#queue.next];
    if (next === undefined || waiting === undefined) return false;
    return this.#isComparing ? this.#order(next, waiting) < 0 : next.class < waiting.class;
  }

  #takeBatch(): LedgerEntry[] {
    this.#sort();
    const batch: LedgerEntry[] = [];
    let bytes = 0;
    while (batch.length < MAX_OFFER_IDS && this.#mayOfferBeside(bytes)) {
      const entry = this.#toOffer.pop();
      if (entry === undefined) break;
      if (!this.#holds(entry.key) || this.#isGivenUp(entry)) continue;
      batch.push(entry);
      bytes += entry.sizeBytes;
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
