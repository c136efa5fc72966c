/** Large messages on virtual time: in chunks, over links that are cut, from whoever has some of them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Mesh, type SimNode, type SimNodeOptions } from '../../sim/index.js';
import type { InboxMessage, SentMessage } from '../../src/chat/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CHUNK = 16 * 1024;
const MIB = 1024 * 1024;

let mesh: Mesh;
let ana: SimNode;
let walker: SimNode;
let ben: SimNode;
/** The last text sent. */
let sent = '';

async function village(options: Partial<SimNodeOptions> = {}): Promise<void> {
  mesh = new Mesh({ seed: 11 });
  ana = await mesh.addNode('ana', options);
  walker = await mesh.addNode('walker', options);
  ben = await mesh.addNode('ben', options);
  await meetFor(walker, ben);
  await meetFor(ana, walker);
}

/** @returns the bytes that crossed. */
async function meetFor(a: SimNode, b: SimNode, ms = MINUTE, bytesPerSecond = 1_000_000): Promise<number> {
  const contact = await mesh.meet(a, b, { bytesPerSecond });
  await mesh.run(ms);
  await contact.cut();
  return contact.bytes;
}

async function send(from: SimNode, to: string, body: string): Promise<void> {
  sent = body;
  const reply = from.command({ command: 'send', message: { to, body } });
  await mesh.run(100);
  await reply;
}

/** No two pieces of it are alike. */
function text(length: number): string {
  let body = '';
  for (let line = 0; body.length < length; line++) body += `line ${line} of a long letter; `;
  return body.slice(0, length);
}

/** Texts are compared here: a difference would fill the screen. */
function got(node: SimNode): readonly string[] {
  return inboxOf(node).map(({ body }) => (body === sent ? 'what was sent' : `${body.length} other characters`));
}

function inboxOf(node: SimNode): readonly InboxMessage[] {
  return node.engine.inbox(node.person);
}

function stateOf(node: SimNode): SentMessage['state'] | undefined {
  return node.engine.sent(node.person)[0]?.state;
}

function held(node: SimNode, kind: 'messages' | 'bulk'): number {
  return node.engine.status(node.now()).store.byClass[kind] ?? 0;
}

