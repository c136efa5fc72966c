/**
 * Bundles: encoding and signing, decoding and verifying, beside raw Ed25519 and CRC-32C in the same run, in memory, with
 * RFC 9173's security, and beside another implementation where it is installed.
 *
 * Figures, SIZE being 100, 1000, 65536 and 1048576 bytes of payload:
 * - `raw-verify-SIZE-per-s`, `raw-sign-SIZE-per-s`: node:crypto on that many bytes with imported keys, nothing around it
 * - `raw-verify-per-s`, `raw-sign-per-s`: the same on 100 bytes
 * - `raw-crc32c-SIZE-per-s`: our CRC-32C over that many bytes
 * - `encode-sign-SIZE-per-s`: a chat-like bundle made, signed and encoded; `-to-raw` beside raw signing
 * - `decode-verify-SIZE-per-s`: its bytes decoded and the signature verified; `-to-raw` beside raw verification
 * - `decode-only-SIZE-per-s`: decoded, nothing verified; its payload has no CRC
 * - `decode-unsigned-SIZE-per-s`: an unsigned one, checksums included; `-to-raw` beside raw CRC-32C
 * - `decode-small-per-s`: a bundle without extension blocks and with 4 bytes of payload
 * - `pool-N-per-s`: signatures of N bundles at once in Node's thread pool; `-to-one-thread` beside one after the other on
 *   the calling thread, `-busy` the share of its time that this thread spends on it
 * - `memory-SIZE-bytes`: one decoded bundle, its received bytes included; `-to-wire` beside those bytes
 * - `bib-hmac-…`, `bcb-gcm-…`, `raw-hmac-…`, `raw-gcm-…`: RFC 9173 with 1000 bytes
 * - `like-bp7-…-per-s`: what bp7's benchmark does with its bundle; `bp7-…-per-s` and `-to-bp7` where bp7 is installed
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { fromHex } from '../src/base/index.js';
import {
  type BundleSigner,
  crc32c,
  createBundle,
  type DtnEid,
  decodeBundle,
  dtnEid,
  encodeBundle,
  encodeSigned,
  parseEid,
  verifyBundle,
} from '../src/bundle/index.js';
import { idOfKey, signingKeyFromSeed } from '../src/crypto/index.js';
import type { Figure } from './harness.js';
import { batchFigures } from './support/batch.js';
import { bp7Figures } from './support/bp7.js';
import { memoryFigures } from './support/memory.js';
import { securityContenders } from './support/security.js';
import { type Contender, takeTurns } from './support/turns.js';

export const description = 'bundles encoded and signed, decoded and verified, beside raw Ed25519 and CRC-32C';

const PAYLOAD_SIZES = [100, 1_000, 65_536, 1_048_576] as const;
const WARM_UP_BUNDLES = 30_000;
const NO_KEY = new Uint8Array(0);
const NODE = dtnEid(idOfKey(new Uint8Array(32)), '');
const BEN_CHAT = dtnEid(idOfKey(new Uint8Array(32).fill(2)), '~chat');

export async function run(): Promise<readonly Figure[]> {
  warmUp();
  const timed: Figure[] = [];
  // One size at a time: what is compared takes turns within a second.
  for (const size of PAYLOAD_SIZES) timed.push(...takeTurns([...rawContenders(size), ...bundleContenders(size)]));
  timed.push(...takeTurns([smallContender()]), ...takeTurns(securityContenders()));
  const bare = timed.flatMap((figure) =>
    /^raw-(verify|sign)-100-per-s$/.test(figure.key) ? [{ ...figure, key: figure.key.replace('-100', '') }] : [],
  );
  const memory = PAYLOAD_SIZES.flatMap((size) => memoryFigures(String(size), signedMaker(size)()));
  const batch = await batchFigures(signedMaker(1_000)(), signingKeyFromSeed(new Uint8Array(32).fill(7)).publicKey);
  return [...bare, ...timed, ...batch, ...memory, ...bp7Figures()];
}

/**
 * A turn is long for a signature and short for the compiler: it has to have seen all the rest often before anything is
 * timed.
 */
