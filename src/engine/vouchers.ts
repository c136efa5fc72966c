/** What devices sign with, from their bundles that were verified; bounded, and forgetting one costs a whole receipt. */
import { type Bundle, findPayloadSignature } from '../bundle/index.js';
import type { PersonId } from '../people/index.js';
import type { DeviceVoucher } from './compact-receipt.js';

const CAPACITY = 4096;

export class Vouchers {
  /** By endpoint id, the one remembered longest ago first. */
  readonly #byEid = new Map<string, DeviceVoucher>();

  of(person: PersonId, device: string): DeviceVoucher | undefined {
    return this.#byEid.get(`dtn://${person}/${device}`);
  }

  /** @param bundle was verified to be of this source. */
  remember(source: string, bundle: Bundle): void {
    if (this.#byEid.has(source)) return;
    const found = findPayloadSignature(bundle);
    if (found?.keyId === undefined || found.certificate === undefined) return;
    // Copies: what they are views of is a whole bundle.
    const voucher = { certificate: found.certificate.slice(), keyId: found.keyId.slice() };
    if (this.#byEid.size >= CAPACITY) {
      const oldest = this.#byEid.keys().next().value;
      if (oldest !== undefined) this.#byEid.delete(oldest);
    }
    this.#byEid.set(source, voucher);
  }
}
