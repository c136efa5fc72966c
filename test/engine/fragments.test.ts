/** Fragments in a running node: carried, put together where that is called for, bounded, and believed only once whole. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, seededRandom, toHex } from '../../src/base/index.js';
import {
  type Bundle,
  BundleFlag,
  bundleKey,
  bundleKeyOf,
  decodeBundle,
  encodeBundle,
  formatEid,
  fragmentBundle,
  payloadOf,
} from '../../src/bundle/index.js';
import { encodeMessage, encodeReceipt } from '../../src/chat/index.js';
import { seal } from '../../src/crypto/index.js';
import { boxKeyIdOf, chatEndpoint, nodeEid, nodeIdOf, receiptEndpoint } from '../../src/people/index.js';
import { cut, foreignBundle, HARBOUR, meetForeign, pushedTo, STATION } from './support/foreign.js';
import { HandNeighbour } from './support/neighbour.js';
import { keysOf, nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const ben = new Stranger('ben');
const cleo = new Stranger('cleo');
const PAYLOAD = seededRandom(3).bytes(3_000);

/** A message for whoever the host serves, long enough to be cut. */
function letter(to = keysOf('ana'), body = 'x'.repeat(2_000), lifetimeMs = DAY_MS): Bundle {
  const content = encodeMessage({ author: ben.id, id: 'm1', body, heldMs: 0 });
  const recipient = { keyId: boxKeyIdOf(to.box.publicKey), publicKey: to.box.publicKey };
  const payload = seal(content, [recipient], seededRandom(9));
  return ben.bundle({ destination: chatEndpoint(new Stranger(to.nickname).id), payload, lifetimeMs });
}

async function receiveAll(host: TinyHost, pieces: readonly Uint8Array[], link = 1): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const piece of pieces) answers.push(await host.receive(piece, link));
  return answers;
}

function fragmentsOf(host: TinyHost) {
  return host.engine.status(host.now()).dtn.fragments;
}

describe('fragments of a foreign bundle', () => {
  it('are relayed as they are, each by itself', async () => {
    const host = await TinyHost.start();
    const pieces = cut(foreignBundle({ payload: PAYLOAD }), { maxPayloadBytes: 1_000 });
    expect(await receiveAll(host, pieces)).toEqual(['accept', 'accept', 'accept']);
    expect(await host.receive(pieces[1] as Uint8Array)).toBe('already-had');
    await meetForeign(host, 2, HARBOUR);
    const sent = (await pushedTo(host, 2)).filter(({ primary }) => formatEid(primary.source) === `${STATION}log`);
    expect(sent.map((each) => toHex(encodeBundle(each))).sort()).toEqual(pieces.map((piece) => toHex(piece)).sort());
    expect(fragmentsOf(host)).toEqual({ held: 3, reassembled: 0, spoilt: 0 });
  });

  it('that begin at one place and end at different ones are two', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ payload: PAYLOAD });
    const [short] = cut(bundle, { cuts: [500] });
    const [long] = cut(bundle, { cuts: [700] });
    expect(await receiveAll(host, [short as Uint8Array, long as Uint8Array])).toEqual(['accept', 'accept']);
  });

  it('make way for the whole, and need not come after it', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ payload: PAYLOAD });
    const [first, second] = cut(bundle, { cuts: [1_000] });
    await host.receive(first as Uint8Array);
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    expect(fragmentsOf(host).held).toBe(0);
    expect(await host.receive(first as Uint8Array)).toBe('already-had');
    expect(await host.receive(second as Uint8Array)).toBe('already-had');
    expect(host.engine.standing(bundleKeyOf(decodeBundle(second as Uint8Array)))).toBe('reassembled');
  });

  it('that are all here need not come whole from a Hearsay neighbour', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ payload: PAYLOAD });
    await receiveAll(host, cut(bundle, { maxPayloadBytes: 1_000 }));
    const neighbour = await new HandNeighbour(host, 'n', 2).open();
    neighbour.say({ kind: 'offer', batch: 1, ids: [neighbour.idOf(bundleKeyOf(bundle)), new Uint8Array(8).fill(9)] });
    expect(neighbour.of('want').at(-1)?.bitmap).toEqual(Uint8Array.of(0b0100_0000));
  });

  it('of something larger than any bundle are refused', async () => {
    const host = await TinyHost.start();
    const [first] = cut(foreignBundle({ payload: PAYLOAD }), { cuts: [1_000] });
    const { primary, blocks } = decodeBundle(first as Uint8Array);
    const huge = encodeBundle({ primary: { ...primary, fragment: { offset: 0, totalLength: 2 ** 40 } }, blocks });
    expect(await host.receive(huge)).toBe('unacceptable');
  });

  it('for this very node are put together, after a power cut too', async () => {
    const host = await TinyHost.start();
    const destination = `${formatEid(nodeEid(nodeIdOf(nodeKeyOf('here').publicKey)))}inbox`;
    const bundle = foreignBundle({ payload: PAYLOAD, destination, lifetimeMs: DAY_MS });
    const pieces = cut(bundle, { maxPayloadBytes: 1_000 });
    await receiveAll(host, pieces.slice(0, 2));
    await host.pass(HOUR_MS);
    await host.crash();
    await host.receive(pieces[2] as Uint8Array);
    expect(fragmentsOf(host)).toEqual({ held: 0, reassembled: 1, spoilt: 0 });
    const whole = await host.read(bundleKeyOf(bundle));
    expect(toHex(payloadOf(decodeBundle(whole ?? new Uint8Array(0))))).toBe(toHex(PAYLOAD));
    // As old as its oldest piece: it still ends when it would have.
    await host.pass(23 * HOUR_MS + 1_000);
    expect(await host.read(bundleKeyOf(bundle))).toBeUndefined();
  });

  it('whose last piece came just before a power cut are put together after it', async () => {
    const host = await TinyHost.start();
    const destination = `dtn://${host.me}/inbox`;
    const bundle = foreignBundle({ payload: PAYLOAD, destination });
    const [first, second] = cut(bundle, { cuts: [1_500] });
    await host.receive(first as Uint8Array);
    host.begin(second as Uint8Array);
    // On disk, and not read yet.
    await host.settle(1);
    await host.crash();
    expect(fragmentsOf(host).reassembled).toBe(1);
    expect(await host.read(bundleKeyOf(bundle))).toBeDefined();
  });
});

