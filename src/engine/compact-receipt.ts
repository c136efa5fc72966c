/**
 * A receipt as it crosses a link between two laptops that gossip: what the other end cannot know, and nothing else
 * (docs/protocol/gossip.md, *Compact receipts*). A receipt is also the antipacket, and the more of them cross in a short
 * meeting, the more copies they clear.
 *
 * The whole bundle is made again from it to the byte, and its signature is verified like any other's. The certificate is
 * left out: whoever has verified a bundle of the same device has it, and whoever has not asks for the whole bundle.
 */
import { bytesEqual, DecodeError, fromBase32, toBase32 } from '../base/index.js';
import {
  ageOf,
  type Bundle,
  createBundle,
  encodeBundle,
  findPayloadSignature,
  hopCountOf,
  payloadOf,
  signBundle,
  withTransit,
} from '../bundle/index.js';
import { SIGNATURE_BYTES } from '../crypto/index.js';
import {
  deviceEid,
  isPersonId,
  type NodeId,
  nodeEid,
  type PersonId,
  receiptEndpoint,
  SERVICE,
} from '../people/index.js';

/** What a device signs with, from a bundle of its that was verified. */
export interface DeviceVoucher {
  readonly certificate: Uint8Array;
  readonly keyId: Uint8Array;
}

/** No bundle begins with it: a bundle is a CBOR array (RFC 9171 §4.1). */
const COMPACT = 0x00;
const VERSION = 1;
const PERSON_BYTES = 16;
/** Eight characters of base32. */
const DEVICE_BYTES = 5;
const DEVICE = /^[a-z2-7]{8}$/;
const MAX_PAYLOAD_BYTES = 2048;
const MAX_VARINT_BYTES = 8;

export function isCompact(bytes: Uint8Array): boolean {
  return bytes[0] === COMPACT;
}

/**
 * @param bundle made ready for the link by {@link nodeEid} `node`.
 * @returns undefined for a bundle that could not be made again from its compact form.
 */
export function compactReceipt(bundle: Bundle, node: NodeId): Uint8Array | undefined {
  const { source, destination, creation, lifetimeMs } = bundle.primary;
  if (source.kind !== 'dtn' || destination.kind !== 'dtn' || !DEVICE.test(source.service)) return undefined;
  if (!isPersonId(source.node) || !isPersonId(destination.node) || destination.service !== SERVICE.receipt)
    return undefined;
  const found = findPayloadSignature(bundle);
  const hops = hopCountOf(bundle);
  const age = ageOf(bundle);
  if (found?.keyId === undefined || found.certificate === undefined || hops === undefined || age === undefined) {
    return undefined;
  }
  const payload = payloadOf(bundle);
  const numbers = [creation.time, creation.sequence, lifetimeMs, age, hops.limit, hops.count, payload.length];
  if (numbers.some((number) => !Number.isSafeInteger(Number(number)))) return undefined;
  const compact = Uint8Array.from([
    COMPACT,
    VERSION,
    ...fromBase32(source.node),
    ...fromBase32(source.service),
    ...fromBase32(destination.node),
    ...numbers.flatMap((number) => varint(Number(number))),
    ...payload,
    ...found.sign1.signature,
  ]);
  const voucher = { certificate: found.certificate, keyId: found.keyId };
  const again = expandReceipt(compact, node, () => voucher);
  return again !== undefined && bytesEqual(again, encodeBundle(bundle)) ? compact : undefined;
}

/**
 * @param from the neighbour that sent it.
 * @param voucherOf what is known of a device, by its endpoint id.
 * @returns the bundle's bytes, or undefined when nothing is known of the device that signed it.
 * @throws DecodeError `ERR_COMPACT`
 */
export function expandReceipt(
  bytes: Uint8Array,
  from: NodeId,
  voucherOf: (person: PersonId, device: string) => DeviceVoucher | undefined,
): Uint8Array | undefined {
  const reader = new CompactReader(bytes);
  const person = toBase32(reader.take(PERSON_BYTES)) as PersonId;
  const device = toBase32(reader.take(DEVICE_BYTES));
  const author = toBase32(reader.take(PERSON_BYTES)) as PersonId;
  const creation = { time: reader.varint(), sequence: reader.varint() };
  const lifetimeMs = reader.varint();
  const ageMs = reader.varint();
  const hopLimit = reader.varint();
  const hopCount = reader.varint();
  const payload = reader.take(reader.varint());
  const signature = reader.take(SIGNATURE_BYTES);
  reader.end();
  if (payload.length > MAX_PAYLOAD_BYTES) throw refuse('is too long', 0);
  if (hopLimit < 1 || hopLimit > 255 || hopCount > hopLimit) throw refuse('has a bad hop count', 0);
  const voucher = voucherOf(person, device);
  if (voucher === undefined) return undefined;
  const source = deviceEid(person, device);
  const made = createBundle({
    source,
    destination: receiptEndpoint(author),
    creation,
    lifetimeMs,
    payload,
    ageMs,
    hopLimit,
  });
  const signed = signBundle(made, {
    privateKey: { publicKey: signature, sign: () => signature },
    keyId: voucher.keyId,
    certificate: voucher.certificate,
    securitySource: source,
  });
  return encodeBundle(
    withTransit(signed, { previousNode: nodeEid(from), hopCount: { limit: hopLimit, count: hopCount } }),
  );
}

/** Seven bits at a time, the least first; the eighth says that more follow. */
function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  bytes.push(left);
  return bytes;
}

class CompactReader {
  readonly #bytes: Uint8Array;
  #at = 2;

  constructor(bytes: Uint8Array) {
    if (bytes[0] !== COMPACT || bytes[1] !== VERSION) throw refuse('is of another version', 1);
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw refuse('is cut short', this.#at);
    this.#at += length;
    return taken;
  }

  varint(): number {
    let value = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.take(1)[0] ?? 0;
      value += (byte & 0x7f) * 0x80 ** index;
      if (byte >= 0x80) continue;
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
    throw refuse('has a number out of range', this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw refuse('goes on after its end', this.#at);
  }
}

function refuse(what: string, offset: number): DecodeError {
  return new DecodeError('ERR_COMPACT', `the compact receipt ${what}`, offset);
}
