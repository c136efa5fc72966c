/** A person whom this node serves: keys, certificate, and how their bundles are made. */
import {
  type Bundle,
  type CreationTimestamp,
  createBundle,
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
  readonly #keys: LocalPersonKeys;
  readonly #certificate: Uint8Array;
  readonly #keyId: Uint8Array;

  constructor(keys: LocalPersonKeys) {
    this.#keys = keys;
    this.id = personIdOf(keys.personKey.publicKey);
    this.device = deviceNameOf(keys.deviceKey.publicKey);
    // A profile whose nickname others refuse would make this person unreachable.
    this.nickname = nicknameFrom(keys.nickname);
    this.box = keys.box;
    this.boxKeyId = boxKeyIdOf(keys.box.publicKey);
    this.#certificate = issueDeviceCertificate(keys.personKey, this.device, keys.deviceKey.publicKey);
    this.#keyId = sha256(keys.deviceKey.publicKey).slice(0, 8);
  }

  get source(): string {
    return formatEid(dtnEid(this.id, this.device));
  }

  makeBundle(spec: BundleSpec): Bundle {
    const source = dtnEid(this.id, this.device);
    const bundle = createBundle({ ...spec, source, ageMs: 0, hopLimit: HOP_LIMIT });
    return signBundle(bundle, {
      privateKey: this.#keys.deviceKey,
      keyId: this.#keyId,
      certificate: this.#certificate,
      securitySource: source,
    });
  }
}
