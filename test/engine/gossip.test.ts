/** One engine and a neighbour that is played by hand: each phase of a session, and what goes wrong in it. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/base/index.js';
import { type BundleKey, encodeBundle } from '../../src/bundle/index.js';
import { prove } from '../../src/gossip/handshake.js';
import type { RoutingStrategy } from '../../src/gossip/index.js';
import { chatEndpoint } from '../../src/people/index.js';
import { OLDEST, SEQ_GAP } from '../../src/store/index.js';
import { HandNeighbour } from './support/neighbour.js';
import { keyOf, nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const far = new Stranger('far away');

function bulk(from: Stranger, bytes = 100): Uint8Array {
  return encodeBundle(from.bundle({ destination: chatEndpoint(far.id), payload: new Uint8Array(bytes).fill(1) }));
}

/** A node that holds a profile of its own and `count` bundles of others. */
async function holding(count: number, options: Parameters<typeof TinyHost.start>[0] = {}) {
  const host = await TinyHost.start(options);
  const author = new Stranger('author');
  const keys: BundleKey[] = [];
  for (let i = 0; i < count; i++) {
    const bytes = bulk(author);
    await host.receive(bytes, 99);
    keys.push(keyOf(bytes));
  }
  host.take();
  return { host, author, keys };
}

function ack(neighbour: HandNeighbour, key: BundleKey): void {
  neighbour.host.feed({ type: 'sent', link: neighbour.link, key, outcome: 'acked' });
}

const noAudit = { config: { random: { bytes: (n: number) => new Uint8Array(n).fill(3), unit: () => 0.99 } } };

