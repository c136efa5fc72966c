/** What the engine keeps of a bundle as it came, what it leaves out, and how a bundle ages on its disk. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, toHex } from '../../src/base/index.js';
import {
  ageOf,
  BlockFlag,
  type Bundle,
  bundleKey,
  CrcType,
  decodeBundle,
  encodeBundle,
  verifyBundle,
} from '../../src/bundle/index.js';
import { forLink } from '../../src/engine/egress.js';
import { chatEndpoint, nodeIdOf } from '../../src/people/index.js';
import { HandNeighbour } from './support/neighbour.js';
import { nodeKeyOf, Stranger, TinyHost } from './support/tiny-host.js';

const ben = new Stranger('ben');
const cleo = new Stranger('cleo');

function withStranger(bundle: Bundle, flags: number): Uint8Array {
  const strange = { type: 210, number: 99, flags, crcType: CrcType.Crc16, data: Uint8Array.of(1, 2, 3) };
  return encodeBundle({ primary: bundle.primary, blocks: [strange, ...bundle.blocks] });
}

function toCleo(lifetimeMs = DAY_MS): Bundle {
  return ben.bundle({ destination: chatEndpoint(cleo.id), payload: new Uint8Array(40), lifetimeMs });
}

describe('a block that nobody here knows', () => {
  it('is kept byte for byte when it asks for nothing', async () => {
    const host = await TinyHost.start();
    const bytes = withStranger(toCleo(), BlockFlag.ReportIfUnprocessable);
    expect(await host.receive(bytes)).toBe('accept');
    const kept = await host.read(bundleKey(decodeBundle(bytes).primary));
    expect(toHex(kept ?? new Uint8Array(0))).toBe(toHex(bytes));
  });

  it('is left out when it asks for that, and the signature still holds', async () => {
    const host = await TinyHost.start();
    const bundle = toCleo();
    expect(await host.receive(withStranger(bundle, BlockFlag.DiscardIfUnprocessable))).toBe('accept');
    const kept = (await host.read(bundleKey(bundle.primary))) ?? new Uint8Array(0);
    expect(toHex(kept)).toBe(toHex(encodeBundle(bundle)));
    expect(verifyBundle(decodeBundle(kept), () => ben.keys.deviceKey.publicKey).ok).toBe(true);
  });

  it('has the bundle refused when it asks for that', async () => {
    const host = await TinyHost.start();
    const bundle = toCleo();
    const bytes = withStranger(bundle, BlockFlag.DeleteBundleIfUnprocessable);
    expect(await host.receive(bytes)).toBe('unacceptable');
    expect(await host.read(bundleKey(bundle.primary))).toBeUndefined();
    expect(host.engine.status(host.now()).store.refused).toMatchObject({ 'unsupported-block': 1 });
  });
});

describe('a bundle that was made without a clock', () => {
  it('ages on the disk, over a power cut too, and leaves with its true age', async () => {
    const host = await TinyHost.start({ wallTrusted: false });
    const bundle = toCleo();
    expect(bundle.primary.creation.time).toBe(0);
    const key = bundleKey(bundle.primary);
    expect(await host.receive(encodeBundle(bundle))).toBe('accept');
    await host.pass(3 * HOUR_MS);
    await host.crash();
    await host.pass(2 * HOUR_MS);
    const neighbour = await new HandNeighbour(host, 'n', 1).open();
    neighbour.wantAll();
    neighbour.listen();
    const sent = neighbour.rest.find((action) => action.type === 'send-bundle' && action.entry.key === key);
    if (sent?.type !== 'send-bundle') throw new Error('the bundle was not sent');
    const bytes = (await host.read(key)) ?? new Uint8Array(0);
    const forwarded = forLink(
      bytes,
      { entry: sent.entry, compact: false },
      nodeIdOf(nodeKeyOf('here').publicKey),
      host.now().steady,
    );
    expect(ageOf(decodeBundle(forwarded))).toBe((ageOf(bundle) ?? 0) + 5 * HOUR_MS);
  });

  it('expires by its age alone, however often the laptop was off', async () => {
    const host = await TinyHost.start({ wallTrusted: false });
    const bundle = toCleo(6 * HOUR_MS);
    await host.receive(encodeBundle(bundle));
    await host.pass(3 * HOUR_MS);
    await host.crash();
    await host.pass(3 * HOUR_MS + 1_000);
    expect(await host.read(bundleKey(bundle.primary))).toBeUndefined();
    expect(await host.receive(encodeBundle(bundle))).not.toBe('accept');
  });
});
