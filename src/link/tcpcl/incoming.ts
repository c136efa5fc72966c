/** The bundles that a session receives: segments put together, acknowledged and refused (RFC 9174 §5.2). Pure. */
import { ExtensionFlag, RefuseReason, SegmentFlag, TransferExtension } from './codes.js';
import type { SegmentBegin } from './decoder.js';
import { GrowingBytes } from './growing-bytes.js';
import type { SessionLimits } from './limits.js';
import type { XferAck, XferRefuse } from './messages.js';
import type { ReceptionBudget } from './reception-budget.js';

/** What the peer's segment asks of us. */
export type Reaction =
  | { readonly type: 'nothing' }
  | { readonly type: 'reply'; readonly message: XferAck | XferRefuse }
  /** MSG_REJECT "unexpected". */
  | { readonly type: 'unexpected' }
  /** Whole: to be accepted or refused by the consumer. */
  | {
      readonly type: 'complete';
      readonly transferId: bigint;
      readonly bytes: Uint8Array;
      /** From the start of the first segment to the end of the last. */
      readonly tookMs: number;
    };

interface Assembly {
  readonly transferId: bigint;
  readonly expectedLength: bigint | undefined;
  readonly bytes: GrowingBytes;
  readonly begunAt: number;
  flags: number;
}

const NOTHING: Reaction = { type: 'nothing' };
/** Refusals cross segments that are under way; this many ids are remembered so that those are let pass. */
const REMEMBERED_REFUSALS = 64;

export class IncomingTransfers {
  readonly #limits: SessionLimits;
  readonly #budget: ReceptionBudget;
  #assembly: Assembly | undefined;
  /** True while the data of a segment that nobody wants goes by. */
  #skipping = false;
  readonly #refused = new Set<bigint>();
  readonly #unaccepted = new Map<bigint, { readonly flags: number; readonly length: number }>();
  #unacceptedBytes = 0;