describe('a session', () => {
  it('offers what the neighbour lacks, sends what it wants, and says DONE when it has it', async () => {
    const { host, keys } = await holding(3, noAudit);
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    expect(keys.every((key) => neighbour.wasOffered(key))).toBe(true);
    expect(neighbour.of('done')).toHaveLength(0);
    neighbour.wantAll();
    for (const key of neighbour.sent) ack(neighbour, key);
    expect(neighbour.of('done').map(({ upTo }) => upTo)).toEqual([4]);
    neighbour.beKnown();
    const again = await new HandNeighbour(host, 'n', 2, 9).open(4);
    expect(again.heard.map(({ kind }) => kind)).toEqual(['hello', 'auth']);
  });

  it.each([
    ['an offer before it proved itself', (n) => n.up().say({ kind: 'offer', batch: 1, ids: [new Uint8Array(8)] })],
    ['a proof before the greeting', (n) => n.up().say({ kind: 'auth', signature: new Uint8Array(64), since: 0 })],
    ['a second greeting', (n) => n.up().say(n.mine, n.mine)],
    ['another version', (n) => n.up().say({ ...n.mine, version: 2 })],
    ['the node’s own key', (n) => n.up().say({ ...n.mine, nodeKey: nodeKeyOf('here').publicKey })],
    ['bytes that are no frame', (n) => n.up().sayBytes(Uint8Array.of(0x00))],
  ] as readonly (readonly [string, (neighbour: HandNeighbour) => void])[])(
    'ends when the neighbour sends %s',
    async (_, misbehave) => {
      const { host } = await holding(1);
      const neighbour = new HandNeighbour(host, 'n', 1);
      misbehave(neighbour);
      expect(neighbour.closed).toBe(true);
      expect(neighbour.of('offer')).toHaveLength(0);
    },
  );

  it.each([
    ['somebody else’s key', (n, hello) => prove(nodeKeyOf('other'), n.mine, hello)],
    ['the nonces swapped', (n, hello) => prove(n.key, hello, n.mine)],
    ['an old nonce', (n, hello) => prove(n.key, n.mine, { ...hello, nonce: new Uint8Array(16) })],
    ['another epoch', (n, hello) => prove(n.key, { ...n.mine, epoch: new Uint8Array(8) }, hello)],
    ['another channel', (n, hello) => prove(n.key, n.mine, hello, { binding: Uint8Array.of(1, 0) })],
  ] as readonly (readonly [string, (n: HandNeighbour, hello: HandNeighbour['mine']) => Uint8Array])[])(
    'is not opened by a proof with %s',
    async (_, forge) => {
      const { host } = await holding(1);
      const neighbour = new HandNeighbour(host, 'n', 1).up();
      neighbour.say(neighbour.mine);
      if (neighbour.theirs === undefined) throw new Error('not greeted');
      neighbour.say({ kind: 'auth', signature: forge(neighbour, neighbour.theirs), since: 0 });
      expect(neighbour.closed).toBe(true);
    },
  );

  it.each([
    ['a second proof', (n) => n.say({ kind: 'auth', signature: new Uint8Array(64), since: 0 })],
    ['an answer to no offer', (n) => n.say({ kind: 'want', batch: 77, bitmap: new Uint8Array(1) })],
    ['the same DONE twice', (n) => n.say({ kind: 'done', upTo: 3 }, { kind: 'done', upTo: 3 })],
  ] as readonly (readonly [string, (neighbour: HandNeighbour) => void])[])(
    'that is open ends when the neighbour sends %s',
    async (_, misbehave) => {
      const { host } = await holding(1);
      const neighbour = await new HandNeighbour(host, 'n', 1).open();
      misbehave(neighbour);
      expect(neighbour.closed).toBe(true);
    },
  );

  it('wants what it does not know, and keeps no account of it', async () => {
    const { host, keys } = await holding(1);
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    const known = neighbour.idOf(keys[0] as BundleKey);
    neighbour.say({ kind: 'offer', batch: 5, ids: [known, new Uint8Array(8).fill(0xee)] });
    expect(neighbour.of('want')).toEqual([{ kind: 'want', batch: 5, bitmap: Uint8Array.of(0x40) }]);
  });

  it('waits in peace for a neighbour that never answers', async () => {
    const { host } = await holding(3);
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    for (let i = 0; i < 10; i++) await host.pass(60_000);
    expect(neighbour.closed).toBe(false);
    expect(neighbour.sent).toHaveLength(0);
    expect(neighbour.of('done')).toHaveLength(0);
  });

  it('can flap at any phase, and the next one is whole', async () => {
    const { host, keys } = await holding(2);
    new HandNeighbour(host, 'n', 1).up().down();
    const second = new HandNeighbour(host, 'n', 2).up();
    second.say(second.mine);
    second.down();
    const third = await new HandNeighbour(host, 'n', 3).open();
    third.wantAll();
    third.down();
    host.feed({ type: 'sent', link: 3, key: keys[0] as BundleKey, outcome: 'acked' });
    const fourth = await new HandNeighbour(host, 'n', 4).open();
    expect(keys.every((key) => fourth.wasOffered(key))).toBe(true);
    expect(host.engine.status(host.now()).neighbours).toHaveLength(1);
  });

  it('never offers what is not on disk, and offers it once it is', async () => {
    const { host, author } = await holding(0);
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    const bytes = bulk(author);
    host.begin(bytes, 99);
    const late = await new HandNeighbour(host, 'm', 2).up();
    expect(neighbour.wasOffered(keyOf(bytes))).toBe(false);
    expect(late.theirs?.head).toBe(1);
    await host.settle();
    expect(neighbour.wasOffered(keyOf(bytes))).toBe(true);
  });

  it('does not offer back what came over it', async () => {
    const { host, author } = await holding(0);
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    const [theirs, others] = [bulk(author), bulk(author)];
    await host.receive(theirs, 1);
    await host.receive(others, 99);
    expect([neighbour.wasOffered(keyOf(theirs)), neighbour.wasOffered(keyOf(others))]).toEqual([false, true]);
  });
});

