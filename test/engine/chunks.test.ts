/** What strangers can do with manifests and chunks, and what one engine makes of the parts that come to it. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/base/index.js';
import { type BundleKey, bundleKey, encodeBundle } from '../../src/bundle/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import {
  chunkCount,
  chunkEndpoint,
  encodeChunk,
  encodeManifest,
  encodeMessage,
  encodeReceipt,
  type Manifest,
  manifestFor,
} from '../../src/chat/index.js';
import { seal } from '../../src/crypto/index.js';
import { boxKeyIdOf, chatEndpoint, type PersonId, receiptEndpoint } from '../../src/people/index.js';
import { HandNeighbour } from './support/neighbour.js';
import { keysOf, Stranger, TinyHost, type TinyHostOptions } from './support/tiny-host.js';

const KIB = 1024;
const CHUNK_BYTES = 4 * KIB;
const ana = keysOf('ana');
const ben = new Stranger('ben');
const eve = new Stranger('eve');

interface Letter {
  readonly key: BundleKey;
  readonly message: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

interface LetterOptions {
  readonly from?: Stranger;
  readonly to?: PersonId;
  readonly body?: string;
  readonly author?: PersonId;
  readonly box?: Uint8Array;
  readonly manifest?: Partial<Manifest>;
  readonly sequence?: number;
}

function sealedFor(host: TinyHost, options: LetterOptions): Uint8Array {
  const { from = ben, body = 'x'.repeat(10 * KIB), box = ana.box.publicKey } = options;
  const content = encodeMessage({ author: options.author ?? from.id, id: 'a letter', body, heldMs: 0 });
  return seal(content, [{ keyId: boxKeyIdOf(box), publicKey: box }], host.config.random);
}

/** All parts of a message in chunks, as its author would send them, but for what the options change. */
function letter(host: TinyHost, options: LetterOptions = {}): Letter {
  const { from = ben, to = host.me, sequence = 1000 } = options;
  const sealed = sealedFor(host, options);
  const manifest = manifestFor(sealed, CHUNK_BYTES);
  const creation = { time: 0, sequence };
  const message = from.bundle({
    destination: chatEndpoint(to),
    payload: encodeManifest({ ...manifest, ...options.manifest }),
    creation,
  });
  const key = bundleKey(message.primary);
  const chunks = Array.from({ length: chunkCount(manifest) }, (_, index) =>
    chunk(from, to, key, sequence + 1 + index, encodeChunk(sealed, manifest, index)),
  );
  return { key, message: encodeBundle(message), chunks };
}

function chunk(from: Stranger, to: PersonId, message: BundleKey, sequence: number, payload: Uint8Array): Uint8Array {
  const destination = chunkEndpoint(to, message);
  return encodeBundle(from.bundle({ destination, payload, creation: { time: 0, sequence } }));
}

function receiptFor(by: Stranger, of: BundleKey): Uint8Array {
  const destination = receiptEndpoint(ben.id);
  return encodeBundle(by.bundle({ destination, payload: encodeReceipt([of]) }));
}

async function receiveAll(host: TinyHost, parts: readonly Uint8Array[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const part of parts) answers.push(await host.receive(part));
  return answers;
}

function bodiesAt(host: TinyHost): readonly number[] {
  return host.engine.inbox(host.me).map(({ body }) => body.length);
}

function store(host: TinyHost) {
  return host.engine.status(host.now()).store;
}

const start = (options: TinyHostOptions = {}): Promise<TinyHost> => TinyHost.start(options);

