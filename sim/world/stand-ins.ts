/**
 * Stand-ins for keys, signatures and seals: the same sizes on the wire, a thousandth of the work. They prove nothing to
 * anybody, so they live in the simulator only; a real node is never given them.
 *
 * The text of a simulated message is not carried from node to node: sealed content says how many bytes it leaves out. These
 * hollow bytes take room and airtime like all others.
 */
import type { Random } from '../../src/base/index.js';
import { CborReader, CborWriter } from '../../src/cbor/index.js';
import type { BoxKeyPair, CryptoSuite, OpenOutcome, SealRecipient, SigningKey } from '../../src/crypto/index.js';

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
/** What a real seal adds for its version, ephemeral key, nonce and checksum, and for each recipient (docs/protocol/bundles.md). */
const SEAL_BYTES = 1 + 1 + 34 + 26 + 1 + 16;
const RECIPIENT_BYTES = 1 + 9 + 50;
/** The first byte of an array of three: no other payload of ours begins so. */
const STAND_IN_SEAL = 0x83;

export function standInKey(random: Random): SigningKey {
  const publicKey = random.bytes(KEY_BYTES);
  return { publicKey, sign: (message) => standInSignature(publicKey, message) };
}

export function standInBox(random: Random): BoxKeyPair {
  const publicKey = random.bytes(KEY_BYTES);
  return { publicKey, secretKey: publicKey };
}

/** Two checksums of the message, and the key: what was changed on the way does not verify. */
function standInSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  let a = 0x811c9dc5;
  let b = message.length;
  for (const byte of message) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = (Math.imul(b, 31) + byte) | 0;
  }
  const view = new DataView(signature.buffer);
  view.setInt32(0, a);
  view.setInt32(4, b);
  signature.set(publicKey, KEY_BYTES);
  return signature;
}

export class StandIns implements CryptoSuite {
  #hollowNext = 0;

  /** The next message to be sealed has an empty text in place of one of so many bytes. */
  leaveOut(textBytes: number): void {
    this.#hollowNext = textBytes + headBytes(textBytes) - headBytes(0);
  }

  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const genuine = standInSignature(publicKey, message);
    return signature.length === genuine.length && genuine.every((byte, index) => signature[index] === byte);
  }

  /** [hollow bytes, key ids, plaintext] */
  seal(plaintext: Uint8Array, recipients: readonly SealRecipient[]): Uint8Array {
    const content = plaintext.length + this.#hollowNext;
    const onWire = SEAL_BYTES + recipients.length * RECIPIENT_BYTES + headBytes(content + 16) + content;
    this.#hollowNext = 0;
    const inBlock = onWire + headBytes(onWire);
    let hollowBytes = inBlock;
    // The number itself takes room, more or less of it: a few rounds find the one that fits.
    for (let round = 0; round < 4; round++) {
      const { length } = written(hollowBytes, recipients, plaintext);
      hollowBytes = inBlock - length - headBytes(length);
    }
    return written(hollowBytes, recipients, plaintext);
  }

  openSealed(sealed: Uint8Array, keys: (keyId: Uint8Array) => Uint8Array | undefined): OpenOutcome {
    const reader = readerOf(sealed);
    if (reader === undefined) return { ok: false, code: 'malformed' };
    reader.uint();
    const keyIds = Array.from({ length: reader.array() }, () => reader.byteString());
    if (!keyIds.some((keyId) => keys(keyId) !== undefined)) return { ok: false, code: 'not-for-us' };
    return { ok: true, plaintext: reader.byteString() };
  }

  readonly hollowBytes = (payload: Uint8Array): number => Number(readerOf(payload)?.uint() ?? 0);
}

function written(hollowBytes: number, recipients: readonly SealRecipient[], plaintext: Uint8Array): Uint8Array {
  const writer = new CborWriter(64 + plaintext.length).array(3).uint(hollowBytes).array(recipients.length);
  for (const { keyId } of recipients) writer.byteString(keyId);
  return writer.byteString(plaintext).finish();
}

function readerOf(sealed: Uint8Array): CborReader | undefined {
  if (sealed[0] !== STAND_IN_SEAL) return undefined;
  const reader = new CborReader(sealed);
  reader.arrayOf(3, 'a stand-in seal');
  return reader;
}

/** Of a CBOR item of this length or value. */
function headBytes(value: number): number {
  if (value < 24) return 1;
  if (value < 0x100) return 2;
  return value < 0x1_0000 ? 3 : 5;
}