describe('a bundle that two neighbours offer', () => {
  const bundle = new Uint8Array(8).fill(0xee);
  function wants(neighbour: HandNeighbour): number {
    return neighbour.of('want').filter(({ bitmap }) => bitmap[0] === 0x80).length;
  }
  async function offeredByTwo() {
    const { host } = await holding(0);
    const [first, second] = [
      await new HandNeighbour(host, 'n', 1).open(),
      await new HandNeighbour(host, 'm', 2).open(),
    ];
    for (const neighbour of [first, second]) neighbour.say({ kind: 'offer', batch: 1, ids: [bundle] });
    expect([wants(first), wants(second)]).toEqual([1, 0]);
    expect(second.of('want')[0]?.later).toEqual(Uint8Array.of(0x80));
    return { host, first, second };
  }

  it('is asked of one, and of the other when the first link ends', async () => {
    const { first, second } = await offeredByTwo();
    first.down();
    expect(wants(second)).toBe(1);
  });

  it('is asked of the other too when the first does not bring it in half a minute', async () => {
    const { host, second } = await offeredByTwo();
    await host.pass(29_000);
    expect(wants(second)).toBe(0);
    expect(host.engine.nextWake()).toBeLessThanOrEqual(host.steady + 1_000);
    await host.pass(1_000);
    expect(wants(second)).toBe(1);
  });

  it('is asked of nobody else once it has come', async () => {
    const { host } = await holding(0);
    const [first, second] = [
      await new HandNeighbour(host, 'n', 1).open(),
      await new HandNeighbour(host, 'm', 2).open(),
    ];
    const bytes = bulk(new Stranger('author'));
    for (const neighbour of [first, second]) {
      neighbour.say({ kind: 'offer', batch: 1, ids: [neighbour.idOf(keyOf(bytes))] });
    }
    await host.receive(bytes, 1);
    second.listen();
    expect(second.of('want').map(({ bitmap, later }) => [bitmap[0], later?.[0]])).toEqual([
      [0, 0x80],
      [0, undefined],
    ]);
  });
});

describe('a neighbour that breaks the rules', () => {
  function closing(host: TinyHost, neighbour: HandNeighbour): number | undefined {
    neighbour.listen();
    for (const action of neighbour.rest) if (action.type === 'close-link') return action.backOffMs;
    for (const action of host.take()) if (action.type === 'close-link') return action.backOffMs;
    return undefined;
  }

  it.each([
    [
      'says DONE without end',
      (n) => n.say(...Array.from({ length: 1100 }, (_, i) => ({ kind: 'done', upTo: i + 1 }) as const)),
    ],
    [
      'lists without end',
      (n) => {
        const items = [{ mode: 'ids', to: OLDEST, ids: [] }] as const;
        for (let batch = 1; batch < 30 && !n.closed; batch++) n.say({ kind: 'list', batch, class: 2, items });
      },
    ],
    ['answers ranges that were never sent', (n) => n.say({ kind: 'ranges', answered: 3 })],
  ] as readonly (readonly [string, (neighbour: HandNeighbour) => void])[])(
    'and %s is left, and not met again for a while',
    async (_, misbehave) => {
      const { host } = await holding(1);
      const neighbour = await new HandNeighbour(host, 'n', 1).open();
      misbehave(neighbour);
      if (neighbour.of('offer').length > 0 && !neighbour.closed) neighbour.sayBytes(Uint8Array.of(0xff));
      expect(closing(host, neighbour)).toBe(10_000);
      expect(host.engine.status(host.now()).rulesBroken).toBe(1);
      neighbour.down();
      const again = await new HandNeighbour(host, 'n', 2).open();
      expect(closing(host, again)).toBe(10_000);
      expect(again.of('offer')).toHaveLength(0);
      again.down();
      await host.pass(10_000);
      const forgiven = await new HandNeighbour(host, 'n', 3).open();
      expect([forgiven.closed, forgiven.of('offer').length > 0]).toEqual([false, true]);
    },
  );
});

