/** Promises of custody and room by trust, through the whole engine (docs/custody.md). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Mesh, type SimNode } from '../../sim/index.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/base/index.js';
import { encodeBundle } from '../../src/bundle/index.js';
import { encodeMessage, type SentMessage } from '../../src/chat/index.js';
import { seal } from '../../src/crypto/index.js';
import { boxKeyIdOf, chatEndpoint } from '../../src/people/index.js';
import { HandNeighbour } from './support/neighbour.js';
import { keyOf, keysOf, Stranger, TinyHost } from './support/tiny-host.js';

const KIB = 1024;

/** A message for somebody who is nowhere near. */
function letterOf(author: Stranger, bytes = 300, lifetimeMs = DAY_MS): Uint8Array {
  const destination = chatEndpoint(new Stranger('nobody').id);
  return encodeBundle(author.bundle({ destination, payload: new Uint8Array(bytes), lifetimeMs }));
}

/** A message that this node's person can open. */
function letterTo(host: TinyHost, author: Stranger, body: string): Uint8Array {
  const recipient = keysOf('ana');
  const content = encodeMessage({ author: author.id, id: body.slice(0, 8), body, heldMs: 0 });
  const keys = [{ keyId: boxKeyIdOf(recipient.box.publicKey), publicKey: recipient.box.publicKey }];
  const payload = seal(content, keys, host.config.random);
  return encodeBundle(author.bundle({ destination: chatEndpoint(host.me), payload }));
}

async function addContact(host: TinyHost, person: Stranger): Promise<void> {
  await host.command({ command: 'put-contact', address: `dtn://${person.id}/`, change: {} });
}