describe('fragments of a person’s bundle', () => {
  it('are verified once they are whole, opened and delivered, in whatever order they come', async () => {
    const host = await TinyHost.start();
    const bundle = letter();
    const pieces = cut(bundle, { maxPayloadBytes: 500 });
    await receiveAll(host, pieces.toReversed());
    expect(host.engine.inbox(host.me).map(({ body, from }) => [body.length, from])).toEqual([[2_000, ben.id]]);
    expect(fragmentsOf(host)).toEqual({ held: 0, reassembled: 1, spoilt: 0 });
    expect(await host.receive(encodeBundle(bundle))).toBe('already-had');
    expect(host.engine.inboxSize(host.me)).toBe(1);
  });

  it('are strangers’ mail until then, whoever they name', async () => {
    const host = await TinyHost.start();
    const [first] = cut(letter(), { cuts: [500] });
    await host.receive(first as Uint8Array);
    const { byTier } = host.engine.status(host.now()).store;
    expect([byTier.foreign.authors, byTier.unknown.bytes]).toEqual([1, 0]);
  });

  it('that name our own people take none of their room', async () => {
    const host = await TinyHost.start();
    const mine = new Stranger('ana').bundle({ destination: chatEndpoint(cleo.id), payload: PAYLOAD });
    await host.receive(cut(mine, { cuts: [500] })[0] as Uint8Array);
    expect(host.engine.status(host.now()).store.byTier.foreign.authors).toBe(1);
  });

  it('are put together by a relay too, and are a signed message from then on', async () => {
    const host = await TinyHost.start();
    const bundle = letter(keysOf('cleo'));
    await receiveAll(host, cut(bundle, { maxPayloadBytes: 500 }));
    const { store } = host.engine.status(host.now());
    expect([store.byClass.messages, store.byTier.foreign.bytes]).toEqual([1, 0]);
    expect(store.byTier.unknown.bytes).toBeGreaterThan(2_000);
  });

  it('go with the receipt for the whole, and do not come again', async () => {
    const host = await TinyHost.start();
    const bundle = letter(keysOf('cleo'));
    const [first, second] = cut(bundle, { cuts: [500] });
    await host.receive(first as Uint8Array);
    const payload = encodeReceipt([bundleKey(bundle.primary)]);
    await host.receive(encodeBundle(cleo.bundle({ destination: receiptEndpoint(ben.id), payload })));
    expect(fragmentsOf(host).held).toBe(0);
    expect(await host.receive(second as Uint8Array)).toBe('already-had');
  });

  it('of a message that another made in their name are let go, and the genuine ones still make it whole', async () => {
    const host = await TinyHost.start();
    const genuine = letter();
    const forged: Bundle = {
      primary: genuine.primary,
      blocks: genuine.blocks.map((block) =>
        block.type === 1 ? { ...block, data: block.data.map((byte, at) => (at === 700 ? byte ^ 1 : byte)) } : block,
      ),
    };
    await receiveAll(host, cut(forged, { maxPayloadBytes: 400 }));
    expect(host.engine.inboxSize(host.me)).toBe(0);
    expect(fragmentsOf(host)).toEqual({ held: 0, reassembled: 0, spoilt: 1 });
    expect(host.engine.status(host.now()).store.refused['bad-signature']).toBe(1);
    await receiveAll(host, cut(genuine, { maxPayloadBytes: 450 }));
    expect(host.engine.inboxSize(host.me)).toBe(1);
  });

  it('mixed with forged ones do no harm but a second try', async () => {
    const host = await TinyHost.start();
    const genuine = letter();
    const [first, ...rest] = cut(genuine, { maxPayloadBytes: 600 });
    // The same name and another destination block: what they cover together is no bundle.
    const wrong = fragmentBundle(
      { ...genuine, primary: { ...genuine.primary, lifetimeMs: 77_777_777 } },
      { cuts: [600] },
    );
    if (!wrong.ok) throw new Error('not cut');
    await host.receive(encodeBundle(wrong.fragments[1] as Bundle));
    await host.receive(first as Uint8Array);
    expect(fragmentsOf(host).spoilt).toBe(1);
    await receiveAll(host, rest);
    // The first was let go with the forged one; cut elsewhere it is another piece.
    await host.receive(cut(genuine, { cuts: [650] })[0] as Uint8Array);
    expect(host.engine.inboxSize(host.me)).toBe(1);
  });
});

