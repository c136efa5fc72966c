/** Receipts in their compact form: small, the same bundle again to the byte, asked for whole where they can't be read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mesh } from '../../sim/index.js';
import { bytesEqual, DecodeError } from '../../src/base/index.js';
import {
  type Bundle,
  createBundle,
  encodeBundle,
  findPayloadSignature,
  signBundle,
  withTransit,
} from '../../src/bundle/index.js';
import { encodeReceipt } from '../../src/chat/index.js';
import { signingKeyFromSeed } from '../../src/crypto/index.js';
import { compactReceipt, expandReceipt, isCompact } from '../../src/engine/compact-receipt.js';
import {
  deviceEid,
  deviceNameOf,
  issueDeviceCertificate,
  nodeEid,
  nodeIdOf,
  personIdOf,
  receiptEndpoint,
} from '../../src/people/index.js';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const PERSON = signingKeyFromSeed(seed(1));
const DEVICE = signingKeyFromSeed(seed(2));
const AUTHOR = personIdOf(signingKeyFromSeed(seed(3)).publicKey);
const NODE = nodeIdOf(signingKeyFromSeed(seed(4)).publicKey);
const NAME = deviceNameOf(DEVICE.publicKey);
const KEY_ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const CERTIFICATE = issueDeviceCertificate(PERSON, NAME, DEVICE.publicKey);
const VOUCHER = { certificate: CERTIFICATE, keyId: KEY_ID };

interface Drawn {
  readonly time: number;
  readonly sequence: number;
  readonly lifetimeMs: number;
  readonly ageMs: number;
  readonly hops: number;
  readonly keys: number;
}

function receipt({ time, sequence, lifetimeMs, ageMs, hops, keys }: Drawn): Bundle {
  const source = deviceEid(personIdOf(PERSON.publicKey), NAME);
  const payload = encodeReceipt(
    Array.from({ length: keys }, (_, index) => index.toString(16).padStart(32, '0')) as never,
  );
  const made = createBundle({
    source,
    destination: receiptEndpoint(AUTHOR),
    creation: { time, sequence },
    lifetimeMs,
    payload,
    ageMs: 0,
    hopLimit: 64,
  });
  const signed = signBundle(made, {
    privateKey: DEVICE,
    keyId: KEY_ID,
    certificate: CERTIFICATE,
    securitySource: source,
  });
  return withTransit(signed, { previousNode: nodeEid(NODE), ageMs, hopCount: { limit: 64, count: hops } });
}

const USUAL: Drawn = {
  time: 848_000_000_000,
  sequence: 3,
  lifetimeMs: 1_300_000_000,
  ageMs: 86_400_000,
  hops: 3,
  keys: 1,
};

describe('a compact receipt', () => {
  it('takes 150 bytes or less, where the bundle takes more than twice that', () => {
    const compact = compactReceipt(receipt(USUAL), NODE) ?? expect.fail('it has no compact form');
    expect(compact.length).toBeLessThanOrEqual(150);
    expect(encodeBundle(receipt(USUAL)).length).toBeGreaterThan(2 * compact.length);
    expect(isCompact(compact)).toBe(true);
    expect(isCompact(encodeBundle(receipt(USUAL)))).toBe(false);
  });

  it('becomes the same bundle again, to the byte', () => {
    const drawn = fc.record({
      time: fc.maxSafeNat(),
      sequence: fc.nat(),
      lifetimeMs: fc.maxSafeNat(),
      ageMs: fc.maxSafeNat(),
      hops: fc.nat(64),
      keys: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(drawn, (one) => {
        const bundle = receipt(one);
        const compact = compactReceipt(bundle, NODE) ?? expect.fail('it has no compact form');
        const again = expandReceipt(compact, NODE, () => VOUCHER) ?? expect.fail('it was not understood');
        expect(bytesEqual(again, encodeBundle(bundle))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is none for a bundle that it would change', () => {
    const bundle = receipt(USUAL);
    expect(compactReceipt(bundle, NODE)).toBeDefined();
    expect(compactReceipt(bundle, nodeIdOf(PERSON.publicKey))).toBeUndefined();
    const [age, ...others] = bundle.blocks;
    expect(
      compactReceipt({ ...bundle, blocks: age === undefined ? [] : [others[0] ?? age, age, ...others.slice(1)] }, NODE),
    ).toBeUndefined();
  });

  it('means nothing to whoever knows nothing of the device', () => {
    const compact = compactReceipt(receipt(USUAL), NODE) ?? expect.fail('it has no compact form');
    expect(expandReceipt(compact, NODE, () => undefined)).toBeUndefined();
  });

  it('of any bytes is refused with a DecodeError, or is a bundle whose signature decides', () => {
    const compact = compactReceipt(receipt(USUAL), NODE) ?? expect.fail('it has no compact form');
    const broken = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.of(0, 1, ...bytes)),
      fc.nat(compact.length).map((length) => compact.slice(0, length)),
      fc
        .tuple(fc.nat(compact.length - 1), fc.integer({ min: 1, max: 255 }))
        .map(([at, flip]) => compact.with(at, (compact[at] ?? 0) ^ flip)),
    );
    fc.assert(
      fc.property(broken, (bytes) => {
        try {
          expandReceipt(bytes, NODE, () => VOUCHER);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('carries the signature of the whole', () => {
    const bundle = receipt(USUAL);
    const compact = compactReceipt(bundle, NODE) ?? expect.fail('it has no compact form');
    expect(compact.subarray(-64)).toEqual(findPayloadSignature(bundle)?.sign1.signature);
  });
});

describe('in a mesh', () => {
  it('receipts cross links compact where the device is known, and whole where it is not', async () => {
    const mesh = new Mesh({ seed: 5 });
    const [ana, ben, cai, dora] = [
      await mesh.addNode('ana'),
      await mesh.addNode('ben'),
      await mesh.addNode('cai'),
      await mesh.addNode('dora'),
    ];
    const meet = async (a: typeof ana, b: typeof ana): Promise<number> => {
      const contact = await mesh.meet(a, b, { forMs: 5000 });
      await mesh.run(6000);
      return contact.bytes;
    };
    const say = async (from: typeof ana, to: typeof ana): Promise<void> => {
      const kept = from.command({ command: 'send', message: { to: to.jid, body: 'hello' } });
      await mesh.run(100);
      await kept;
    };
    await meet(ana, ben);
    await say(ana, ben);
    await meet(ana, cai);
    await meet(cai, ben);
    await meet(cai, ana);
    expect(ana.engine.sent(ana.person)[0]?.state.state).toBe('delivered');
    // Dora has heard of nobody: profiles come first, so even she can read it.
    await meet(cai, dora);
    expect(dora.engine.status(dora.now()).store.byClass).toMatchObject({ receipts: 1 });
    // A laptop that restarts has forgotten what it verified, and asks for the whole.
    await mesh.crash(dora);
    await dora.start();
    await say(ben, ana);
    await meet(ben, ana);
    await meet(ana, dora);
    expect(dora.engine.status(dora.now()).store.byClass).toMatchObject({ receipts: 2 });
  });
});