describe('a promise of custody', () => {
  let mesh: Mesh;
  let ana: SimNode;
  let carrier: SimNode;

  beforeEach(async () => {
    mesh = new Mesh({ seed: 11 });
    ana = await mesh.addNode('ana');
    carrier = await mesh.addNode('carrier');
  });

  function sent(): SentMessage | undefined {
    return ana.engine.sent(ana.person, ana.now())[0];
  }

  async function meetFor(ms: number): Promise<void> {
    const contact = await mesh.meet(ana, carrier);
    await mesh.run(ms);
    await contact.cut();
    await mesh.run(MINUTE_MS);
  }

  async function write(): Promise<void> {
    const ben = await mesh.addNode('ben');
    const contact = await mesh.meet(ana, ben);
    await mesh.run(MINUTE_MS);
    await contact.cut();
    void ana.command({ command: 'send', message: { to: `${ben.person}@mesh.localhost`, body: 'hello' } });
    await mesh.run(MINUTE_MS);
  }

  it('is given for a contact’s message, is on disk, and is heard of by whoever brought it', async () => {
    void carrier.command({ command: 'put-contact', address: `${ana.person}@mesh.localhost`, change: {} });
    await write();
    await meetFor(MINUTE_MS);
    const promised = sent()?.state;
    expect(promised).toMatchObject({ state: 'carried', by: 1, promised: { by: 1 } });
    const [held] = (await carrier.disk()).entries.filter((entry) => entry.custodyUntil !== undefined);
    // What is told is a little less than what is kept.
    const told = promised?.state === 'carried' ? promised.promised?.until : undefined;
    expect((held?.custodyUntil ?? 0) - (told ?? 0)).toBeGreaterThan(14 * MINUTE_MS);
    expect((held?.custodyUntil ?? 0) - (told ?? 0)).toBeLessThan(16 * MINUTE_MS);
    expect(carrier.engine.status(carrier.now()).store.custody.bytes).toBeGreaterThan(0);
  });

  it('outlives a crash of either side', async () => {
    void carrier.command({ command: 'put-contact', address: `${ana.person}@mesh.localhost`, change: {} });
    await write();
    await meetFor(MINUTE_MS);
    const before = sent();
    for (const node of [ana, carrier]) {
      await mesh.crash(node);
      await node.start();
    }
    expect(sent()?.state).toEqual(before?.state);
    expect((await carrier.disk()).entries.filter((entry) => entry.custodyUntil !== undefined)).toHaveLength(1);
  });

  it('is not given to a stranger, who is told that it is carried and no more', async () => {
    await write();
    await meetFor(MINUTE_MS);
    expect(sent()?.state).toEqual({ state: 'carried', by: 1 });
  });

  it('is no more shown once its time is over', async () => {
    void carrier.command({ command: 'put-contact', address: `${ana.person}@mesh.localhost`, change: {} });
    await write();
    await meetFor(MINUTE_MS);
    await mesh.run(14 * DAY_MS - 10 * MINUTE_MS);
    expect(sent()?.state).toEqual({ state: 'carried', by: 1 });
  });

  it('is told at the next meeting when the link was gone too early', async () => {
    const host = await TinyHost.start();
    const ben = new Stranger('ben');
    await addContact(host, ben);
    const letter = letterOf(ben);
    const neighbour = await new HandNeighbour(host, 'walker', 1).open();
    host.begin(letter, 1);
    neighbour.down();
    await host.settle();
    expect(neighbour.of('custody')).toEqual([]);
    const again = await new HandNeighbour(host, 'walker', 2).open();
    expect(again.of('custody')).toMatchObject([{ keys: [keyOf(letter)] }]);
    await new HandNeighbour(host, 'walker', 3).open().then((third) => expect(third.of('custody')).toEqual([]));
  });

  it('of a neighbour counts only for our own messages, and repeating it writes nothing', async () => {
    const host = await TinyHost.start();
    const ben = new Stranger('ben');
    await host.receive(ben.profile(1));
    await host.command({ command: 'send', message: { to: `${ben.id}@mesh.test`, body: 'hi' } });
    const neighbour = await new HandNeighbour(host, 'walker', 1).open();
    neighbour.wantAll();
    const message = neighbour.rest.flatMap((action) =>
      action.type === 'send-bundle' && action.entry.destination.includes(ben.id) ? [action.entry.key] : [],
    );
    const promise = { kind: 'custody' as const, forMs: HOUR_MS, keys: [...message, keyOf(letterOf(ben))] };
    neighbour.say(promise);
    expect(host.unsettled).toBe(1);
    await host.settle();
    neighbour.say(promise);
    expect(host.unsettled).toBe(0);
    const [shown] = host.engine.sent(host.me);
    expect(shown?.state).toEqual({
      state: 'carried',
      by: 1,
      promised: { by: 1, until: host.steady + HOUR_MS },
    });
  });

  it('ends when it said, whatever the wall clock does meanwhile', async () => {
    const host = await TinyHost.start();
    const ben = new Stranger('ben');
    await host.receive(ben.profile(1));
    await host.command({ command: 'send', message: { to: `${ben.id}@mesh.test`, body: 'hi' } });
    const neighbour = await new HandNeighbour(host, 'walker', 1).open();
    neighbour.wantAll();
    const keys = neighbour.sent;
    neighbour.say({ kind: 'custody', forMs: HOUR_MS, keys });
    await host.settle();
    host.wallError = -400 * DAY_MS;
    await host.pass(HOUR_MS / 2);
    const until = host.steady + HOUR_MS / 2 + host.wallError;
    expect(host.engine.sent(host.me)[0]?.state).toMatchObject({ promised: { until } });
    host.wallError = 400 * DAY_MS;
    await host.pass(HOUR_MS / 2);
    expect(host.engine.sent(host.me)[0]?.state).toEqual({ state: 'carried', by: 1 });
  });
});

