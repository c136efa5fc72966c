/**
 * A laptop whose words are not to be trusted. It runs the engine, so that it gets far, and twists what leaves it; each liar
 * has one way of lying, and tells the truth most of the time.
 */
import type { Random } from '../../src/base/index.js';
import {
  type Bundle,
  type BundleKey,
  bundleKeyOf,
  createBundle,
  decodeBundle,
  encodeBundle,
  findPayloadSignature,
  payloadOf,
  signBundle,
} from '../../src/bundle/index.js';
import { encodeReceipt } from '../../src/chat/index.js';
import type { EngineConfig } from '../../src/engine/index.js';
import { decodeFrame, encodeFrame, type GossipFrame, MAX_CUSTODY_KEYS } from '../../src/gossip/index.js';
import { type PersonId, personOf, receiptEndpoint, SERVICE } from '../../src/people/index.js';
import type { Answer } from './wire.js';

export const LIES = [
  /** Wants everything that it is offered, also what it took before. */
  'lacks',
  /** Offers what there is not. */
  'offers',
  /** Invents what it holds in a comparison, and where it stands. */
  'ranges',
  /** Takes bundles and keeps none, or claims to have them. */
  'takes',
  /** Promises to keep what it never saw. */
  'promises',
  /** Changes what it hands on. */
  'alters',
  /** Says that others' messages arrived, in its own name and in that of their recipients. */
  'receipts',
  /** Sends bytes that mean nothing. */
  'noise',
] as const;

export type Lie = (typeof LIES)[number];

/** What passed through its hands. */
interface Memory {
  readonly keys: BundleKey[];
  readonly messages: { readonly key: BundleKey; readonly from: PersonId; readonly to: PersonId }[];
  /** A bundle of each author's, with a signature to copy. */
  readonly signed: Map<PersonId, Bundle>;
}

export class Liar {
  readonly lie: Lie;
  readonly #random: Random;
  readonly #memory: Memory = { keys: [], messages: [], signed: new Map() };
  #sequence = 0;

  constructor(lie: Lie, random: Random) {
    this.lie = lie;
    this.#random = random;
  }

  /** @returns what it says to a bundle without a look at it. */
  answer(): Answer | undefined {
    if (this.lie !== 'takes') return undefined;
    return this.#pick(['acked', 'acked', 'already-had', 'no-room', 'unexpanded'] as const);
  }

