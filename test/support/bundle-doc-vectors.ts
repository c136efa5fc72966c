/** The test vectors of docs/protocol/bundles.md, from their inputs. */
import { type Random, toHex, utf8 } from '../../src/base/index.js';
import { bundleKey, createBundle, dtnEid, encodeBundle, formatEid, signBundle } from '../../src/bundle/index.js';
import { primaryBytes } from '../../src/bundle/primary.js';
import { boxKeyPairFromSeed, idOfKey, seal, signingKeyFromSeed } from '../../src/crypto/index.js';

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** Gives out what the vector says, in order. */
function scripted(...draws: readonly Uint8Array[]): Random {
  const left = [...draws];
  return {
    bytes: (length) => {
      const next = left.shift();
      if (next?.length !== length) throw new Error('the vector gives other randomness');
      return next;
    },
    unit: () => {
      throw new Error('the vector gives no numbers');
    },
  };
}

/** Name and value, in the order of the page. */
export function docVectors(): ReadonlyMap<string, string> {
  const key = signingKeyFromSeed(filled(32, 1));
  const source = dtnEid(idOfKey(key.publicKey), 'laptop');
  const destination = dtnEid(idOfKey(signingKeyFromSeed(filled(32, 2)).publicKey), '~chat');
  const node = dtnEid(idOfKey(signingKeyFromSeed(filled(32, 3)).publicKey), '');
  const unsigned = createBundle({
    source,
    destination,
    creation: { time: 848_750_400_000, sequence: 7 },
    lifetimeMs: 1_209_600_000,
    payload: utf8('the bridge is open again'),
    previousNode: node,
    ageMs: 1_500,
    hopLimit: 32,
    topic: { name: 'presence', version: 3 },
    copies: 8,
  });
  const signed = signBundle(unsigned, {
    privateKey: key,
    keyId: key.publicKey.subarray(0, 8),
    securitySource: source,
  });
  const recipient = boxKeyPairFromSeed(filled(32, 4));
  const sealed = seal(
    utf8('meet me at the ferry'),
    [{ keyId: recipient.publicKey.subarray(0, 8), publicKey: recipient.publicKey }],
    scripted(filled(32, 0xa1), filled(32, 0xa2), filled(24, 0xa3)),
  );
  return new Map([
    ['public key of the signer', toHex(key.publicKey)],
    ['source', formatEid(source)],
    ['primary block', toHex(primaryBytes(unsigned.primary))],
    ['bundle key', bundleKey(unsigned.primary)],
    ['unsigned bundle', toHex(encodeBundle(unsigned))],
    ['signed bundle', toHex(encodeBundle(signed))],
    ['public key of the recipient', toHex(recipient.publicKey)],
    ['sealed content', toHex(sealed)],
  ]);
}
