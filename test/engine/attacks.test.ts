/** What strangers, liars and odd clocks can do to one engine. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, steadyMs, utf8 } from '../../src/base/index.js';
import { type BundleKey, decodeBundle, encodeBundle, topicOf, withTransit } from '../../src/bundle/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import { encodeMessage, encodeReceipt } from '../../src/chat/index.js';
import { seal } from '../../src/crypto/index.js';
import { makeRoom } from '../../src/engine/bounds.js';
import { Core } from '../../src/engine/core.js';
import {
  boxKeyIdOf,
  chatEndpoint,
  nodeIdOf,
  type PersonId,
  PRESENCE_ENDPOINT,
  parseAddress,
  receiptEndpoint,
} from '../../src/people/index.js';
import { encodeBeacon } from '../../src/presence/index.js';
import { memoryStore } from '../../src/store/index.js';
import { HandNeighbour } from './support/neighbour.js';
import { DOMAIN, keyOf, keysOf, nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const ana = keysOf('ana');
const benId = new Stranger('ben').id;

function sealedFor(host: TinyHost, content: Uint8Array): Uint8Array {
  const key = ana.box.publicKey;
  return seal(content, [{ keyId: boxKeyIdOf(key), publicKey: key }], host.config.random);
}

function messageTo(host: TinyHost, from: Stranger, content: Uint8Array, lifetimeMs = DAY_MS): Uint8Array {
  return encodeBundle(
    from.bundle({ destination: chatEndpoint(host.me), payload: sealedFor(host, content), lifetimeMs }),
  );
}

function chat(body: string, heldMs = 0, author = new Stranger('ben').id): Uint8Array {
  return encodeMessage({ author, id: `id of ${body}`, body, heldMs });
}

function beacon(from: Stranger, version: number, show: 'available' | 'offline', ageMs = 0): Uint8Array {
  const bundle = from.bundle({
    destination: PRESENCE_ENDPOINT,
    payload: encodeBeacon({ show, status: '' }),
    topic: { name: 'presence', version },
  });
  return encodeBundle(withTransit(bundle, { ageMs }));
}

function presenceOf(host: TinyHost, person: PersonId) {
  return host.engine.lookup(host.me, `${person}@${DOMAIN}`, host.now())?.presence;
}

describe('messages and receipts', () => {
  const ben = new Stranger('ben');
  const eve = new Stranger('eve');

  it('are delivered once, with a receipt, however often they come', async () => {
    const host = await TinyHost.start();
    const bytes = messageTo(host, ben, chat('hello'));
    expect(await host.receive(bytes)).toBe('accept');
    expect(await host.receive(bytes)).toBe('already-had');
    await host.crash();
    expect(await host.receive(bytes)).toBe('already-had');
    expect(host.engine.inbox(host.me).map(({ body }) => body)).toEqual(['hello']);
    expect(host.engine.status(host.now()).store.byClass.receipts).toBe(1);
  });

  it('are not taken when there is no room for the receipt: their author would never know', async () => {
    const host = await TinyHost.start({ config: { quotaBytes: 40_000 } });
    for (let i = 0; i < 200 && host.engine.status(host.now()).store.bytes < 40_000 - 1200; i++) {
      await host.receive(new Stranger(`filler ${i}`).profile(1));
    }
    const filler = new Stranger('filler 0');
    await host.command({ command: 'send', message: { to: `${filler.id}@${DOMAIN}`, body: 'x' } }).catch(() => {});
    let refused = '';
    for (let i = 0; i < 8 && refused !== 'no-room'; i++)
      refused = await host.receive(messageTo(host, ben, chat(`${i}`)));
    expect(refused).toBe('no-room');
    expect(host.engine.inbox(host.me).length).toBe(host.engine.status(host.now()).store.byClass.receipts);
  });

  it.each([
    ['held for longer than calendars know', () => encodeCbor([1, benId, 'id', 'boo', Number.MAX_SAFE_INTEGER])],
    ['held for a negative time', () => encodeCbor([1, benId, 'id', 'boo', -1])],
    ['with no text', () => encodeCbor([1, benId, 'id', 7, 0])],
    ['with an endless id', () => encodeCbor([1, benId, 'i'.repeat(257), 'boo', 0])],
    ['of an unknown version', () => encodeCbor([2, benId, 'id', 'boo', 0])],
    ['that somebody else wrote', () => chat('stolen', 0, new Stranger('eve').id)],
    ['of nothing', () => new Uint8Array(0)],
  ])('are refused %s', async (_, content) => {
    const host = await TinyHost.start();
    expect(await host.receive(messageTo(host, ben, content()))).toBe('unacceptable');
    expect(host.engine.inbox(host.me)).toHaveLength(0);
  });

  it('have a time that calendars know even where the clock stands at 1970', async () => {
    const host = await TinyHost.start();
    host.wallError = -host.steady;
    await host.receive(messageTo(host, ben, chat('late', 300 * DAY_MS)));
    const [message] = host.engine.inbox(host.me);
    expect(Number.isFinite(new Date(message?.writtenAt ?? Number.NaN).getTime())).toBe(true);
  });

  it('from a clock before 2000 are told apart by their sequence numbers', async () => {
    const host = await TinyHost.start();
    host.wallError = -host.steady + 1000;
    await host.receive(ben.profile(1));
    for (const body of ['one', 'two'])
      await host.command({ command: 'send', message: { to: `${ben.id}@${DOMAIN}`, body } });
    expect(host.engine.status(host.now()).store.byClass.messages).toBe(2);
  });

  it('made without a clock by a restored backup never share their ids with those made before', async () => {
    const made = async (seed: number): Promise<readonly BundleKey[]> => {
      const host = await TinyHost.start({ wallTrusted: false, seed });
      const neighbour = await new HandNeighbour(host, 'n', 1).open();
      neighbour.wantAll();
      return neighbour.sent;
    };
    const [before, after] = [await made(1), await made(2)];
    expect(before.length).toBeGreaterThan(0);
    expect(after.filter((key) => before.includes(key))).toEqual([]);
  });

  it('are read in the order of writing, whatever order they came in', async () => {
    const host = await TinyHost.start();
    const bodies = ['third', 'second', 'first'];
    for (const [index, body] of bodies.entries()) await host.receive(messageTo(host, ben, chat(body, index * 1000)));
    expect(host.engine.inbox(host.me).map(({ body }) => body)).toEqual(['first', 'second', 'third']);
  });

  it('are not cleared, and not called delivered, by a receipt of somebody else', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1));
    await host.command({ command: 'send', message: { to: `${ben.id}@${DOMAIN}`, body: 'for Ben' } });
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    neighbour.wantAll();
    const keys = neighbour.sent;
    const forged = eve.bundle({ destination: receiptEndpoint(host.me), payload: encodeReceipt(keys) });
    expect(await host.receive(encodeBundle(forged))).toBe('accept');
    expect(host.engine.sent(host.me)[0]?.state.state).toBe('kept');
    expect(host.engine.status(host.now()).store.byClass.messages).toBe(1);
    const genuine = ben.bundle({ destination: receiptEndpoint(host.me), payload: encodeReceipt(keys) });
    expect(await host.receive(encodeBundle(genuine))).toBe('accept');
    expect(host.engine.sent(host.me)[0]?.state.state).toBe('delivered');
    expect(host.engine.status(host.now()).store.byClass.messages).toBe(0);
  });

  it('that expired and arrived after all are told as delivered', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1, { lifetimeMs: 30 * DAY_MS }));
    await host.command({ command: 'send', message: { to: `${ben.id}@${DOMAIN}`, body: 'slow', wantsReceipt: true } });
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    neighbour.wantAll();
    const keys = neighbour.sent;
    await host.pass(15 * DAY_MS);
    const [sent] = host.engine.sent(host.me);
    expect(sent?.state.state).toBe('expired');
    await host.command({ command: 'mark-outcome-shown', localIds: [sent?.localId ?? ''] });
    await host.receive(
      encodeBundle(ben.bundle({ destination: receiptEndpoint(host.me), payload: encodeReceipt(keys) })),
    );
    expect(host.engine.sent(host.me)[0]).toMatchObject({ state: { state: 'delivered' }, outcomeShown: false });
  });

  it('that come after their receipt are not carried', async () => {
    const host = await TinyHost.start();
    const message = ben.bundle({ destination: chatEndpoint(eve.id), payload: Uint8Array.of(1) });
    const key = keyOf(encodeBundle(message));
    await host.receive(
      encodeBundle(eve.bundle({ destination: receiptEndpoint(ben.id), payload: encodeReceipt([key]) })),
    );
    expect(await host.receive(encodeBundle(message))).toBe('already-had');
  });

  it('are not called done with before their receipt is on disk', async () => {
    for (const fails of [false, true]) {
      const host = await TinyHost.start();
      const message = encodeBundle(ben.bundle({ destination: chatEndpoint(eve.id), payload: Uint8Array.of(1) }));
      const payload = encodeReceipt([keyOf(message)]);
      if (fails) host.failNext();
      host.begin(encodeBundle(eve.bundle({ destination: receiptEndpoint(ben.id), payload })));
      const transfer = host.begin(message, 2);
      expect(host.answerTo(transfer)).toBeUndefined();
      await host.settle();
      expect(host.answerTo(transfer)).toBe(fails ? 'no-room' : 'already-had');
    }
  });

  it('to oneself arrive', async () => {
    const host = await TinyHost.start();
    const sent = await host.command({ command: 'send', message: { to: `${host.me}@${DOMAIN}`, body: 'note' } });
    expect(sent).toMatchObject({ state: { state: 'delivered' } });
    expect(host.engine.inbox(host.me)).toMatchObject([{ body: 'note', from: host.me }]);
  });

  it('between two people of one laptop need no travel', async () => {
    const host = await TinyHost.start({ people: [keysOf('ana'), keysOf('cem')] });
    const [first, second] = host.engine.people;
    await host.command({ command: 'send', message: { to: second?.jid ?? '', body: 'dinner' } });
    expect(host.engine.inbox(second?.personId as PersonId)).toMatchObject([{ body: 'dinner', fromJid: first?.jid }]);
    expect(host.engine.status(host.now()).store.byClass.messages).toBe(0);
  });
});

describe('bundles that are not what they should be', () => {
  const ben = new Stranger('ben');

  it.each([
    ['an age beyond all numbers', (bundle) => withTransit(bundle, { ageMs: Number.MAX_SAFE_INTEGER })],
    ['more hops than allowed', (bundle) => withTransit(bundle, { hopCount: { limit: 64, count: 65 } })],
  ] as readonly (readonly [string, (bundle: ReturnType<Stranger['bundle']>) => ReturnType<Stranger['bundle']>])[])(
    'are refused: %s',
    async (_, spoil) => {
      const host = await TinyHost.start();
      const bundle = ben.bundle({ destination: chatEndpoint(new Stranger('far').id), payload: utf8('?') });
      expect(await host.receive(encodeBundle(spoil(bundle)))).toBe('unacceptable');
      expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    },
  );

  it.each([
    [
      'a presence with the topic of a profile',
      { destination: PRESENCE_ENDPOINT, topic: { name: 'profile', version: 1 } },
    ],
    ['a presence with no topic', { destination: PRESENCE_ENDPOINT }],
    [
      'a message with a topic',
      { destination: chatEndpoint(new Stranger('x').id), topic: { name: 'profile', version: 9 } },
    ],
  ])('are refused: %s', async (_, spec) => {
    const host = await TinyHost.start();
    const payload = encodeBeacon({ show: 'available', status: '' });
    expect(await host.receive(encodeBundle(ben.bundle({ payload, ...spec })))).toBe('unacceptable');
    expect(host.engine.status(host.now()).store.refused['bad-topic']).toBe(1);
  });

  it('change nothing: any single byte of a profile altered on the way', async () => {
    const host = await TinyHost.start();
    const bytes = ben.profile(1, { nickname: 'Ben' });
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      const answer = await host.receive(altered);
      if (answer !== 'accept') continue;
      // Only what no signature covers may pass: age, hops, the kid.
      expect(
        presenceOf(host, ben.id) === undefined ||
          host.engine.lookup(host.me, `${ben.id}@${DOMAIN}`, host.now())?.nickname === 'Ben',
      ).toBe(true);
    }
    expect(host.engine.lookup(host.me, `ben.${ben.id.slice(0, 6)}@${DOMAIN}`, host.now())?.nickname ?? 'Ben').toBe(
      'Ben',
    );
  });

  it('with a creation time 584 million years ahead are shown with the receiver’s time', async () => {
    const host = await TinyHost.start();
    const bundle = ben.bundle({
      destination: chatEndpoint(host.me),
      payload: sealedFor(host, chat('from the future')),
      creation: { time: Number.MAX_SAFE_INTEGER, sequence: 1 },
    });
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    expect(host.engine.inbox(host.me)[0]?.writtenAt).toBe(host.now().wall);
  });
});

describe('strangers in numbers', () => {
  it('a person of a hundred devices can still be written to, and costs sixteen records', async () => {
    const host = await TinyHost.start();
    const first = new Stranger('many');
    await host.command({ command: 'send', message: { to: `${first.id}@${DOMAIN}`, body: 'before I knew' } });
    for (let i = 0; i < 100; i++) await host.receive(new Stranger('many', `device ${i}`).profile(i + 1));
    await host.command({ command: 'send', message: { to: `${first.id}@${DOMAIN}`, body: 'now' } });
    expect(host.engine.sent(host.me).map(({ state }) => state)).toEqual([
      { state: 'kept', waitingForKey: false },
      { state: 'kept', waitingForKey: false },
    ]);
    expect(JSON.parse(await host.disk())[2].find(([space]: [string]) => space === 'devices')[1]).toHaveLength(17);
  });

  it('push out strangers that were heard of longest ago, never whom somebody knows', async () => {
    const host = await TinyHost.start();
    const core = new Core(host.config, await memoryStore(host.config.random).load());
    const table = core.state.counters;
    const add = (key: string): void => {
      const transaction = core.begin();
      makeRoom(transaction, table, key, 5, (other) => other.startsWith('friend'));
      transaction.set(table, key, 1);
    };
    for (const key of ['friend 1', 'a', 'b', 'friend 2', 'c', 'd', 'e', 'b', 'f']) add(key);
    expect([...table.entries()].map(([key]) => key).sort()).toEqual(['b', 'e', 'f', 'friend 1', 'friend 2']);
  });
});

describe('presence', () => {
  const ben = new Stranger('ben');
  const benAgain = new Stranger('ben', 'second');

  it('is believed only of its newest version, also when that expired long ago', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1, { lifetimeMs: 30 * DAY_MS }));
    await host.receive(beacon(ben, 5, 'offline'));
    await host.pass(2 * DAY_MS);
    expect(await host.receive(beacon(ben, 4, 'available'))).toBe('already-had');
    expect(presenceOf(host, ben.id)?.show).toBe('offline');
  });

  it('of one device goes by versions even where measured ages contradict them', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1));
    await host.receive(beacon(ben, 5, 'available', 1000));
    await host.receive(beacon(ben, 6, 'offline', 1500));
    expect(presenceOf(host, ben.id)?.confidence).toBeLessThan(0.1);
  });

  it('of a laptop that was set up afresh is carried and believed, though its versions are lower', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1));
    await host.receive(beacon(ben, 1_800_000_000_000, 'offline'));
    await host.pass(60_000);
    expect(await host.receive(beacon(benAgain, 1, 'available'))).toBe('accept');
    expect(presenceOf(host, ben.id)?.show).toBe('available');
  });

  it('is certain only over a link that is up, and not a moment after the neighbour broke a rule', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1));
    await host.command({ command: 'put-contact', address: `${ben.id}@${DOMAIN}`, change: {} });
    const neighbour = await new HandNeighbour(host, 'ben', 3).open();
    expect(neighbour.id).toBe(nodeIdOf(nodeKeyOf('ben').publicKey));
    expect(presenceOf(host, ben.id)?.confidence).toBe(1);
    host.events.length = 0;
    neighbour.sayBytes(Uint8Array.of(0xff));
    expect(neighbour.closed).toBe(true);
    expect(presenceOf(host, ben.id)?.confidence).toBeLessThan(1);
    expect(host.events.at(-1)).toMatchObject({ type: 'presence', contact: { personId: ben.id } });
  });

  /** The versions of a topic that a neighbour is given, own signatures and all. */
  async function given(host: TinyHost, topic: string, link: number): Promise<readonly (number | undefined)[]> {
    const neighbour = await new HandNeighbour(host, 'n', link).open();
    neighbour.wantAll();
    const bundles = await Promise.all(neighbour.sent.map((key) => host.read(key)));
    const topics = bundles.map((bytes) => (bytes === undefined ? undefined : topicOf(decodeBundle(bytes))));
    return topics.filter((found) => found?.name === topic).map((found) => found?.version);
  }

  it('says anew what a lost store had said better: its own newer beacon comes back', async () => {
    const host = await TinyHost.start({ wallTrusted: false });
    await host.receive(beacon(new Stranger('ana'), 1000, 'available'));
    expect(await given(host, 'presence', 1)).toEqual([1000]);
    await host.pass(6000);
    expect(await given(host, 'presence', 2)).toEqual([1001]);
  });

  it('publishes its profile anew when an older self’s comes back from the mesh', async () => {
    const host = await TinyHost.start({ wallTrusted: false });
    await host.receive(new Stranger('ana').profile(1000, { nickname: 'Old Me' }));
    expect(host.engine.nextWake()).toBeLessThanOrEqual(host.steady);
    await host.pass(0);
    expect(host.engine.nextWake()).toBeGreaterThan(host.steady);
    expect(await given(host, 'profile', 1)).toEqual([1001]);
    expect(host.engine.people[0]?.nickname).toBe('ana');
  });
});

