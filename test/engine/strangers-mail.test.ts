/** Bundles by authors who are none of Hearsay's people: carried, bounded, and believed in nothing. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, toHex } from '../../src/base/index.js';
import {
  ageOf,
  BundleFlag,
  bundleKeyOf,
  createBundle,
  decodeBundle,
  encodeBundle,
  formatEid,
  hopCountOf,
  parseEid,
  signBundle,
} from '../../src/bundle/index.js';
import { forLink } from '../../src/engine/egress.js';
import { strategyFor } from '../../src/gossip/index.js';
import { chatEndpoint, nodeEid, nodeIdOf } from '../../src/people/index.js';
import { foreignBundle, HARBOUR, meetForeign, pushedTo, STATION } from './support/foreign.js';
import { HandNeighbour } from './support/neighbour.js';
import { nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const ben = new Stranger('ben');
const cleo = new Stranger('cleo');

describe('a bundle by a foreign author', () => {
  it('is carried from one foreign node to another', async () => {
    const host = await TinyHost.start();
    await meetForeign(host, 1, STATION);
    const bundle = foreignBundle();
    expect(await host.receive(encodeBundle(bundle), 1)).toBe('accept');
    await meetForeign(host, 2, HARBOUR);
    const sent = await pushedTo(host, 2);
    expect(sent.map((each) => toHex(encodeBundle(each)))).toContain(toHex(encodeBundle(bundle)));
  });

  it('is not pushed back to the node that brought it', async () => {
    const host = await TinyHost.start();
    await meetForeign(host, 1, STATION);
    host.take();
    await host.receive(encodeBundle(foreignBundle()), 1);
    expect(await pushedTo(host, 1)).toEqual([]);
  });

  it('is offered to a Hearsay neighbour, after everything else', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle();
    await host.receive(encodeBundle(bundle), 1);
    const neighbour = await new HandNeighbour(host, 'n', 2).open();
    neighbour.wantAll();
    expect(neighbour.sent.at(-1)).toBe(bundleKeyOf(bundle));
  });

  it('is taken once, whoever brings it again', async () => {
    const host = await TinyHost.start();
    const bytes = encodeBundle(foreignBundle());
    expect(await host.receive(bytes, 1)).toBe('accept');
    expect(await host.receive(bytes, 2)).toBe('already-had');
  });

  it('without a source is told from others by what it says', async () => {
    const host = await TinyHost.start();
    const anonymous = {
      source: 'dtn:none',
      flags: BundleFlag.MustNotFragment,
      creation: { time: 1, sequence: 0 },
      ageMs: 0,
    };
    expect(await host.receive(encodeBundle(foreignBundle(anonymous)))).toBe('accept');
    expect(await host.receive(encodeBundle(foreignBundle(anonymous)))).toBe('already-had');
    const other = foreignBundle({ ...anonymous, payload: Uint8Array.of(1) });
    expect(await host.receive(encodeBundle(other))).toBe('accept');
  });

  it('is read from no clock but its age where it was made without one, over restarts too', async () => {
    const host = await TinyHost.start({ wallTrusted: false });
    const bundle = foreignBundle({ creation: { time: 0, sequence: 1 }, ageMs: HOUR_MS, lifetimeMs: 8 * HOUR_MS });
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    await host.pass(2 * HOUR_MS);
    await host.crash();
    await host.pass(HOUR_MS);
    await meetForeign(host, 1, HARBOUR);
    const [sent] = host.takeOf('send-bundle').filter(({ entry }) => entry.key === bundleKeyOf(bundle));
    if (sent === undefined) throw new Error('it was not sent');
    const stored = (await host.read(sent.entry.key)) ?? new Uint8Array(0);
    const node = nodeIdOf(nodeKeyOf('here').publicKey);
    expect(ageOf(decodeBundle(forLink(stored, sent, node, host.now().steady)))).toBe(4 * HOUR_MS);
    await host.pass(4 * HOUR_MS + 1);
    expect(await host.read(sent.entry.key)).toBeUndefined();
    expect(await host.receive(encodeBundle(bundle))).toBe('already-had');
  });

  it('counts one hop more on its way, and is refused when it has made all', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ hopLimit: 2 });
    await host.receive(encodeBundle(bundle));
    await meetForeign(host, 2, HARBOUR);
    const [sent] = host.takeOf('send-bundle').filter(({ entry }) => entry.key === bundleKeyOf(bundle));
    if (sent === undefined) throw new Error('it was not sent');
    let bytes = (await host.read(sent.entry.key)) ?? new Uint8Array(0);
    const elsewhere = await TinyHost.start();
    for (const hops of [1, 2, 3]) {
      bytes = forLink(
        bytes,
        { entry: { ...sent.entry, hops: hops - 1 }, compact: false },
        nodeIdOf(nodeKeyOf('n').publicKey),
        host.now().steady,
      );
      expect(hopCountOf(decodeBundle(bytes))?.count).toBe(hops);
    }
    expect(await elsewhere.receive(bytes)).toBe('unacceptable');
    expect(elsewhere.engine.status(elsewhere.now()).store.refused['hop-limit']).toBe(1);
  });

  it('is kept for two weeks at most, whatever it asks for', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ lifetimeMs: 365 * DAY_MS });
    await host.receive(encodeBundle(bundle));
    await host.pass(14 * DAY_MS - 1_000);
    expect(await host.read(bundleKeyOf(bundle))).toBeDefined();
    await host.pass(2_000);
    expect(await host.read(bundleKeyOf(bundle))).toBeUndefined();
  });

  it('starts on a budget of copies where the strategy counts them', async () => {
    const strategy = strategyFor({ name: 'spray-and-wait', parameters: { copies: 8 } });
    const host = await TinyHost.start({ config: { strategy } });
    await meetForeign(host, 1, STATION);
    const bundle = foreignBundle();
    await host.receive(encodeBundle(bundle), 1);
    const neighbour = await new HandNeighbour(host, 'n', 2).open();
    expect(neighbour.wasOffered(bundleKeyOf(bundle))).toBe(true);
  });

  it('has no part in the budget of a person’s bundle, which went without its count through a foreign node', async () => {
    const strategy = strategyFor({ name: 'spray-and-wait', parameters: { copies: 8 } });
    const host = await TinyHost.start({ config: { strategy } });
    await meetForeign(host, 1, STATION);
    const message = ben.bundle({ destination: chatEndpoint(cleo.id), payload: new Uint8Array(10) });
    expect(await host.receive(encodeBundle(message), 1)).toBe('accept');
    const neighbour = await new HandNeighbour(host, 'n', 2).open();
    expect(neighbour.wasOffered(bundleKeyOf(message))).toBe(false);
  });
});

describe('whoever claims to be one of Hearsay’s people', () => {
  it.each([
    ['a person', `dtn://${ben.id}/first`],
    ['a person without a device', `dtn://${ben.id}/`],
  ])('%s has to sign', async (_, source) => {
    const host = await TinyHost.start();
    for (const destination of [`dtn://${cleo.id}/~chat`, `${HARBOUR}inbox`, 'dtn://mesh/~profile']) {
      const answer = await host.receive(encodeBundle(foreignBundle({ source, destination })));
      expect(answer, destination).toBe('unacceptable');
    }
    expect(host.engine.status(host.now()).store.bundles).toBe(1);
  });

  it('is not believed for a signature of another key, nor as a laptop with a person’s bundle', async () => {
    const host = await TinyHost.start();
    const mallory = nodeKeyOf('mallory');
    const signedAs = (source: string, destination: string, keyId: Uint8Array): Uint8Array => {
      const bundle = foreignBundle({ source, destination });
      return encodeBundle(signBundle(bundle, { privateKey: mallory, keyId, securitySource: parseEid(source) }));
    };
    expect(await host.receive(signedAs(`dtn://${ben.id}/`, `${HARBOUR}inbox`, mallory.publicKey))).toBe('unacceptable');
    const own = formatEid(nodeEid(nodeIdOf(mallory.publicKey)));
    expect(await host.receive(signedAs(own, `${HARBOUR}inbox`, new Uint8Array(8)))).toBe('unacceptable');
    expect(await host.receive(signedAs(own, `dtn://${cleo.id}/~chat`, mallory.publicKey))).toBe('unacceptable');
    expect(await host.receive(signedAs(own, `${HARBOUR}inbox`, mallory.publicKey))).toBe('accept');
  });

  it('may write to a foreign endpoint, signed', async () => {
    const host = await TinyHost.start();
    const bundle = ben.bundle({ destination: parseEid(`${HARBOUR}inbox`), payload: new Uint8Array(10) });
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    expect(host.engine.status(host.now()).store.byTier.unknown.bytes).toBeGreaterThan(0);
  });
});

describe('strangers’ mail', () => {
  it.each(['~chat', '~receipt', '~profile', '~chunk'])('never goes to a person’s %s', async (service) => {
    const host = await TinyHost.start();
    for (const id of [host.me, cleo.id]) {
      const bundle = foreignBundle({ destination: `dtn://${id}/${service}` });
      expect(await host.receive(encodeBundle(bundle))).toBe('unacceptable');
    }
    expect(host.engine.status(host.now()).store.refused.foreign).toBe(2);
  });

  it('never goes to everybody, whatever topic it has', async () => {
    const host = await TinyHost.start();
    const topic = { name: 'profile', version: 9 };
    const bundle = foreignBundle({ destination: 'dtn://mesh/~profile', topic });
    expect(await host.receive(encodeBundle(bundle))).toBe('unacceptable');
  });

  it('replaces nothing: a topic counts only where it is signed', async () => {
    const host = await TinyHost.start();
    const old = foreignBundle({ topic: { name: 'news', version: 1 } });
    const newer = foreignBundle({ topic: { name: 'news', version: 2 } });
    await host.receive(encodeBundle(old));
    await host.receive(encodeBundle(newer));
    expect(await host.read(bundleKeyOf(old))).toBeDefined();
  });

  it('reaches nobody’s inbox, and no presence', async () => {
    const host = await TinyHost.start();
    const bundle = foreignBundle({ destination: `dtn://${host.me}/inbox` });
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    expect(host.engine.inboxSize(host.me)).toBe(0);
    expect(host.events).toEqual([]);
  });

  it('of a flood stays within the share of foreign authors, and takes no room from people', async () => {
    const quotaBytes = 4 * 1024 * 1024;
    const host = await TinyHost.start({ config: { quotaBytes } });
    const answers = new Map<string, number>();
    for (let i = 0; i < 400; i++) {
      const source = `dtn://node-${i % 40}/app`;
      const answer = await host.receive(encodeBundle(foreignBundle({ source, payload: new Uint8Array(8_000) })), i % 5);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    const { store } = host.engine.status(host.now());
    expect(store.byTier.foreign.bytes).toBeGreaterThan(0.1 * quotaBytes);
    expect(store.byTier.foreign.bytes).toBeLessThanOrEqual(0.15 * quotaBytes);
    expect([...answers.keys()].sort()).toEqual(['accept', 'no-room']);
    const message = ben.bundle({ destination: chatEndpoint(cleo.id), payload: new Uint8Array(60_000) });
    expect(await host.receive(encodeBundle(message))).toBe('accept');
    await host.command({ command: 'send', message: { to: `${ben.id}@mesh.test`, body: 'still here' } });
  });

  it('of one author takes a twentieth of the store at most', async () => {
    const quotaBytes = 4 * 1024 * 1024;
    const host = await TinyHost.start({ config: { quotaBytes } });
    for (let i = 0; i < 60; i++) {
      await host.receive(encodeBundle(foreignBundle({ payload: new Uint8Array(8_000) })), i % 5);
    }
    expect(host.engine.status(host.now()).store.byTier.foreign.bytes).toBeLessThanOrEqual(0.05 * quotaBytes);
  });
});

it('a bundle whose source is no single endpoint is no bundle', () => {
  expect(() =>
    createBundle({ ...foreignBundle().primary, source: parseEid('dtn://station/~all'), payload: new Uint8Array(0) }),
  ).toThrow();
});