describe('room by trust', () => {
  const config = { quotaBytes: 1024 * KIB };

  it('ends for a stranger at their share, and not yet for a contact', async () => {
    const host = await TinyHost.start({ config });
    const [stranger, friend] = [new Stranger('cleo'), new Stranger('ben')];
    await addContact(host, friend);
    for (let n = 0; n < 30; n++) await host.receive(letterOf(stranger, 8 * KIB));
    const { byTier, refused } = host.engine.status(host.now()).store;
    expect(byTier.unknown.bytes).toBeLessThanOrEqual(0.1 * config.quotaBytes);
    expect(byTier.unknown.bytes).toBeGreaterThan(0.08 * config.quotaBytes);
    expect(refused['author-quota']).toBeGreaterThan(15);
    for (let n = 0; n < 20; n++) expect(await host.receive(letterOf(friend, 8 * KIB))).toBe('accept');
  });

  it('grows for what a stranger has here as soon as they are a contact', async () => {
    const host = await TinyHost.start({ config });
    const cleo = new Stranger('cleo');
    while ((await host.receive(letterOf(cleo, 8 * KIB))) === 'accept');
    await addContact(host, cleo);
    const { byTier } = host.engine.status(host.now()).store;
    expect(byTier.unknown).toMatchObject({ bytes: 0, authors: 0 });
    expect(byTier.introduced.authors).toBe(1);
    expect(await host.receive(letterOf(cleo, 8 * KIB))).toBe('accept');
  });

  it('is never taken from a contact, nor from us, by strangers of any number', async () => {
    const host = await TinyHost.start({ config });
    const friend = new Stranger('ben');
    await addContact(host, friend);
    const letters = Array.from({ length: 10 }, () => letterOf(friend, 8 * KIB));
    for (const letter of letters) await host.receive(letter);
    // Over three links: what one neighbour may bring would end before what all strangers may have.
    for (const link of [1, 2, 3]) await new HandNeighbour(host, `accomplice ${link}`, link).open();
    for (let n = 0; n < 150; n++) await host.receive(letterOf(new Stranger(`sybil ${n}`), 8 * KIB), 1 + (n % 3));
    const { store } = host.engine.status(host.now());
    expect(store.byTier.unknown.bytes).toBeLessThanOrEqual(0.6 * config.quotaBytes);
    expect(store.refused['tier-quota'] ?? 0).toBeGreaterThan(0);
    for (const letter of letters) expect(await host.read(keyOf(letter))).toBeDefined();
    expect(await host.receive(letterOf(friend, 8 * KIB))).toBe('accept');
    await expect(
      host.command({ command: 'send', message: { to: `${friend.id}@mesh.test`, body: 'mine' } }),
    ).resolves.toBeDefined();
  });

  it('is made for our own when all the rest is full, but not of what is promised', async () => {
    const host = await TinyHost.start({ config: { quotaBytes: 128 * KIB } });
    const [friend, other] = [new Stranger('ben'), new Stranger('dora')];
    for (const person of [friend, other]) await addContact(host, person);
    await host.receive(friend.profile(1));
    for (let n = 0; n < 40; n++) await host.receive(letterOf(n % 2 === 0 ? friend : other, 2 * KIB));
    const message = { to: `${friend.id}@mesh.test`, body: 'x'.repeat(8 * KIB) };
    for (let n = 0; n < 9; n++) await host.command({ command: 'send', message });
    const { store } = host.engine.status(host.now());
    expect(store.bytes).toBeLessThanOrEqual(store.quotaBytes);
    expect(store.dropped.evicted).toBeGreaterThan(0);
    expect(store.custody.bytes).toBeGreaterThan(0);
    expect(store.custody.bytes).toBeLessThanOrEqual(store.custody.limitBytes);
  });

  it('what was refused for want of room is not asked for again at once', async () => {
    const host = await TinyHost.start({ config });
    const cleo = new Stranger('cleo');
    while ((await host.receive(letterOf(cleo, 8 * KIB))) === 'accept');
    const refused = letterOf(cleo, 8 * KIB);
    expect(await host.receive(refused)).toBe('no-room');
    const neighbour = await new HandNeighbour(host, 'walker', 1, 5).open();
    neighbour.say({ kind: 'offer', batch: 1, ids: [neighbour.idOf(keyOf(refused))] });
    expect(neighbour.of('want')).toMatchObject([{ batch: 1, bitmap: new Uint8Array([0]) }]);
  });

  it('a forgery that is refused for want of room stands in nobody’s way', async () => {
    const host = await TinyHost.start({ config });
    const cleo = new Stranger('cleo');
    while ((await host.receive(letterOf(cleo, 8 * KIB))) === 'accept');
    const genuine = letterOf(cleo, 8 * KIB);
    const forged = genuine.slice();
    const at = forged.length - 100;
    forged[at] = (forged[at] ?? 0) ^ 1;
    await host.receive(forged);
    const neighbour = await new HandNeighbour(host, 'walker', 1, 5).open();
    neighbour.say({ kind: 'offer', batch: 1, ids: [neighbour.idOf(keyOf(genuine))] });
    expect(neighbour.of('want')).toMatchObject([{ batch: 1, bitmap: new Uint8Array([0x80]) }]);
  });

  it('in the inbox ends for strangers before it ends for contacts', async () => {
    const host = await TinyHost.start({ config });
    const friend = new Stranger('ben');
    await addContact(host, friend);
    const answers = new Set<string>();
    for (let n = 0; n < 40; n++) {
      answers.add(await host.receive(letterTo(host, new Stranger(`spam ${n}`), 'x'.repeat(8 * KIB))));
    }
    expect(answers).toEqual(new Set(['accept', 'no-room']));
    expect(host.engine.status(host.now()).store.refusedByTier['inbox-quota']?.unknown).toBeGreaterThan(0);
    expect(await host.receive(letterTo(host, friend, 'x'.repeat(8 * KIB)))).toBe('accept');
    expect(host.engine.inboxSize(host.me)).toBe(host.engine.inbox(host.me).length);
  });
});
