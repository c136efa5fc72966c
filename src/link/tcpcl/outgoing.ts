/** The bundles that a session sends: queue, window, segments, acknowledgements (RFC 9174 §5.2). Pure. */
import { invariant } from '../../base/index.js';
import type { SendOutcome } from '../types.js';
import { ExtensionFlag, RefuseReason, refuseReason, SegmentFlag, TransferExtension } from './codes.js';
import type { SessionLimits } from './limits.js';
import { encodeSegmentHead, u64, type XferAck, type XferRefuse } from './messages.js';
import type { SessionTerms } from './negotiation.js';

/** The caller's name for one sendBundle. */
export type Token = number;

export interface Settled {
  readonly token: Token;
  readonly outcome: SendOutcome;
}

interface Transfer {
  readonly token: Token;
  readonly bytes: Uint8Array;
  /** How often it has begun. */
  attempts: number;
  sentBytes: number;
  sentWhole: boolean;
  ackedBytes: number;
}

/** A peer that asks for a bundle again and again gets it no more than this often in one session. */
const MAX_ATTEMPTS = 3;

export class OutgoingTransfers {
  readonly #limits: SessionLimits;
  #waiting: Transfer[] = [];
  /** Begun and not settled, by transfer id, in the order of their beginning. */
  readonly #begun = new Map<number, Transfer>();
  #nextTransferId = 0;
  #current: { readonly id: number; readonly transfer: Transfer } | undefined;
  #begunBytes = 0;
  #waitingBytes = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Bytes that have not been made into segments yet. */
  get unsentBytes(): number {
    const current = this.#current?.transfer;
    return this.#waitingBytes + (current === undefined ? 0 : current.bytes.length - current.sentBytes);
  }

  /** True when a bundle that is enqueued now would be the next to begin, and at once. */
  get ready(): boolean {
    const { windowTransfers, windowBytes } = this.#limits;
    const isFree = this.#current === undefined && this.#waiting.length === 0;
    return isFree && this.#begun.size < windowTransfers && this.#begunBytes < windowBytes;
  }

  get idle(): boolean {
    return this.#begun.size === 0;
  }

  enqueue(token: Token, bytes: Uint8Array): void {
    this.#waiting.push({ token, bytes, attempts: 0, sentBytes: 0, sentWhole: false, ackedBytes: 0 });
    this.#waitingBytes += bytes.length;
  }

  /** @returns the next segment as head and data, or undefined when there is none to send now. */
  nextSegment(terms: SessionTerms, mayBegin: boolean): readonly Uint8Array[] | undefined {
    const current = this.#current ?? (mayBegin ? this.#begin() : undefined);
    if (current === undefined) return undefined;
    const { id, transfer } = current;
    const from = transfer.sentBytes;
    const to = Math.min(from + terms.segmentBytes, transfer.bytes.length);
    const isFirst = from === 0;
    const isLast = to === transfer.bytes.length;
    const flags = (isFirst ? SegmentFlag.Start : 0) | (isLast ? SegmentFlag.End : 0);
    const extensions = isFirst && !isLast ? [transferLength(transfer.bytes.length)] : [];
    const head = encodeSegmentHead({ flags, transferId: BigInt(id), extensions }, to - from);
    transfer.sentBytes = to;
    transfer.sentWhole = isLast;
    if (isLast) this.#current = undefined;
    return [head, transfer.bytes.subarray(from, to)];
  }

  /** @returns what the acknowledgement settles; `unexpected` when it fits no segment that we sent. */
  acknowledge(ack: XferAck): Settled | 'progress' | 'unexpected' {
    const transfer = this.#find(ack.transferId);
    if (transfer === undefined || ack.acknowledgedLength > BigInt(transfer.sentBytes)) return 'unexpected';
    transfer.ackedBytes = Math.max(transfer.ackedBytes, Number(ack.acknowledgedLength));
    // The END flag of the acknowledgement is not asked for: not every peer echoes it, and the length says as much.
    if (!transfer.sentWhole || ack.acknowledgedLength < BigInt(transfer.bytes.length)) return 'progress';
    // A peer that acknowledges an empty transfer must have seen its END; there is no partial one.
    return this.#settle(Number(ack.transferId), transfer, { outcome: 'acked' });
  }

  refused(message: XferRefuse): Settled | 'progress' | 'unexpected' {
    const transfer = this.#find(message.transferId);
    if (transfer === undefined) return 'unexpected';
    const reason = refuseReason(message.reason);
    const settled = this.#settle(Number(message.transferId), transfer, outcomeOfRefusal(reason));
    if (reason !== RefuseReason.Retransmit || transfer.attempts >= MAX_ATTEMPTS) return settled;
    // "The receiver encountered a problem that requires the bundle to be retransmitted in its entirety" (RFC 9174 §5.2.4).
    const { token, bytes, attempts } = transfer;
    this.#waiting.push({ token, bytes, attempts, sentBytes: 0, sentWhole: false, ackedBytes: 0 });
    this.#waitingBytes += bytes.length;
    return 'progress';
  }

  /** Gives up everything. */
  cutAll(): Settled[] {
    const begun = [...this.#begun].map(([id, transfer]) =>
      this.#settle(id, transfer, { outcome: 'cut', ackedBytes: transfer.ackedBytes }),
    );
    const waiting = this.#waiting.map(({ token }): Settled => ({ token, outcome: NOT_BEGUN }));
    this.#waiting = [];
    this.#waitingBytes = 0;
    return [...begun, ...waiting];
  }

  #begin(): { readonly id: number; readonly transfer: Transfer } | undefined {
    const next = this.#waiting[0];
    if (next === undefined) return undefined;
    const isRoom =
      this.#begun.size < this.#limits.windowTransfers &&
      this.#begunBytes + next.bytes.length <= this.#limits.windowBytes;
    if (!isRoom && this.#begun.size > 0) return undefined;
    this.#waiting.shift();
    this.#waitingBytes -= next.bytes.length;
    next.attempts++;
    const id = this.#nextTransferId++;
    this.#begun.set(id, next);
    this.#begunBytes += next.bytes.length;
    this.#current = { id, transfer: next };
    return this.#current;
  }

  #find(transferId: bigint): Transfer | undefined {
    return transferId > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : this.#begun.get(Number(transferId));
  }

  #settle(id: number, transfer: Transfer, outcome: SendOutcome): Settled {
    invariant(this.#begun.delete(id), 'a transfer is settled twice');
    this.#begunBytes -= transfer.bytes.length;
    // Refused half-way: no further segment of it is sent (RFC 9174 §5.2.4).
    if (this.#current?.id === id) this.#current = undefined;
    return { token: transfer.token, outcome };
  }
}

/** A transfer that never began, or of which nothing is known. */
export const NOT_BEGUN: SendOutcome = { outcome: 'cut', ackedBytes: 0 };

function outcomeOfRefusal(reason: RefuseReason): SendOutcome {
  // The peer has the whole bundle (RFC 9174 §5.2.4): as good as an acknowledgement.
  if (reason === RefuseReason.Completed) return { outcome: 'acked' };
  // Not a word about the bundle; it goes again in the next session.
  if (reason === RefuseReason.SessionTerminating) return NOT_BEGUN;
  return { outcome: 'refused', reason };
}

function transferLength(length: number) {
  return { flags: ExtensionFlag.Critical, type: TransferExtension.TransferLength, value: u64(BigInt(length)) };
}
