/** A person whom this node serves: keys, certificate, and how their bundles are made. */
import {
  type Bundle,
  type BundleSigner,
  type CreationTimestamp,
  createBundle,
  type DtnEid,
  dtnEid,
  type Eid,
  formatEid,
  signBundle,
} from '../bundle/index.js';
import type { BoxKeyPair } from '../crypto/index.js';
import { sha256 } from '../crypto/index.js';
import {
  boxKeyIdOf,
  deviceNameOf,
  issueDeviceCertificate,
  nicknameFrom,
  type PersonId,
  personIdOf,
} from '../people/index.js';
import type { LocalPersonKeys } from './types.js';

/** What a bundle of ours says; the rest is the same for all. */
export interface BundleSpec {
  readonly destination: Eid;
  readonly payload: Uint8Array;
  readonly lifetimeMs: number;
  readonly creation: CreationTimestamp;
  readonly topic?: { readonly name: string; readonly version: number };
}

/** Bounds loops; far above the width of any mesh that delivers at all. */
const HOP_LIMIT = 64;

export class LocalPerson {
  readonly id: PersonId;
  readonly device: string;
  readonly nickname: string;
  readonly box: BoxKeyPair;
  readonly boxKeyId: Uint8Array;
  readonly #source: DtnEid;
  readonly #signer: BundleSigner;

  constructor(keys: LocalPersonKeys) {
    this.id = personIdOf(keys.personKey.publicKey);
    this.device = deviceNameOf(keys.deviceKey.publicKey);
    // A profile whose nickname others refuse would make this person unreachable.
    this.nickname = nicknameFrom(keys.nickname);
    this.box = keys.box;
    this.boxKeyId = boxKeyIdOf(keys.box.publicKey);
    this.#source = dtnEid(this.id, this.device);
    this.#signer = {
      privateKey: keys.deviceKey,
      keyId: sha256(keys.deviceKey.publicKey).slice(0, 8),
      certificate: issueDeviceCertificate(keys.personKey, this.device, keys.deviceKey.publicKey),
      securitySource: this.#source,
    };
  }

  get source(): string {
    return formatEid(this.#source);
  }

  makeBundle(spec: BundleSpec): Bundle {
    const bundle = createBundle({ ...spec, source: this.#source, ageMs: 0, hopLimit: HOP_LIMIT });
    return signBundle(bundle, this.#signer);
  }
}
