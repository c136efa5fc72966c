/**
 * A stick as a link: a neighbour that speaks no gossip, takes what it is given, and forgets nothing but what is wiped
 * from it. To the engine it is an ordinary DTN node, so checks, quotas and strategies are those of every other link.
 */
import { HearsayError, type Now } from '../../base/index.js';
import { type BundleKey, bundleKeyOf, decodeBundle } from '../../bundle/index.js';
import type { Objection } from '../../engine/index.js';
import { BundleClass, type LedgerEntry } from '../../store/index.js';
import { RefuseReason } from '../tcpcl/codes.js';
import type { Endpoint, IncomingTransfer, LinkSession, SendOutcome } from '../types.js';
import type { Carriers } from './carriers.js';
import type { Shelf } from './shelf.js';

const CUT = { outcome: 'cut', ackedBytes: 0 } as const;

/** TCPCL's sessions count upwards from 1. */
let lastSessionId = 0;

/** What the engine made of a bundle from the stick; `closed`: it was not asked any more. */
export type Answer =
  | { readonly answer: 'accepted' }
  | { readonly answer: 'refused'; readonly reason: RefuseReason; readonly objection: Objection | undefined }
  | { readonly answer: 'closed' };

export interface Tally {
  bundles: number;
  receipts: number;
  bytes: number;
}

export interface StickSessionOptions {
  readonly stickId: string;
  /** Where it is, for people. */
  readonly place: string;
  readonly shelf: Shelf;
  readonly carriers: Carriers;
  readonly now: () => Now;
  readonly holds: (key: BundleKey) => boolean;
  /** Something was given. */
  readonly onGiven: () => void;
}

export class StickSession implements LinkSession {
  readonly id = --lastSessionId;
  readonly role = 'active';
  readonly gossip = false;
  readonly forgetful = true;
  readonly bufferedBytes = 0;
  readonly peerEid: string;
  readonly remote: Endpoint;
  readonly given: Tally = { bundles: 0, receipts: 0, bytes: 0 };
  /** Bundles that found no room. */
  leftOut = 0;
  /** What ended the writing, if anything did. */
  failure: HearsayError | undefined;
  /** Resolves when the session is over. */
  readonly closed: Promise<void>;
  readonly #options: StickSessionOptions;
  /** Bundles that may be handed over any moment. */
  readonly #coming = new Map<BundleKey, LedgerEntry>();
  #isClosed = false;
  #settleClosed: () => void = () => {};
  #openGate: () => void = () => {};
  readonly #gate: Promise<void>;

  constructor(options: StickSessionOptions) {
    this.#options = options;
    this.peerEid = `dtn://stick-${options.stickId}/`;
    this.remote = { host: options.place, port: 0 };
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#gate = new Promise((resolve) => {
      this.#openGate = resolve;
    });
  }

  /** From now on bundles may be written. Until then the engine's wishes wait: what comes in may change them. */
  openForExport(): void {
    this.#openGate();
  }

  async declines(entry: LedgerEntry): Promise<RefuseReason | undefined> {
    const { shelf, carriers, now, holds } = this.#options;
    await this.#gate;
    if (this.#isClosed || this.failure !== undefined || !holds(entry.key)) return RefuseReason.SessionTerminating;
    if (shelf.has(entry.key)) return RefuseReason.Completed;
    const { steady, wall, wallTrusted } = now();
    if (entry.expiresAt <= steady) return RefuseReason.NotAcceptable;
    // Not "they have it": a filter may be wrong.
    if (carriers.allHold(entry.key, wallTrusted ? wall : undefined)) return RefuseReason.NotAcceptable;
    this.#coming.set(entry.key, entry);
    return undefined;
  }

  async sendBundle(bytes: Uint8Array): Promise<SendOutcome> {
    const key = bundleKeyOf(decodeBundle(bytes));
    const entry = this.#coming.get(key);
    this.#coming.delete(key);
    if (entry === undefined || this.#isClosed) return CUT;
    const { steady, wall, wallTrusted } = this.#options.now();
    const name = {
      key,
      class: entry.class,
      exportedAt: wallTrusted ? wall : undefined,
      leftMs: entry.expiresAt - steady,
    };
    try {
      if ((await this.#options.shelf.add(name, bytes)) === 'no-room') {
        this.leftOut++;
        return { outcome: 'refused', reason: RefuseReason.NoResources };
      }
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      this.failure = error;
      return CUT;
    }
    this.given.bundles++;
    this.given.bytes += bytes.length;
    if (entry.class === BundleClass.Receipt) this.given.receipts++;
    this.#options.onGiven();
    return { outcome: 'acked' };
  }

  sendFrame(): boolean {
    return false;
  }

  /** Hands a bundle from the stick to the engine. @param give reports it to the host of the link. */
  async hand(bytes: Uint8Array, tookMs: number, give: (transfer: IncomingTransfer) => void): Promise<Answer> {
    if (this.#isClosed) return { answer: 'closed' };
    const answered = new Promise<Answer>((resolve) => {
      give({
        bytes,
        tookMs,
        accept: () => resolve({ answer: 'accepted' }),
        refuse: (reason, objection) => resolve({ answer: 'refused', reason, objection }),
      });
    });
    return Promise.race([answered, this.closed.then((): Answer => ({ answer: 'closed' }))]);
  }

  close(): void {
    this.#isClosed = true;
    this.#settleClosed();
    this.#openGate();
  }
}
