/** The keys of the seeds in the corpus: whatever is accepted as theirs must be what they made. */
import { utf8 } from '../../src/base/index.js';
import { type BundleSigner, dtnEid } from '../../src/bundle/index.js';
import { type BoxKeyPair, boxKeyPairFromSeed, type SigningKey, signingKeyFromSeed } from '../../src/crypto/index.js';
import { issueDeviceCertificate, type PersonId, personIdOf } from '../../src/people/index.js';

export interface FuzzPerson {
  readonly key: SigningKey;
  readonly person: PersonId;
  readonly device: string;
  readonly deviceSigner: BundleSigner;
  readonly deviceKey: Uint8Array;
  readonly certificate: Uint8Array;
  readonly box: BoxKeyPair;
  readonly boxKeyId: Uint8Array;
}

function makePerson(byte: number, device: string): FuzzPerson {
  const key = signingKeyFromSeed(new Uint8Array(32).fill(byte));
  const person = personIdOf(key.publicKey);
  const privateKey = signingKeyFromSeed(new Uint8Array(32).fill(byte + 100));
  const certificate = issueDeviceCertificate(key, device, privateKey.publicKey);
  const box = boxKeyPairFromSeed(new Uint8Array(32).fill(byte + 50));
  return {
    key,
    person,
    device,
    deviceSigner: {
      privateKey,
      keyId: privateKey.publicKey.subarray(0, 8),
      certificate,
      securitySource: dtnEid(person, device),
    },
    deviceKey: privateKey.publicKey,
    certificate,
    box,
    boxKeyId: box.publicKey.subarray(0, 8),
  };
}

export const PEOPLE: readonly [FuzzPerson, FuzzPerson] = [makePerson(1, 'laptop'), makePerson(2, 'old-laptop')];

/** What the seeds of the target `sealed` hold. */
export const SEALED_TEXTS: readonly string[] = ['the bridge is open again', ''];

export const PAYLOAD: Uint8Array = utf8('the bridge is open again');