describe('the parts of a message', () => {
  it.each([
    ['message first', (each: Letter) => [each.message, ...each.chunks]],
    ['message last', (each: Letter) => [...each.chunks, each.message]],
    ['chunks backwards', (each: Letter) => [...[...each.chunks].reverse(), each.message]],
    ['message in the middle', ({ message, chunks: [first, ...rest] }: Letter) => [first ?? message, message, ...rest]],
  ])('make it, %s', async (_, order) => {
    const host = await start();
    const parts = order(letter(host));
    expect(await receiveAll(host, parts)).toEqual(parts.map(() => 'accept'));
    expect(bodiesAt(host)).toEqual([10 * KIB]);
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0, receipts: 1 });
    expect(await receiveAll(host, parts)).toEqual(parts.map(() => 'already-had'));
    expect(host.events.filter(({ type }) => type === 'inbox')).toHaveLength(1);
  });

  it('make it after a crash in front of any commit, once', async () => {
    for (let settled = 0; settled <= 6; settled++) {
      const host = await start();
      const { message, chunks } = letter(host);
      await receiveAll(host, chunks);
      host.begin(message);
      await host.settle(settled);
      await host.crash();
      await receiveAll(host, [message, ...chunks]);
      expect(bodiesAt(host)).toEqual([10 * KIB]);
      expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0, receipts: 1 });
      await host.crash();
      expect(bodiesAt(host)).toEqual([10 * KIB]);
      expect(await receiveAll(host, [message])).toEqual(['already-had']);
    }
  });

  it('make it though the disk refuses the first time', async () => {
    const host = await start();
    const { message, chunks } = letter(host);
    await receiveAll(host, chunks);
    host.begin(message);
    await host.settle(1);
    host.failNext();
    await host.settle();
    expect(bodiesAt(host)).toEqual([]);
    await host.pass(60_000);
    expect(bodiesAt(host)).toEqual([10 * KIB]);
  });

  it('are not begun with while the inbox would have no room for them', async () => {
    const host = await start({ config: { quotaBytes: 400 * KIB } });
    const first = letter(host, { body: 'x'.repeat(25 * KIB) });
    await receiveAll(host, [first.message, ...first.chunks]);
    expect(bodiesAt(host)).toHaveLength(1);
    const second = letter(host, { body: 'y'.repeat(25 * KIB), sequence: 2000 });
    expect(await receiveAll(host, [...second.chunks, second.message])).toContain('no-room');
    expect(store(host).byClass.messages).toBe(0);
  });

  it('are carried on when they are sealed to another device', async () => {
    const host = await start();
    const other = new Stranger('ana', 'second');
    const { message, chunks } = letter(host, { box: other.local.box.publicKey });
    await receiveAll(host, [message, ...chunks]);
    expect(bodiesAt(host)).toEqual([]);
    expect(store(host).byClass).toMatchObject({ messages: 1, bulk: chunks.length, receipts: 0 });
    const neighbour = await new HandNeighbour(host, 'walker', 7).open();
    await host.pass(1_000);
    neighbour.wantAll();
    expect(neighbour.sent.length).toBeGreaterThanOrEqual(1 + chunks.length);
  });

  it('go when one receipt comes, and do not come back', async () => {
    const host = await start();
    const { key, message, chunks } = letter(host, { to: eve.id });
    await receiveAll(host, [message, ...chunks.slice(1)]);
    expect(store(host).byClass).toMatchObject({ messages: 1, bulk: chunks.length - 1 });
    await host.receive(receiptFor(new Stranger('mallory'), key));
    expect(store(host).byClass).toMatchObject({ messages: 1, bulk: chunks.length - 1 });
    await host.receive(receiptFor(eve, key));
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0 });
    expect(await receiveAll(host, [message, ...chunks])).toEqual([message, ...chunks].map(() => 'already-had'));
  });

  it('do not come at all behind a receipt that was here before them', async () => {
    const host = await start();
    const { key, message, chunks } = letter(host, { to: eve.id });
    await host.receive(receiptFor(eve, key));
    expect(await receiveAll(host, [...chunks, message])).toEqual([...chunks, message].map(() => 'already-had'));
  });
});

describe('what is not what it says', () => {
  it.each<[string, Partial<Manifest>]>([
    ['another hash', { hash: new Uint8Array(32) }],
    ['fewer bytes', { totalBytes: 2 * CHUNK_BYTES }],
  ])('is let go and not taken again: %s', async (_, manifest) => {
    const host = await start();
    const { message, chunks } = letter(host, { manifest });
    await receiveAll(host, [...chunks, message]);
    expect(bodiesAt(host)).toEqual([]);
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0, receipts: 0 });
    expect(store(host).dropped['bad-payload']).toBe(1 + chunks.length);
    expect(await receiveAll(host, [message, ...chunks])).toEqual([message, ...chunks].map(() => 'already-had'));
  });

  it('is let go: somebody else’s words, sealed again', async () => {
    const host = await start();
    const { message, chunks } = letter(host, { author: eve.id });
    await receiveAll(host, [...chunks, message]);
    expect(bodiesAt(host)).toEqual([]);
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0, receipts: 0 });
  });

  it.each([
    ['of more than any message', encodeCbor([2, 2 ** 40, CHUNK_BYTES, new Uint8Array(32)])],
    ['of chunks of one byte', encodeCbor([2, 100_000, 1, new Uint8Array(32)])],
    ['of nothing', encodeCbor([2, 0, CHUNK_BYTES, new Uint8Array(32)])],
    ['without a hash', encodeCbor([2, 100_000, CHUNK_BYTES])],
  ])('is refused: a manifest %s', async (_, payload) => {
    const host = await start();
    expect(await host.receive(encodeBundle(ben.bundle({ destination: chatEndpoint(host.me), payload })))).toBe(
      'unacceptable',
    );
  });

  it('is refused: a message behind whose number there is no room for its chunks', async () => {
    const host = await start();
    const payload = encodeCbor([2, 100_000, CHUNK_BYTES, new Uint8Array(32)]);
    const creation = { time: 0, sequence: 2n ** 64n - 5n };
    const message = ben.bundle({ destination: chatEndpoint(host.me), payload, creation });
    expect(await host.receive(encodeBundle(message))).toBe('unacceptable');
  });

  it('is refused: a chunk of another author’s message, or with another index, here and on the way', async () => {
    for (const to of [undefined, eve.id]) {
      const host = await start();
      const { key, message } = letter(host, to === undefined ? {} : { to });
      await host.receive(message);
      const payload = encodeCbor([0, new Uint8Array(CHUNK_BYTES)]);
      const person = to ?? host.me;
      expect(await host.receive(chunk(eve, person, key, 1001, payload))).toBe('unacceptable');
      expect(await host.receive(chunk(ben, person, key, 1002, payload))).toBe('unacceptable');
      expect(await host.receive(chunk(ben, person, key, 1001, encodeCbor([0])))).toBe('unacceptable');
      expect(await host.receive(chunk(ben, person, key, 1001, payload))).toBe('accept');
    }
  });

  it('is refused: a chunk of a length that the manifest does not give it', async () => {
    const host = await start();
    const { key, message } = letter(host);
    await host.receive(message);
    const short = encodeCbor([0, new Uint8Array(CHUNK_BYTES - 1)]);
    expect(await host.receive(chunk(ben, host.me, key, 1001, short))).toBe('unacceptable');
    const beyond = encodeCbor([7, new Uint8Array(CHUNK_BYTES)]);
    expect(await host.receive(chunk(ben, host.me, key, 1008, beyond))).toBe('unacceptable');
  });

  it('is never read when its parts are larger than announced', async () => {
    const host = await start();
    const { key, message, chunks } = letter(host);
    for (const [index] of chunks.entries()) {
      await host.receive(chunk(ben, host.me, key, 1001 + index, encodeCbor([index, new Uint8Array(64 * KIB)])));
    }
    host.begin(message);
    await host.settle();
    expect(bodiesAt(host)).toEqual([]);
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0 });
  });
});

