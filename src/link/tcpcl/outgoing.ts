/** The bundles that a session sends: queue, window, segments, acknowledgements (RFC 9174 §5.2). Pure. */
import { invariant } from '../../base/index.js';
import type { SendOutcome } from '../types.js';
import { ExtensionFlag, RefuseReason, refuseReason, SegmentFlag, TransferExtension } from './codes.js';
import type { SessionLimits } from './limits.js';
import { encodeSegmentHead, u64, type XferAck, type XferRefuse } from './messages.js';
import type { SessionTerms } from './negotiation.js';

/** The caller's name for one sendBundle; it is also the transfer id on the wire. */
export type Token = number;

export interface Settled {
  readonly token: Token;
  readonly outcome: SendOutcome;
}

interface Transfer {
  readonly token: Token;
  readonly bytes: Uint8Array;
  sentBytes: number;
  sentWhole: boolean;
}

export class OutgoingTransfers {
  readonly #limits: SessionLimits;
  #waiting: Transfer[] = [];
  /** Begun and not settled, in the order of their beginning. */
  readonly #begun = new Map<Token, Transfer>();
  #current: Transfer | undefined;
  #begunBytes = 0;
  #waitingBytes = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Bytes that have not been made into segments yet. */
  get unsentBytes(): number {
    const current = this.#current;
    return this.#waitingBytes + (current === undefined ? 0 : current.bytes.length - current.sentBytes);
  }

  get idle(): boolean {
    return this.#begun.size === 0;
  }

  enqueue(token: Token, bytes: Uint8Array): void {
    this.#waiting.push({ token, bytes, sentBytes: 0, sentWhole: false });
    this.#waitingBytes += bytes.length;
  }

  /** @returns the next segment as head and data, or undefined when there is none to send now. */
  nextSegment(terms: SessionTerms, mayBegin: boolean): readonly Uint8Array[] | undefined {
    const transfer = this.#current ?? (mayBegin ? this.#begin() : undefined);
    if (transfer === undefined) return undefined;
    const from = transfer.sentBytes;
    const to = Math.min(from + terms.segmentBytes, transfer.bytes.length);
    const isFirst = from === 0;
    const isLast = to === transfer.bytes.length;
    const flags = (isFirst ? SegmentFlag.Start : 0) | (isLast ? SegmentFlag.End : 0);
    const extensions = isFirst && !isLast ? [transferLength(transfer.bytes.length)] : [];
    const head = encodeSegmentHead({ flags, transferId: BigInt(transfer.token), extensions }, to - from);
    transfer.sentBytes = to;
    transfer.sentWhole = isLast;
    if (isLast) this.#current = undefined;
    return [head, transfer.bytes.subarray(from, to)];
  }

  /** @returns what the acknowledgement settles; `unexpected` when it fits no segment that we sent. */
  acknowledge(ack: XferAck): Settled | 'progress' | 'unexpected' {
    const transfer = this.#find(ack.transferId);
    if (transfer === undefined || ack.acknowledgedLength > BigInt(transfer.sentBytes)) return 'unexpected';
    // The END flag of the acknowledgement is not asked for: not every peer echoes it, and the length says as much.
    if (!transfer.sentWhole || ack.acknowledgedLength < BigInt(transfer.bytes.length)) return 'progress';
    // A peer that acknowledges an empty transfer must have seen its END; there is no partial one.
    return this.#settle(transfer, { outcome: 'acked' });
  }

  refused(message: XferRefuse): Settled | 'unexpected' {
    const transfer = this.#find(message.transferId);
    if (transfer === undefined) return 'unexpected';
    return this.#settle(transfer, outcomeOfRefusal(refuseReason(message.reason)));
  }

  /** Gives up everything. */
  cutAll(): Settled[] {
    const begun = [...this.#begun.values()].map((transfer) => this.#settle(transfer, { outcome: 'cut' }));
    const waiting = this.#waiting.map(({ token }): Settled => ({ token, outcome: { outcome: 'cut' } }));
    this.#waiting = [];
    this.#waitingBytes = 0;
    return [...begun, ...waiting];
  }

  #begin(): Transfer | undefined {
    const next = this.#waiting[0];
    if (next === undefined) return undefined;
    const isRoom =
      this.#begun.size < this.#limits.windowTransfers &&
      this.#begunBytes + next.bytes.length <= this.#limits.windowBytes;
    if (!isRoom && this.#begun.size > 0) return undefined;
    this.#waiting.shift();
    this.#waitingBytes -= next.bytes.length;
    this.#begun.set(next.token, next);
    this.#begunBytes += next.bytes.length;
    this.#current = next;
    return next;
  }

  #find(transferId: bigint): Transfer | undefined {
    return transferId > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : this.#begun.get(Number(transferId));
  }

  #settle(transfer: Transfer, outcome: SendOutcome): Settled {
    invariant(this.#begun.delete(transfer.token), 'a transfer is settled twice');
    this.#begunBytes -= transfer.bytes.length;
    // Refused half-way: no further segment of it is sent (RFC 9174 §5.2.4).
    if (this.#current === transfer) this.#current = undefined;
    return { token: transfer.token, outcome };
  }
}

function outcomeOfRefusal(reason: RefuseReason): SendOutcome {
  // The peer has the whole bundle (RFC 9174 §5.2.4): as good as an acknowledgement.
  if (reason === RefuseReason.Completed) return { outcome: 'acked' };
  // Not a word about the bundle; it goes again in the next session.
  if (reason === RefuseReason.SessionTerminating) return { outcome: 'cut' };
  return { outcome: 'refused', reason };
}

function transferLength(length: number) {
  return { flags: ExtensionFlag.Critical, type: TransferExtension.TransferLength, value: u64(BigInt(length)) };
}