describe('names', () => {
  const ben = new Stranger('ben');

  it('never hold control characters or turns of direction, on either side', async () => {
    const host = await TinyHost.start({ people: [{ ...ana, nickname: 'A\u0000n\n\u202ea' }] });
    expect(host.engine.people[0]?.nickname).toBe('Ana');
    expect(await host.receive(ben.profile(1, { nickname: 'Be\u202en' }))).toBe('unacceptable');
    expect(await host.receive(ben.profile(2, { nickname: 'Be\nn' }))).toBe('unacceptable');
    expect(await host.receive(ben.profile(3, { nickname: 'Bén 🐟' }))).toBe('accept');
  });

  it('changed by their owner reach the roster; the JID stays', async () => {
    const host = await TinyHost.start();
    await host.receive(ben.profile(1));
    const jid = `ben.${ben.id.slice(0, 6)}@${DOMAIN}`;
    await host.command({ command: 'put-contact', address: jid, change: {} });
    host.events.length = 0;
    await host.receive(ben.profile(2, { nickname: 'Benedict' }));
    expect(host.events).toContainEqual(
      expect.objectContaining({
        type: 'contact-changed',
        contact: expect.objectContaining({ jid, nickname: 'Benedict' }),
      }),
    );
    expect(host.engine.contacts(host.me, host.now()).map((contact) => contact.jid)).toEqual([jid]);
  });

  it('one’s own login JID does not follow what one’s other laptop calls itself', async () => {
    const host = await TinyHost.start();
    const before = host.engine.people[0]?.jid;
    await host.receive(new Stranger('ana', 'other').profile(4_000_000_000_000, { nickname: 'Somebody Else' }));
    expect(host.engine.people[0]?.jid).toBe(before);
  });

  it('added under two addresses stay two contacts that mean one person, each changed by its own JID', async () => {
    const host = await TinyHost.start();
    const short = `ben.${ben.id.slice(0, 6)}@${DOMAIN}`;
    await host.command({ command: 'put-contact', address: short, change: { petname: 'short' } });
    await host.command({ command: 'put-contact', address: `dtn://${ben.id}/`, change: { petname: 'full' } });
    await host.receive(ben.profile(1));
    await host.command({ command: 'put-contact', address: short, change: { petname: 'changed' } });
    const contacts = host.engine.contacts(host.me, host.now());
    expect(contacts.map(({ petname, personId }) => [petname, personId]).sort()).toEqual([
      ['changed', ben.id],
      ['full', ben.id],
    ]);
    expect(await host.command({ command: 'remove-contact', address: short })).toBe(true);
    expect(host.engine.contacts(host.me, host.now()).map(({ petname }) => petname)).toEqual(['full']);
  });

  it('in addresses come back as JIDs that a client can hold', () => {
    const address = parseAddress(`Ben\\20\u0001Smith.abc234@${DOMAIN}`, DOMAIN);
    expect(address).toEqual({ kind: 'short', nickname: 'ben-smith', prefix: 'abc234' });
  });
});

describe('waking', () => {
  it('is never asked for again at once, a few wakes after anything', async () => {
    const host = await TinyHost.start();
    for (let i = 0; i < 40; i++)
      await host.receive(new Stranger(`s${i}`).profile(1, { lifetimeMs: 1000 + i * 997_000 }));
    host.feed({ type: 'set-presence', person: host.me, show: 'available', status: '' });
    for (let i = 0; i < 200; i++) {
      host.steady = Math.max(host.steady, host.engine.nextWake() ?? host.steady);
      await host.pass(0);
      for (let again = 0; again < 3 && (host.engine.nextWake() ?? 0) <= host.steady; again++) await host.pass(0);
      expect(host.engine.nextWake()).toBeGreaterThan(host.steady);
    }
    expect(steadyMs(host.steady)).toBeGreaterThan(0);
  });
});
