/** The main job on virtual time: Ana and Ben never meet; a third laptop walks between them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Mesh, type SimNode, type SimNodeOptions } from '../../sim/index.js';
import type { InboxMessage, SentMessage } from '../../src/chat/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TWO_YEARS = 2 * 365 * 24 * HOUR;

let mesh: Mesh;
let ana: SimNode;
let walker: SimNode;
let ben: SimNode;

async function village(options: { ana?: Partial<SimNodeOptions> } = {}): Promise<void> {
  mesh = new Mesh({ seed: 7 });
  ana = await mesh.addNode('ana', options.ana);
  walker = await mesh.addNode('walker');
  ben = await mesh.addNode('ben');
}

async function meetFor(a: SimNode, b: SimNode, ms = MINUTE): Promise<void> {
  await mesh.meet(a, b);
  await mesh.run(ms);
  await mesh.part(a, b);
}

/** The walker goes back and forth once, so that everybody has heard of everybody. */
async function introduce(): Promise<void> {
  await meetFor(walker, ben);
  await meetFor(ana, walker);
}

/** A reply comes only as virtual time passes: the command starts now, the caller lets time run. */
async function send(from: SimNode, to: string, body: string): Promise<SentMessage> {
  const reply = from.command({ command: 'send', message: { to, body, clientId: `id-${body.length}` } });
  await mesh.run(100);
  return (await reply) as SentMessage;
}

function inboxOf(node: SimNode): readonly InboxMessage[] {
  return node.engine.inbox(node.person);
}

function stateOf(node: SimNode): string | undefined {
  return node.engine.sent(node.person)[0]?.state.state;
}

