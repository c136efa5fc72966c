/** The other end of a link, played by hand: it speaks gossip, correctly unless a test has it do otherwise. */
import { steadyMs, toHex } from '../../../src/base/index.js';
import type { BundleKey } from '../../../src/bundle/index.js';
import type { SigningKey } from '../../../src/crypto/index.js';
import type { EngineAction } from '../../../src/engine/index.js';
import { CLASSES } from '../../../src/gossip/comparing.js';
import { type Hello, prove, sessionIds } from '../../../src/gossip/handshake.js';
import { decodeFrame, encodeFrame, GOSSIP_VERSION, type GossipFrame } from '../../../src/gossip/index.js';
import { nodeIdOf } from '../../../src/people/index.js';
import { OLDEST } from '../../../src/store/index.js';
import { nodeKeyOf, type TinyHost } from './tiny-host.js';

/** The numbers of its lists. */
const LISTS_FROM = 1_000_000;

/** So low that this side speaks first when stores are compared. */
function leadingNonce(link: number): Uint8Array {
  const nonce = new Uint8Array(16);
  nonce[15] = link;
  return nonce;
}

export class HandNeighbour {
  readonly host: TinyHost;
  readonly link: number;
  readonly key: SigningKey;
  readonly mine: Hello;
  theirs: Hello | undefined;
  /** Frames that the engine sent, decoded. */
  readonly heard: GossipFrame[] = [];

  constructor(host: TinyHost, name: string, link: number, head = 0, epoch = new Uint8Array(8).fill(7)) {
    this.host = host;
    this.link = link;
    this.key = nodeKeyOf(name);
    this.mine = {
      kind: 'hello',
      version: GOSSIP_VERSION,
      nodeKey: this.key.publicKey,
      epoch,
      head,
      nonce: leadingNonce(link),
    };
  }

  get id(): string {
    return nodeIdOf(this.key.publicKey);
  }

  up(): this {
    this.host.feed({ type: 'link-up', link: this.link, peerEid: `dtn://${this.id}/`, gossip: true });
    this.listen();
    return this;
  }

  /** Greets and proves itself. */
  async open(since = 0): Promise<this> {
    this.up();
    this.say(this.mine);
    if (this.theirs === undefined) throw new Error('the engine did not greet');
    this.say({ kind: 'auth', signature: prove(this.key, this.mine, this.theirs), since });
    if (since === 0 || this.of('auth')[0]?.since === 0) this.#listNothing();
    await this.host.settle();
    this.listen();
    return this;
  }

  /** Compares stores as a laptop with an empty one does. */
  #listNothing(): void {
    for (const bundleClass of CLASSES) {
      const items = [{ mode: 'ids', to: OLDEST, ids: [] }] as const;
      this.say({ kind: 'list', batch: LISTS_FROM + bundleClass, class: bundleClass, items });
    }
  }

  /** Has the engine remember it: the next session compares nothing, if it says where it stands. */
  beKnown(): this {
    this.say({ kind: 'done', upTo: this.mine.head });
    return this;
  }

  say(...frames: readonly GossipFrame[]): void {
    for (const frame of frames) this.sayBytes(encodeFrame(frame));
  }

  sayBytes(bytes: Uint8Array): void {
    this.host.feed({ type: 'frame', link: this.link, bytes });
    this.listen();
  }

  /** Reads what the engine has sent. @returns whatever else it did meanwhile. */
  listen(): void {
    const rest: EngineAction[] = [];
    for (const action of this.host.take()) {
      if (action.type === 'send-frame' && action.link === this.link) {
        const frame = decodeFrame(action.bytes);
        if (frame.kind === 'hello') this.theirs = frame;
        if (frame.kind !== 'want' || frame.batch < LISTS_FROM) this.heard.push(frame);
      } else rest.push(action);
    }
    this.rest.push(...rest);
  }

  /** What the engine did beside sending frames. */
  readonly rest: EngineAction[] = [];

  get sent(): readonly BundleKey[] {
    this.listen();
    return this.rest.flatMap((action) =>
      action.type === 'send-bundle' && action.link === this.link ? [action.entry.key] : [],
    );
  }

  get closed(): boolean {
    this.listen();
    return this.rest.some((action) => action.type === 'close-link' && action.link === this.link);
  }

  of<Kind extends GossipFrame['kind']>(kind: Kind): readonly Extract<GossipFrame, { kind: Kind }>[] {
    this.listen();
    return this.heard.filter((frame): frame is Extract<GossipFrame, { kind: Kind }> => frame.kind === kind);
  }

  idOf(key: BundleKey): Uint8Array {
    if (this.theirs === undefined) throw new Error('not greeted yet');
    return sessionIds(this.mine, this.theirs).shortId(key);
  }

  /** Whether an offer names the bundle, in full or in short. */
  wasOffered(key: BundleKey): boolean {
    const id = toHex(this.idOf(key));
    return this.of('offer').some((offer) => offer.ids.some((offered) => id.startsWith(toHex(offered))));
  }

  /** Wants everything that was offered and not answered yet. */
  wantAll(): void {
    for (const offer of this.of('offer')) {
      if (this.#answered.has(offer.batch)) continue;
      this.#answered.add(offer.batch);
      this.say({
        kind: 'want',
        batch: offer.batch,
        bitmap: new Uint8Array(Math.ceil(offer.ids.length / 8)).fill(0xff),
      });
    }
  }

  readonly #answered = new Set<number>();

  down(): void {
    this.host.feed({ type: 'link-down', link: this.link });
  }

  now(): ReturnType<typeof steadyMs> {
    return steadyMs(this.host.steady);
  }
}