  constructor(limits: SessionLimits, budget: ReceptionBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** True when so much waits for the consumer that the peer has to wait too. */
  get full(): boolean {
    const { unacceptedBytes, unacceptedTransfers } = this.#limits;
    return this.#unacceptedBytes >= unacceptedBytes || this.#unaccepted.size >= unacceptedTransfers;
  }

  /** True when no transfer is half-way in or waits for the consumer. */
  get idle(): boolean {
    return this.#assembly === undefined && this.#unaccepted.size === 0;
  }

  /** @param now in ms, on the same clock as `end`'s */
  begin(segment: SegmentBegin, mayBegin: boolean, now: number): Reaction {
    this.#skipping = false;
    const { transferId, flags } = segment;
    if ((flags & SegmentFlag.Start) === 0) return this.#continue(segment);
    this.#skipping = true;
    // A sender finishes one transfer before it starts the next, unless we refused it on the way.
    if (this.#assembly !== undefined || this.#unaccepted.has(transferId)) return { type: 'unexpected' };
    this.#refused.delete(transferId);
    if (!mayBegin) return this.#refuse(transferId, RefuseReason.SessionTerminating);
    let expectedLength: bigint | undefined;
    for (const item of segment.extensions) {
      if (item.type === TransferExtension.TransferLength && item.value.length === 8 && expectedLength === undefined) {
        expectedLength = new DataView(item.value.buffer, item.value.byteOffset, 8).getBigUint64(0);
      } else if (item.type === TransferExtension.TransferLength || (item.flags & ExtensionFlag.Critical) !== 0) {
        return this.#refuse(transferId, RefuseReason.ExtensionFailure);
      }
    }
    if ((expectedLength ?? 0n) > BigInt(this.#limits.transferBytes)) {
      return this.#refuse(transferId, RefuseReason.NotAcceptable);
    }
    if (segment.dataLength > this.#limits.transferBytes) return this.#refuse(transferId, RefuseReason.NotAcceptable);
    this.#skipping = false;
    this.#assembly = { transferId, expectedLength, bytes: new GrowingBytes(), begunAt: now, flags };
    return NOTHING;
  }

  data(bytes: Uint8Array): Reaction {
    const assembly = this.#assembly;
    if (this.#skipping || assembly === undefined) return NOTHING;
    if (this.#budget.take(bytes.length)) {
      assembly.bytes.append(bytes);
      return NOTHING;
    }
    this.#skipping = true;
    this.#abandon();
    return this.#refuse(assembly.transferId, RefuseReason.NoResources);
  }

  /** The session is over: the bundle that was half-way in, as far as it came. @param now as for {@link begin}. */
  takeCut(now: number): { readonly bytes: Uint8Array; readonly tookMs: number } | undefined {
    const assembly = this.#assembly;
    if (assembly === undefined || assembly.bytes.length === 0) return undefined;
    this.#abandon();
    return { bytes: assembly.bytes.take(), tookMs: now - assembly.begunAt };
  }

  /** The session is over: nothing that came in is wanted any more. */
  release(): void {
    this.#abandon();
    for (const transferId of [...this.#unaccepted.keys()]) this.#settle(transferId);
  }

  #abandon(): void {
    this.#budget.giveBack(this.#assembly?.bytes.length ?? 0);
    this.#assembly = undefined;
  }

  end(now: number): Reaction {
    const assembly = this.#assembly;
    if (this.#skipping || assembly === undefined) {
      this.#skipping = false;
      return NOTHING;
    }
    const length = assembly.bytes.length;
    if ((assembly.flags & SegmentFlag.End) === 0) {
      const { transferId, flags } = assembly;
      return { type: 'reply', message: { type: 'xfer-ack', flags, transferId, acknowledgedLength: BigInt(length) } };
    }
    // The announced length is authoritative (RFC 9174 §5.2.5.1).
    if (assembly.expectedLength !== undefined && assembly.expectedLength !== BigInt(length)) {
      this.#abandon();
      return this.#refuse(assembly.transferId, RefuseReason.NotAcceptable);
    }
    this.#assembly = undefined;
    this.#unaccepted.set(assembly.transferId, { flags: assembly.flags, length });
    this.#unacceptedBytes += length;
    const { transferId, begunAt } = assembly;
    return { type: 'complete', transferId, bytes: assembly.bytes.take(), tookMs: now - begunAt };
  }

  /** @returns the final acknowledgement, or undefined when the transfer was settled before. */
  accept(transferId: bigint): XferAck | undefined {
    const settled = this.#settle(transferId);
    if (settled === undefined) return undefined;
    return { type: 'xfer-ack', flags: settled.flags, transferId, acknowledgedLength: BigInt(settled.length) };
  }

  refuse(transferId: bigint, reason: RefuseReason): XferRefuse | undefined {
    return this.#settle(transferId) === undefined ? undefined : { type: 'xfer-refuse', reason, transferId };
  }

  #continue(segment: SegmentBegin): Reaction {
    const assembly = this.#assembly;
    if (assembly === undefined || assembly.transferId !== segment.transferId) {
      this.#skipping = true;
      return this.#refused.has(segment.transferId) ? NOTHING : { type: 'unexpected' };
    }
    const length = assembly.bytes.length + segment.dataLength;
    if (length > this.#limits.transferBytes || BigInt(length) > (assembly.expectedLength ?? BigInt(length))) {
      this.#abandon();
      this.#skipping = true;
      return this.#refuse(segment.transferId, RefuseReason.NotAcceptable);
    }
    assembly.flags = segment.flags;
    return NOTHING;
  }

  #refuse(transferId: bigint, reason: RefuseReason): Reaction {
    this.#refused.add(transferId);
    for (const oldest of this.#refused) {
      if (this.#refused.size <= REMEMBERED_REFUSALS) break;
      this.#refused.delete(oldest);
    }
    return { type: 'reply', message: { type: 'xfer-refuse', reason, transferId } };
  }

  #settle(transferId: bigint): { readonly flags: number; readonly length: number } | undefined {
    const found = this.#unaccepted.get(transferId);
    if (found === undefined) return undefined;
    this.#unaccepted.delete(transferId);
    this.#unacceptedBytes -= found.length;
    this.#budget.giveBack(found.length);
    return found;
  }
}