describe('a message in chunks', () => {
  beforeEach(() => village());

  it('is one bundle and its chunks, and arrives as it was written', async () => {
    await send(ana, ben.jid, text(100_000));
    expect([held(ana, 'messages'), held(ana, 'bulk')]).toEqual([1, Math.ceil(100_000 / CHUNK)]);
    const writtenAt = ana.engine.sent(ana.person)[0]?.writtenAt;
    await meetFor(ana, walker);
    expect(stateOf(ana)).toEqual({ state: 'carried', by: 1 });
    await mesh.run(3 * HOUR);
    await meetFor(walker, ben);
    expect(got(ben)).toEqual(['what was sent']);
    expect(inboxOf(ben)).toMatchObject([{ from: ana.person, writtenAt }]);
  });

  it('of 16 KiB sealed stays in one bundle', async () => {
    await send(ana, ben.jid, text(16_000));
    expect([held(ana, 'messages'), held(ana, 'bulk')]).toEqual([1, 0]);
  });

  it('of 5 MiB goes on where it was cut, and takes hardly more bytes than without cuts', async () => {
    await send(ana, ben.jid, text(5 * MIB));
    let bytes = 0;
    let meetings = 0;
    // A contact of 300 ms carries a few chunks, and what becomes of the last of them is not heard.
    for (; stateOf(ana)?.state !== 'carried' && meetings < 100; meetings++) bytes += await meetFor(ana, walker, 300);
    expect(meetings).toBeGreaterThan(15);
    expect(meetings).toBeLessThan(40);
    expect(bytes).toBeLessThan(1.35 * 5 * MIB);
    for (; inboxOf(ben).length === 0 && meetings < 100; meetings++) await meetFor(walker, ben, 300);
    expect(got(ben)).toEqual(['what was sent']);
  });

  it('comes together from two carriers, each of which was cut off in the middle', async () => {
    const second = await mesh.addNode('second');
    await meetFor(second, ben);
    await meetFor(second, ana);
    await send(ana, ben.jid, text(2 * MIB));
    await meetFor(ana, walker, 1400);
    await meetFor(ana, second, 1400);
    const [some, others] = [held(walker, 'bulk'), held(second, 'bulk')];
    const count = held(ana, 'bulk');
    expect(some).toBeGreaterThan(count / 2);
    expect(some).toBeLessThan(count);
    expect(stateOf(ana)).toEqual({ state: 'kept', waitingForKey: false });
    await meetFor(walker, ben);
    const before = held(ben, 'bulk');
    await meetFor(second, ben);
    const collected = inboxOf(ben).length === 1 ? count : held(ben, 'bulk');
    // Each neighbour gets the chunks in an order of its own: what the second brings is not what the first brought.
    expect(collected - before).toBeGreaterThan(others / 8);
    await meetFor(ana, second);
    await meetFor(second, ben);
    expect(got(ben)).toEqual(['what was sent']);
  });

  it('is carried by those only who have all of it', async () => {
    await send(ana, ben.jid, text(MIB));
    await meetFor(ana, walker, 500);
    expect(held(walker, 'messages')).toBe(1);
    expect(held(walker, 'bulk')).toBeGreaterThan(0);
    expect(stateOf(ana)).toEqual({ state: 'kept', waitingForKey: false });
    await meetFor(ana, walker);
    expect(stateOf(ana)).toEqual({ state: 'carried', by: 1 });
  });

  it('is cleared everywhere by one receipt, also where its chunks came without it or come after it', async () => {
    const late = await mesh.addNode('late');
    await meetFor(late, ana);
    await send(ana, ben.jid, text(300_000));
    await meetFor(ana, walker);
    await meetFor(ana, late, 120);
    expect(held(late, 'bulk')).toBeGreaterThan(0);
    await meetFor(walker, ben);
    expect([held(walker, 'messages'), held(walker, 'bulk')]).toEqual([0, 0]);
    await meetFor(walker, late);
    expect([held(late, 'messages'), held(late, 'bulk')]).toEqual([0, 0]);
    // Ana still has all of it when they meet: it does not come back.
    await meetFor(late, ana);
    expect([held(late, 'bulk'), held(ana, 'bulk')]).toEqual([0, 0]);
    expect(stateOf(ana)?.state).toBe('delivered');
  });

  it('is not offered on by the laptop that it is for, and leaves nothing there', async () => {
    const friend = await mesh.addNode('friend');
    await send(ana, ben.jid, text(MIB));
    await meetFor(ana, walker);
    await meetFor(walker, ben, 500);
    expect(held(ben, 'bulk')).toBeGreaterThan(0);
    await meetFor(ben, friend);
    expect([held(friend, 'messages'), held(friend, 'bulk')]).toEqual([0, 0]);
    await meetFor(walker, ben);
    expect(inboxOf(ben)).toHaveLength(1);
    expect([held(ben, 'messages'), held(ben, 'bulk')]).toEqual([0, 0]);
  });

  it('that stays incomplete is gone when its lifetime ends', async () => {
    await send(ana, ben.jid, text(MIB));
    await meetFor(ana, walker, 500);
    await meetFor(walker, ben);
    expect(held(ben, 'bulk')).toBeGreaterThan(0);
    await mesh.run(15 * DAY);
    for (const node of [ana, walker, ben]) expect([held(node, 'messages'), held(node, 'bulk')]).toEqual([0, 0]);
    expect((await ben.disk()).records.get('assemblies')?.size ?? 0).toBe(0);
    expect(stateOf(ana)?.state).toBe('expired');
  });

  it('is delivered once, though the power fails at any moment while it comes', async () => {
    const body = text(60_000);
    for (let crashAfterMs = 5; crashAfterMs <= 240; crashAfterMs += 5) {
      await village();
      await send(ana, ben.jid, body);
      await meetFor(ana, walker);
      await mesh.meet(walker, ben);
      await mesh.run(crashAfterMs);
      await mesh.crash(ben);
      await ben.start();
      await meetFor(walker, ben);
      await meetFor(walker, ben);
      expect(got(ben)).toEqual(['what was sent']);
      expect([held(ben, 'bulk'), held(walker, 'bulk')]).toEqual([0, 0]);
    }
  });

  it('comes whole from its author’s disk after a crash, or not at all', async () => {
    for (const crashAfterMs of [1, 4, 5, 6, 20]) {
      await village();
      void ana.command({ command: 'send', message: { to: ben.jid, body: text(60_000) } });
      await mesh.run(crashAfterMs);
      await mesh.crash(ana);
      await ana.start();
      expect([0, Math.ceil(60_000 / CHUNK)]).toContain(held(ana, 'bulk'));
      expect(held(ana, 'bulk') > 0).toBe(held(ana, 'messages') === 1);
    }
  });
});

it.each(['direct', 'epidemic', 'first-contact', 'spray-and-wait', 'prophet', 'maxprop', 'utility'])(
  'a message in chunks arrives under %s',
  async (name) => {
    await village({ strategy: { name, parameters: name === 'spray-and-wait' ? { copies: 4 } : {} } });
    await send(ana, ben.jid, text(400_000));
    await meetFor(ana, walker, 200);
    await meetFor(ana, walker);
    await meetFor(walker, ben);
    if (name === 'direct') await meetFor(ana, ben);
    expect(got(ben)).toEqual(['what was sent']);
  },
);

it('with chunks switched off a large message is one bundle', async () => {
  await village({ chunkBytes: Number.POSITIVE_INFINITY });
  await send(ana, ben.jid, text(100_000));
  expect([held(ana, 'messages'), held(ana, 'bulk')]).toEqual([1, 0]);
  await meetFor(ana, walker);
  await meetFor(walker, ben);
  expect(got(ben)).toEqual(['what was sent']);
});