describe('a cursor', () => {
  function since(neighbour: HandNeighbour): number | undefined {
    neighbour.up();
    neighbour.say(neighbour.mine);
    return neighbour.of('auth')[0]?.since;
  }

  it('stands where DONE put it, also after a crash', async () => {
    const host = await TinyHost.start(noAudit);
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    neighbour.say({ kind: 'done', upTo: 9 });
    await host.settle();
    expect(since(new HandNeighbour(host, 'n', 2, 9))).toBe(9);
    await host.crash();
    expect(since(new HandNeighbour(host, 'n', 3, 12))).toBe(9);
  });

  it('means nothing under another epoch, or beyond what the neighbour has', async () => {
    const host = await TinyHost.start(noAudit);
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    neighbour.say({ kind: 'done', upTo: 9 });
    await host.settle();
    expect(since(new HandNeighbour(host, 'n', 2, 9, new Uint8Array(8)))).toBe(0);
    expect(since(new HandNeighbour(host, 'n', 3, 8))).toBe(0);
  });

  it('is not believed in one meeting of sixteen: an audit', async () => {
    const host = await TinyHost.start({
      config: { random: { bytes: (n: number) => new Uint8Array(n).fill(3), unit: () => 0 } },
    });
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    neighbour.say({ kind: 'done', upTo: 9 });
    await host.settle();
    expect(since(new HandNeighbour(host, 'n', 2, 9))).toBe(0);
  });

  it('does not move past what was spoilt on the way', async () => {
    const host = await TinyHost.start(noAudit);
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    const spoilt = bulk(new Stranger('author')).slice();
    spoilt[spoilt.length - 2] = (spoilt[spoilt.length - 2] ?? 0) ^ 1;
    expect(await host.receive(spoilt, 1)).toBe('unacceptable');
    neighbour.say({ kind: 'done', upTo: 9 });
    await host.settle();
    expect(since(new HandNeighbour(host, 'n', 2, 9))).toBe(0);
  });

  it('does not move on after a commit has failed', async () => {
    const host = await TinyHost.start(noAudit);
    const neighbour = await new HandNeighbour(host, 'n', 1, 9).open();
    host.failNext();
    await host.receive(bulk(new Stranger('author')), 1);
    neighbour.say({ kind: 'done', upTo: 9 });
    await host.settle();
    expect(since(new HandNeighbour(host, 'n', 2, 9))).toBe(0);
  });

  it('of ours jumps a gap after a crash, so that no number is given twice', async () => {
    const { host, author } = await holding(2);
    const before = new HandNeighbour(host, 'n', 1).up().theirs?.head ?? 0;
    host.begin(bulk(author));
    await host.crash();
    const after = new HandNeighbour(host, 'n', 2).up().theirs?.head ?? 0;
    expect(after).toBeGreaterThanOrEqual(before + SEQ_GAP);
    const neighbour = await new HandNeighbour(host, 'n', 3).open(before);
    const fresh = bulk(author);
    await host.receive(fresh, 99);
    expect(neighbour.wasOffered(keyOf(fresh))).toBe(true);
  });
});

function recording(allows: { now: boolean }): RoutingStrategy & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    name: 'recording',
    onMeet: () => void told.push('meet'),
    onPart: () => void told.push('part'),
    onForwarded: () => void told.push('forwarded'),
    shouldOffer: () => allows.now,
  };
}

describe('a routing strategy', () => {
  it('is told of meeting, forwarding and parting, once each, however the session ends', async () => {
    const strategy = recording({ now: true });
    const { host } = await holding(0, { config: { strategy: () => strategy } });
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    neighbour.wantAll();
    for (const key of neighbour.sent) ack(neighbour, key);
    neighbour.sayBytes(Uint8Array.of(0xff));
    neighbour.down();
    expect(strategy.told).toEqual(['meet', 'forwarded', 'part']);
  });

  it('that withholds something now may offer it later, though the cursor has moved on, and also after a restart', async () => {
    const allows = { now: false };
    const { host, keys } = await holding(2, { config: { ...noAudit.config, strategy: () => recording(allows) } });
    const neighbour = (await new HandNeighbour(host, 'n', 1, 9).open()).beKnown();
    neighbour.wantAll();
    for (const key of neighbour.sent) ack(neighbour, key);
    const head = neighbour.of('done')[0]?.upTo ?? 0;
    expect(head).toBeGreaterThan(2);
    neighbour.down();
    allows.now = true;
    const later = await new HandNeighbour(host, 'n', 2, 9).open(head);
    expect(keys.every((key) => later.wasOffered(key))).toBe(true);
    later.down();
    await host.crash();
    const afterwards = await new HandNeighbour(host, 'n', 3, 9).open(head);
    expect(keys.every((key) => afterwards.wasOffered(key))).toBe(true);
  });

  it('is asked once a minute about what it withholds from a neighbour that stays', async () => {
    const allows = { now: false };
    const { host, keys } = await holding(2, { config: { strategy: () => recording(allows) } });
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    neighbour.wantAll();
    for (const key of neighbour.sent) ack(neighbour, key);
    allows.now = true;
    host.steady += 61_000;
    host.feed({ type: 'wake' });
    await host.settle();
    expect(keys.every((key) => neighbour.wasOffered(key))).toBe(true);
  });
});