describe('parts for one of our people', () => {
  it('stay when the store is full, if a contact sent them', async () => {
    const host = await start({ config: { quotaBytes: 600 * KIB } });
    await host.command({ command: 'put-contact', address: ben.id, change: {} });
    const fromContact = letter(host, { body: 'x'.repeat(50 * KIB) });
    expect(await receiveAll(host, [fromContact.message, ...fromContact.chunks.slice(1)])).not.toContain('no-room');
    const held = store(host).byClass.bulk ?? 0;
    expect(held).toBe(fromContact.chunks.length - 1);
    const fill = 'z'.repeat(3 * KIB);
    for (let i = 0; i < 300; i++) {
      const from = new Stranger(`crowd ${i % 40}`);
      const payload = new TextEncoder().encode(`${i} ${fill}`);
      const creation = { time: 0, sequence: 5000 + i };
      await host.receive(encodeBundle(from.bundle({ destination: chatEndpoint(eve.id), payload, creation })));
    }
    expect(store(host).byClass.bulk).toBe(held);
    expect(await receiveAll(host, fromContact.chunks.slice(0, 1))).toEqual(['accept']);
    expect(bodiesAt(host)).toEqual([50 * KIB]);
  });

  it('are gone with their lifetime, and so is what was remembered of them', async () => {
    const host = await start();
    const { message, chunks } = letter(host);
    await receiveAll(host, [message, ...chunks.slice(1)]);
    await host.pass(DAY_MS + 1);
    expect(store(host).byClass).toMatchObject({ messages: 0, bulk: 0 });
    expect(await host.disk()).not.toContain('assemblies');
  });
});

describe('a large text of our own', () => {
  it('is kept whole or not at all when the store is nearly full', async () => {
    const host = await start({ config: { quotaBytes: 300 * KIB } });
    await host.receive(eve.profile(1));
    const send = (body: string) => host.command({ command: 'send', message: { to: eve.id, body } });
    await send('x'.repeat(150 * KIB));
    const before = store(host).byClass.bulk;
    await expect(send('y'.repeat(150 * KIB))).rejects.toMatchObject({ code: 'ERR_QUOTA' });
    expect(store(host).byClass.bulk).toBe(before);
    expect(store(host).byClass.messages).toBe(1);
  });

  it('that waits for a key stays as it is when there is no room for all its chunks', async () => {
    const host = await start({ config: { quotaBytes: 600 * KIB } });
    const send = (to: PersonId, kib: number) =>
      host.command({ command: 'send', message: { to, body: 'x'.repeat(kib * KIB) } });
    await send(eve.id, 140);
    await host.receive(ben.profile(1));
    await send(ben.id, 250);
    await send(ben.id, 200);
    const before = store(host).byClass.bulk;
    await host.receive(eve.profile(1));
    expect(store(host).byClass.bulk).toBe(before);
    expect(host.engine.sent(host.me).map(({ state }) => state)).toContainEqual({ state: 'kept', waitingForKey: true });
  });
});