describe('three laptops, one of which walks', () => {
  beforeEach(() => village());

  it('carries a message over a laptop in between, and the receipt back', async () => {
    await introduce();
    const writtenAt = ana.now().wall;
    await send(ana, ben.jid, 'hello Ben');
    expect(stateOf(ana)).toBe('kept');

    await meetFor(ana, walker);
    expect(ana.engine.sent(ana.person)[0]?.state).toEqual({ state: 'carried', by: 1 });
    await mesh.run(3 * HOUR);
    expect(inboxOf(ben)).toHaveLength(0);

    await meetFor(walker, ben);
    expect(inboxOf(ben)).toMatchObject([{ body: 'hello Ben', from: ana.person, fromJid: ana.jid }]);
    expect(inboxOf(ben)[0]?.writtenAt).toBe(writtenAt);
    const deliveredAt = ben.now().wall;

    await mesh.run(5 * HOUR);
    expect(stateOf(ana)).toBe('carried');
    await meetFor(walker, ana);
    const state = ana.engine.sent(ana.person)[0]?.state;
    expect(state?.state).toBe('delivered');
    expect(state?.state === 'delivered' && Math.abs(state.at - deliveredAt)).toBeLessThan(2 * MINUTE);
  });

  it('keeps a message for somebody not heard of yet, and sends it with its true time once they are', async () => {
    const benJid = ben.jid;
    const writtenAt = ana.now().wall;
    await send(ana, benJid, 'are you there?');
    expect(ana.engine.sent(ana.person)[0]?.state).toEqual({ state: 'kept', waitingForKey: true });
    await mesh.run(2 * HOUR);
    await introduce();
    await meetFor(walker, ben);
    const [message] = inboxOf(ben);
    expect(message?.body).toBe('are you there?');
    expect(Math.abs((message?.writtenAt ?? 0) - writtenAt)).toBeLessThan(1000);
  });

  it.each([
    ['knows it', true],
    ['does not know it', false],
  ])('shows the true time though the author’s clock is two years slow and she %s', async (_, knowsClockIsWrong) => {
    await village({ ana: { clockErrorMs: -TWO_YEARS, knowsClockIsWrong } });
    await introduce();
    const trueTime = mesh.time.now;
    await send(ana, ben.jid, 'what year is it?');
    await meetFor(ana, walker);
    await mesh.run(HOUR);
    await meetFor(walker, ben);
    expect(Math.abs((inboxOf(ben)[0]?.writtenAt ?? 0) - trueTime)).toBeLessThan(1000);
  });

  it('shows the true time though the message took minutes to cross each link', async () => {
    await village({ ana: { clockErrorMs: -TWO_YEARS } });
    await introduce();
    const trueTime = mesh.time.now;
    await send(ana, ben.jid, 'x'.repeat(100_000));
    for (const [a, b] of [
      [ana, walker],
      [walker, ben],
    ] as const) {
      await mesh.meet(a, b, { bytesPerSecond: 1000 });
      await mesh.run(10 * MINUTE);
      await mesh.part(a, b);
    }
    expect(Math.abs((inboxOf(ben)[0]?.writtenAt ?? 0) - trueTime)).toBeLessThan(2000);
  });

  it('loses nothing when the walker dies right after it acknowledged', async () => {
    await introduce();
    await send(ana, ben.jid, 'hold this');
    await mesh.meet(ana, walker);
    while (stateOf(ana) !== 'carried') await mesh.run(1);
    await mesh.crash(walker);
    await mesh.run(HOUR);
    await walker.start();
    await meetFor(walker, ben);
    expect(inboxOf(ben).map((message) => message.body)).toEqual(['hold this']);
  });

  it('delivers once though the message comes on two ways', async () => {
    const second = await mesh.addNode('second');
    await introduce();
    await meetFor(second, ana);
    await send(ana, ben.jid, 'twice on the way');
    await meetFor(ana, walker);
    await meetFor(ana, second);
    await meetFor(walker, ben);
    await meetFor(second, ben);
    expect(ben.events.filter((event) => event.type === 'inbox')).toHaveLength(1);
  });

  it('clears copies on their way once the receipt passes', async () => {
    const second = await mesh.addNode('second');
    await introduce();
    await send(ana, ben.jid, 'soon cleared');
    await meetFor(ana, walker);
    await meetFor(ana, second);
    const carried = (node: SimNode): number => node.engine.status(node.now()).store.byClass.messages ?? 0;
    expect([carried(walker), carried(second)]).toEqual([1, 1]);
    await meetFor(walker, ben);
    expect(carried(walker)).toBe(0);
    await meetFor(walker, second);
    expect(carried(second)).toBe(0);
    await meetFor(second, ana);
    expect([carried(ana), stateOf(ana)]).toEqual([0, 'delivered']);
  });

  it('does not believe a bundle that was changed on the way', async () => {
    await introduce();
    await send(ana, ben.jid, 'as I wrote it');
    const flipLastPayloadByte = (bytes: Uint8Array): Uint8Array => {
      const altered = bytes.slice();
      // The payload block ends with its data and the outer array's break; a BIB target carries no CRC.
      altered[altered.length - 2] = (altered[altered.length - 2] ?? 0) ^ 1;
      return altered;
    };
    await mesh.meet(ana, walker, { corrupt: flipLastPayloadByte });
    await mesh.run(MINUTE);
    await mesh.part(ana, walker);
    expect(walker.engine.status(walker.now()).store.refused['bad-signature']).toBe(1);
    expect(stateOf(ana)).toBe('kept');
    await meetFor(ana, walker);
    expect(stateOf(ana)).toBe('carried');
  });

  it('tells the author when a message expires undelivered', async () => {
    await introduce();
    await send(ana, ben.jid, 'too late');
    await mesh.run(15 * 24 * HOUR);
    expect(stateOf(ana)).toBe('expired');
  });

  it('survives a cut in the middle of a large message', async () => {
    await introduce();
    await send(ana, ben.jid, 'x'.repeat(5 * 1024 * 1024));
    const contact = await mesh.meet(ana, walker, { bytesPerSecond: 1_000_000 });
    await mesh.run(2_000);
    await contact.cut();
    expect(stateOf(ana)).toBe('kept');
    await meetFor(ana, walker);
    expect(stateOf(ana)).toBe('carried');
    await meetFor(walker, ben);
    expect(inboxOf(ben)[0]?.body).toHaveLength(5 * 1024 * 1024);
  });

  it('lets presence confidence age, and be certain only over a live link', async () => {
    await introduce();
    await ben.feed({ type: 'set-presence', person: ben.person, show: 'available', status: 'at home' });
    await meetFor(walker, ben);
    await meetFor(ana, walker);
    const seen = (): number => ana.engine.lookup(ana.person, ben.jid, ana.now())?.presence.confidence ?? 0;
    const fresh = seen();
    expect(fresh).toBeGreaterThan(0.85);
    expect(fresh).toBeLessThan(1);
    await mesh.run(2 * HOUR);
    expect(seen()).toBeLessThan(fresh / 2);
    await mesh.meet(ana, ben);
    await mesh.run(1000);
    expect(seen()).toBe(1);
  });

  it('comes out the same, to the byte, from the same seed', async () => {
    const run = async (): Promise<string> => {
      await village();
      await introduce();
      await send(ana, ben.jid, 'again');
      await meetFor(ana, walker);
      await meetFor(walker, ben);
      return JSON.stringify([ana, walker, ben].map((node) => [node.engine.status(node.now()), node.events]));
    };
    expect(await run()).toBe(await run());
  });
});