  /** @returns what it sends in place of a frame of its engine's. */
  frames(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.lie === 'noise' && this.#happens(0.1))
      return [bytes, this.#random.bytes(1 + Math.floor(this.#random.unit() * 200))];
    const frame = decodeFrame(bytes);
    // Without a proof nobody listens.
    if (frame.kind === 'hello' || frame.kind === 'auth') return [bytes];
    return this.#twisted(frame).map(encodeFrame);
  }

  #twisted(frame: GossipFrame): readonly GossipFrame[] {
    const { lie } = this;
    if (lie === 'lacks' && frame.kind === 'want') return [{ ...frame, bitmap: frame.bitmap.map(() => 0xff) }];
    if (lie === 'offers' && frame.kind === 'offer') {
      const width = frame.ids[0]?.length ?? 8;
      const invented = Array.from({ length: 1 + Math.floor(this.#random.unit() * 8) }, () => this.#random.bytes(width));
      return [{ ...frame, ids: [...invented, ...frame.ids].slice(0, 1024) }];
    }
    if (lie === 'ranges') return this.#inventRanges(frame);
    if (lie === 'promises' && this.#memory.keys.length > 0 && this.#happens(0.3)) {
      const keys = this.#memory.keys.slice(-MAX_CUSTODY_KEYS);
      return [frame, { kind: 'custody', forMs: 86_400_000, keys }];
    }
    return [frame];
  }

  #inventRanges(frame: GossipFrame): readonly GossipFrame[] {
    if (frame.kind === 'done' && this.#happens(0.5)) return [{ ...frame, upTo: Math.floor(this.#random.unit() * 100) }];
    if (frame.kind === 'ranges' && frame.ranges !== undefined) {
      const items = frame.ranges.items.map((item) =>
        item.mode === 'fingerprint' && this.#happens(0.5)
          ? { ...item, fingerprint: Math.floor(this.#random.unit() * 2 ** 32) }
          : item,
      );
      const invented = { ...frame, ranges: { ...frame.ranges, items } };
      return this.#happens(0.2) ? [invented, invented] : [invented];
    }
    return [frame];
  }

  /** @returns what it sends in place of a bundle, or beside it. */
  bundles(
    bytes: Uint8Array,
    self: { readonly config: EngineConfig; readonly person: PersonId },
  ): readonly Uint8Array[] {
    const bundle = decoded(bytes);
    if (bundle === undefined) return [this.lie === 'receipts' || this.lie === 'alters' ? this.#flip(bytes) : bytes];
    this.#remember(bundle);
    if (this.lie === 'alters' && this.#happens(0.6)) return [this.#altered(bundle)];
    if (this.lie === 'noise' && this.#happens(0.3)) return [this.#random.bytes(300)];
    if (this.lie !== 'receipts') return [bytes];
    const forged = this.#forgedReceipt(self);
    return forged === undefined ? [bytes] : [forged, bytes];
  }

  #remember(bundle: Bundle): void {
    const { source, destination } = bundle.primary;
    const key = bundleKeyOf(bundle);
    const from = personOf(source);
    const to = personOf(destination);
    this.#memory.keys.push(key);
    if (from === undefined) return;
    this.#memory.signed.set(from, bundle);
    const isMessage = destination.kind === 'dtn' && destination.service === SERVICE.chat;
    if (to !== undefined && isMessage) this.#memory.messages.push({ key, from, to });
  }

  /** The same bundle in name, with another payload; its own signature blocks are still there. */
  #altered(bundle: Bundle): Uint8Array {
    const payload = payloadOf(bundle);
    const other = this.#happens(0.5) ? this.#flip(payload) : this.#random.bytes(payload.length);
    const blocks = bundle.blocks.map((block) => (block.number === 1 ? { ...block, data: other } : block));
    return encodeBundle({ ...bundle, blocks });
  }

  #forgedReceipt({
    config,
    person,
  }: {
    readonly config: EngineConfig;
    readonly person: PersonId;
  }): Uint8Array | undefined {
    const message = this.#memory.messages[Math.floor(this.#random.unit() * this.#memory.messages.length)];
    const deviceKey = config.people[0]?.deviceKey;
    if (message === undefined || deviceKey === undefined) return undefined;
    // In the recipient's name with the recipient's certificate, or in its own name, where that is known.
    const model = this.#memory.signed.get(this.#happens(0.5) ? message.to : person);
    const found = model === undefined ? undefined : findPayloadSignature(model);
    if (model === undefined || found?.keyId === undefined || found.certificate === undefined) return undefined;
    const { source, creation } = model.primary;
    const receipt = createBundle({
      source,
      destination: receiptEndpoint(message.from),
      creation: { time: creation.time, sequence: 1_000_000 + this.#sequence++ },
      lifetimeMs: 86_400_000,
      payload: encodeReceipt([message.key]),
      ageMs: 0,
      hopLimit: 32,
    });
    const { keyId, certificate } = found;
    return encodeBundle(signBundle(receipt, { privateKey: deviceKey, keyId, certificate, securitySource: source }));
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const flipped = bytes.slice();
    const at = Math.floor(this.#random.unit() * flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(this.#random.unit() * 8));
    return flipped;
  }

  #happens(share: number): boolean {
    return this.#random.unit() < share;
  }

  #pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.#random.unit() * choices.length)];
  }
}

/** @returns undefined for a compact receipt. */
function decoded(bytes: Uint8Array): Bundle | undefined {
  try {
    return decodeBundle(bytes);
  } catch {
    return undefined;
  }
}
