/**
 * Bundles: encoding and signing, decoding and verifying, beside raw Ed25519 in the same run.
 *
 * Every rate is the median of rounds in which all operations take turns, so that a slow moment of the machine falls on
 * all of them. Figures, SIZE being 100, 1000 and 65536 bytes of payload:
 * - `raw-verify-per-s`, `raw-sign-per-s`: node:crypto on 100 bytes with imported keys, nothing around it
 * - `encode-sign-SIZE-per-s`: a chat-like bundle made, signed and encoded
 * - `encode-sign-SIZE-to-raw`: the same as a share of raw signing
 * - `decode-verify-SIZE-per-s`: its bytes decoded and the signature verified
 * - `decode-verify-SIZE-to-raw`: the same as a share of raw verification
 * - `decode-only-SIZE-per-s`: decoded, checksums included, nothing verified
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { fromHex } from '../src/base/index.js';
import {
  type BundleSigner,
  createBundle,
  decodeBundle,
  dtnEid,
  encodeBundle,
  signBundle,
  verifyBundle,
} from '../src/bundle/index.js';
import { idOfKey, signingKeyFromSeed } from '../src/crypto/index.js';
import type { Figure } from './harness.js';

export const description = 'bundles encoded and signed, decoded and verified, beside raw Ed25519';

const PAYLOAD_SIZES = [100, 1_000, 65_536] as const;
const ROUNDS = 9;
const MS_PER_TURN = 60;
const WARM_UP_ROUNDS = 2;
const NODE = dtnEid(idOfKey(new Uint8Array(32)), '');
const BEN_CHAT = dtnEid(idOfKey(new Uint8Array(32).fill(2)), '~chat');

/** One operation that takes turns with the others. */
interface Contender {
  readonly key: string;
  readonly label: string;
  run(): void;
}

export async function run(): Promise<readonly Figure[]> {
  const contenders = [...rawContenders(), ...PAYLOAD_SIZES.flatMap(bundleContenders)];
  const rates = new Map(contenders.map(({ key }) => [key, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const { key, run: operation } of contenders) {
      const rate = rateOf(operation);
      if (round >= 0) rates.get(key)?.push(rate);
    }
  }
  const medians = new Map([...rates].map(([key, samples]) => [key, median(samples)]));
  return contenders.flatMap(({ key, label }) => figuresOf(key, label, medians));
}

function figuresOf(key: string, label: string, medians: ReadonlyMap<string, number>): Figure[] {
  const value = medians.get(key) ?? 0;
  const rate: Figure = {
    key: `${key}-per-s`,
    label,
    value,
    unit: key.startsWith('raw') ? 'signatures/s' : 'bundles/s',
  };
  const raw = key.startsWith('encode-sign') ? 'raw-sign' : key.startsWith('decode-verify') ? 'raw-verify' : undefined;
  if (raw === undefined) return [rate];
  const share = value / (medians.get(raw) ?? Number.NaN);
  return [rate, { key: `${key}-to-raw`, label: `  beside ${raw.replace('-', ' ')}`, value: share, unit: '×' }];
}

function rawContenders(): Contender[] {
  const seed = new Uint8Array(32).fill(7);
  const der = Buffer.concat([fromHex('302e020100300506032b657004220420'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const message = new Uint8Array(100).fill(1);
  const signature = sign(null, message, privateKey);
  return [
    { key: 'raw-verify', label: 'Ed25519 verification', run: () => void verify(null, message, publicKey, signature) },
    { key: 'raw-sign', label: 'Ed25519 signing', run: () => void sign(null, message, privateKey) },
  ];
}

function bundleContenders(payloadBytes: number): Contender[] {
  const privateKey = signingKeyFromSeed(new Uint8Array(32).fill(7));
  const source = dtnEid(idOfKey(privateKey.publicKey), 'laptop');
  const signer: BundleSigner = {
    privateKey,
    keyId: privateKey.publicKey.subarray(0, 8),
    // About as long as a device certificate, as one byte string.
    certificate: new Uint8Array([0x58, 170, ...new Uint8Array(170).fill(3)]),
    securitySource: source,
  };
  const payload = new Uint8Array(payloadBytes).fill(0x5a);
  let sequence = 0;
  const make = (): Uint8Array => {
    const bundle = createBundle({
      source,
      destination: BEN_CHAT,
      creation: { time: 848_750_400_000, sequence: sequence++ },
      lifetimeMs: 1_209_600_000,
      payload,
      previousNode: NODE,
      ageMs: 1_500,
      hopLimit: 32,
    });
    return encodeBundle(signBundle(bundle, signer));
  };
  const bytes = make();
  const resolve = (): Uint8Array => privateKey.publicKey;
  const size = String(payloadBytes);
  return [
    { key: `encode-sign-${size}`, label: `encode and sign, ${size} B`, run: () => void make() },
    {
      key: `decode-verify-${size}`,
      label: `decode and verify, ${size} B`,
      run: () => {
        if (!verifyBundle(decodeBundle(bytes), resolve).ok) throw new Error('the signature did not verify');
      },
    },
    { key: `decode-only-${size}`, label: `decode only, ${size} B`, run: () => void decodeBundle(bytes) },
  ];
}

/** Operations per second over one turn; the clock is read once per batch. */
function rateOf(operation: () => void): number {
  const started = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  do {
    for (let i = 0; i < 16; i++) operation();
    calls += 16;
    elapsedMs = performance.now() - started;
  } while (elapsedMs < MS_PER_TURN);
  return (calls * 1000) / elapsedMs;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
}