describe('a neighbour that speaks no gossip', () => {
  function up(host: TinyHost, link: number, eid = 'dtn://foreign/'): readonly BundleKey[] {
    host.take();
    host.feed({ type: 'link-up', link, peerEid: eid, gossip: false });
    return host.takeOf('send-bundle').map(({ entry }) => entry.key);
  }

  it('is pushed everything once, the best first, and what comes later as it comes', async () => {
    const { host, author, keys } = await holding(2);
    const pushed = up(host, 1);
    expect(pushed).toHaveLength(3);
    expect(pushed.slice(1)).toEqual([keys[1], keys[0]]);
    for (const key of pushed) host.feed({ type: 'sent', link: 1, key, outcome: 'acked' });
    await host.settle();
    const fresh = bulk(author);
    await host.receive(fresh, 99);
    expect(host.takeOf('send-bundle').map(({ entry }) => entry.key)).toEqual([keyOf(fresh)]);
    host.feed({ type: 'sent', link: 1, key: keyOf(fresh), outcome: 'acked' });
    await host.settle();
    await host.crash();
    expect(up(host, 2)).toEqual([]);
    expect(up(host, 3, 'dtn://another/')).toHaveLength(4);
  });

  it('is pushed later what was withheld, but not what it has; after a restart it may get that twice', async () => {
    const allows = { now: false };
    const { host, keys } = await holding(2, { config: { strategy: () => recording(allows) } });
    const profile = up(host, 1);
    expect(profile).toHaveLength(1);
    host.feed({ type: 'sent', link: 1, key: profile[0] as BundleKey, outcome: 'acked' });
    await host.settle();
    host.feed({ type: 'link-down', link: 1 });
    allows.now = true;
    const later = up(host, 2);
    expect([...later].sort()).toEqual([...keys].sort());
    host.feed({ type: 'link-down', link: 2 });
    await host.crash();
    expect(up(host, 3)).toEqual(expect.arrayContaining([...keys]));
  });

  it('is pushed again what it had no room for, and what a cut kept from it', async () => {
    for (const outcome of ['no-room', 'cut'] as const) {
      const { host } = await holding(2);
      const pushed = up(host, 1);
      const unlucky = pushed[1] as BundleKey;
      for (const key of pushed) host.feed({ type: 'sent', link: 1, key, outcome: key === unlucky ? outcome : 'acked' });
      await host.settle();
      host.feed({ type: 'link-down', link: 1 });
      expect(up(host, 2)).toContain(unlucky);
    }
  });

  it('is not pushed what came from it', async () => {
    const { host, author } = await holding(0);
    up(host, 1);
    const bytes = bulk(author);
    expect(await host.receive(bytes, 1)).toBe('accept');
    expect(host.takeOf('send-bundle')).toEqual([]);
  });

  it('counts as a carrier of ours once it has acknowledged', async () => {
    const { host } = await holding(0);
    const ben = new Stranger('ben');
    await host.receive(ben.profile(1, { lifetimeMs: DAY_MS }), 99);
    await host.command({ command: 'send', message: { to: `${ben.id}@mesh.test`, body: 'by any way' } });
    for (const key of up(host, 1)) host.feed({ type: 'sent', link: 1, key, outcome: 'acked' });
    await host.settle();
    expect(host.engine.sent(host.me)[0]?.state).toEqual({ state: 'carried', by: 1 });
  });
});