function warmUp(): void {
  const make = signedMaker(100);
  for (let i = 0; i < WARM_UP_BUNDLES; i++) {
    const bundle = decodeBundle(make());
    // A key of a wrong length is refused last, and without the cost of a verification.
    verifyBundle(bundle, () => NO_KEY);
  }
}

function rawContenders(size: number): Contender[] {
  const der = Buffer.concat([fromHex('302e020100300506032b657004220420'), new Uint8Array(32).fill(7)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const message = new Uint8Array(size).fill(1);
  const signature = sign(null, message, privateKey);
  return [
    {
      ...{ key: `raw-verify-${size}`, label: `raw Ed25519 verification, ${size} B`, unit: 'signatures/s' },
      run: () => void verify(null, message, publicKey, signature),
    },
    {
      ...{ key: `raw-sign-${size}`, label: `raw Ed25519 signing, ${size} B`, unit: 'signatures/s' },
      run: () => void sign(null, message, privateKey),
    },
    {
      ...{ key: `raw-crc32c-${size}`, label: `raw CRC-32C, ${size} B`, unit: 'checksums/s' },
      run: () => void crc32c(message),
    },
  ];
}

function bundleContenders(size: number): Contender[] {
  const make = signedMaker(size);
  const bytes = make();
  const unsigned = encodeBundle(createBundle(specOf(NODE, new Uint8Array(size).fill(0x5a), 0)));
  const { publicKey } = signingKeyFromSeed(new Uint8Array(32).fill(7));
  const resolve = (): Uint8Array => publicKey;
  return [
    {
      ...{ key: `encode-sign-${size}`, label: `encode and sign, ${size} B`, beside: `raw-sign-${size}` },
      run: () => void make(),
    },
    {
      ...{ key: `decode-verify-${size}`, label: `decode and verify, ${size} B`, beside: `raw-verify-${size}` },
      run: () => {
        if (!verifyBundle(decodeBundle(bytes), resolve).ok) throw new Error('the signature did not verify');
      },
    },
    { key: `decode-only-${size}`, label: `decode only, ${size} B`, run: () => void decodeBundle(bytes) },
    {
      ...{ key: `decode-unsigned-${size}`, label: `decode unsigned, ${size} B`, beside: `raw-crc32c-${size}` },
      run: () => void decodeBundle(unsigned),
    },
  ];
}

function smallContender(): Contender {
  const bytes = encodeBundle(
    createBundle({
      ...{ source: parseEid('ipn:1.1'), destination: parseEid('ipn:2.1'), lifetimeMs: 3_600_000 },
      ...{ creation: { time: 848_750_400_000, sequence: 1 }, payload: new Uint8Array(4) },
    }),
  );
  return {
    key: 'decode-small',
    label: `decode a bundle of ${bytes.length} bytes`,
    run: () => void decodeBundle(bytes),
  };
}

/** Makes bundles as a chat does: other sequence numbers, the same people. */
function signedMaker(size: number): () => Uint8Array {
  const privateKey = signingKeyFromSeed(new Uint8Array(32).fill(7));
  const signer: BundleSigner & { readonly securitySource: DtnEid } = {
    privateKey,
    keyId: privateKey.publicKey.subarray(0, 8),
    // About as long as a device certificate, as one byte string.
    certificate: new Uint8Array([0x58, 170, ...new Uint8Array(170).fill(3)]),
    securitySource: dtnEid(idOfKey(privateKey.publicKey), 'laptop'),
  };
  let sequence = 0;
  const payload = new Uint8Array(size).fill(0x5a);
  return () => encodeSigned(createBundle(specOf(signer.securitySource, payload, sequence++)), signer);
}

function specOf(source: DtnEid, payload: Uint8Array, sequence: number) {
  return {
    source,
    destination: BEN_CHAT,
    creation: { time: 848_750_400_000, sequence },
    lifetimeMs: 1_209_600_000,
    payload,
    previousNode: NODE,
    ageMs: 1_500,
    hopLimit: 32,
  };
}