describe('a bomb of fragments', () => {
  it('of one bundle ends at a thousand pieces', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ payload: new Uint8Array(5_000) });
    const answers = new Map<string, number>();
    for (const piece of cut(bundle, { maxPayloadBytes: 1 }).slice(0, 1_100)) {
      const answer = await host.receive(piece);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect(answers.get('no-room')).toBeGreaterThanOrEqual(76);
    expect(fragmentsOf(host).held).toBeLessThanOrEqual(1_024);
  });

  it('of many bundles stays in the share of foreign authors, also when it names people', async () => {
    const quotaBytes = 2 * 1024 * 1024;
    const host = await TinyHost.start({ config: { quotaBytes } });
    for (let i = 0; i < 200; i++) {
      const bundle = i % 2 === 0 ? foreignBundle({ payload: new Uint8Array(4_000) }) : letter(keysOf('cleo'));
      await host.receive(cut(bundle, { cuts: [1_900] })[0] as Uint8Array, i % 7);
    }
    const { byTier } = host.engine.status(host.now()).store;
    expect(byTier.foreign.bytes).toBeLessThanOrEqual(0.15 * quotaBytes);
    expect(byTier.unknown.bytes).toBe(0);
  });
});

describe('a bundle whose link was cut', () => {
  const big = (change: Parameters<typeof foreignBundle>[0] = {}): Bundle =>
    foreignBundle({ payload: seededRandom(4).bytes(60_000), ...change });

  async function cutAfter(host: TinyHost, bundle: Bundle, bytes: number): Promise<number> {
    host.feed({ type: 'bundle-cut', link: 1, bytes: encodeBundle(bundle).slice(0, bytes), tookMs: 50 });
    await host.settle();
    return fragmentsOf(host).held;
  }

  it('leaves what came as a fragment, which the rest makes whole at its destination', async () => {
    const host = await TinyHost.start();
    await meetForeign(host, 1, STATION);
    const bundle = big({ destination: `dtn://${host.me}/inbox` });
    expect(await cutAfter(host, bundle, 40_000)).toBe(1);
    const [, rest] = cut(bundle, { cuts: [30_000] });
    expect(await host.receive(rest as Uint8Array)).toBe('accept');
    expect(fragmentsOf(host)).toEqual({ held: 0, reassembled: 1, spoilt: 0 });
    const whole = await host.read(bundleKeyOf(bundle));
    expect(toHex(payloadOf(decodeBundle(whole ?? new Uint8Array(0))))).toBe(toHex(payloadOf(bundle)));
  });

  it('leaves nothing when the whole comes again', async () => {
    const host = await TinyHost.start();
    const bundle = big();
    await cutAfter(host, bundle, 40_000);
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    expect(fragmentsOf(host).held).toBe(0);
  });

  it('leaves nothing of a few bytes, of what must not be cut, of a message, or of rubbish', async () => {
    const host = await TinyHost.start();
    expect(await cutAfter(host, big(), 10_000)).toBe(0);
    expect(await cutAfter(host, big({ flags: BundleFlag.MustNotFragment }), 40_000)).toBe(0);
    expect(await cutAfter(host, letter(keysOf('cleo'), 'x'.repeat(30_000)), 25_000)).toBe(0);
    host.feed({ type: 'bundle-cut', link: 1, bytes: seededRandom(1).bytes(20_000), tookMs: 0 });
    expect(fragmentsOf(host).held).toBe(0);
  });
});
