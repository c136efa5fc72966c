/** Small random changes to inputs that were interesting before. */
import { concatBytes, type Random } from '../../src/base/index.js';

/** Bytes at which codecs change their mind: heads of CBOR, ends of ranges, XML's own characters. */
const TELLING_BYTES = [
  0x00, 0x01, 0x02, 0x03, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x38, 0x3b, 0x40, 0x58, 0x5b, 0x5f, 0x60, 0x7f, 0x80,
  0x81, 0x82, 0x84, 0x9b, 0x9f, 0xa0, 0xbf, 0xc2, 0xd2, 0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xfb, 0xfe, 0xff, 0x22, 0x26,
  0x2f, 0x3c, 0x3e,
];
const MAX_CHANGES = 5;

export class Mutator {
  readonly #random: Random;
  readonly #dictionary: readonly Uint8Array[];
  readonly #maxBytes: number;

  /** @param dictionary byte strings that mean something to the target */
  constructor(random: Random, dictionary: readonly Uint8Array[], maxBytes: number) {
    this.#random = random;
    this.#dictionary = dictionary;
    this.#maxBytes = maxBytes;
  }

  /** @param other another input of the corpus, to take pieces from */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
    let changed = new Uint8Array(input);
    const changes = 1 + this.#below(MAX_CHANGES);
    for (let i = 0; i < changes; i++) changed = this.#change(changed, other);
    return changed.subarray(0, this.#maxBytes);
  }

  #change(bytes: Uint8Array<ArrayBuffer>, other: Uint8Array): Uint8Array<ArrayBuffer> {
    const at = this.#below(bytes.length);
    switch (this.#below(9)) {
      case 0:
        return this.#set(bytes, at, (bytes[at] ?? 0) ^ (1 << this.#below(8)));
      case 1:
        return this.#set(bytes, at, TELLING_BYTES[this.#below(TELLING_BYTES.length)] ?? 0);
      case 2:
        return this.#set(bytes, at, (bytes[at] ?? 0) + this.#below(9) - 4);
      case 3:
        return splice(bytes, at, this.#length(bytes.length - at), new Uint8Array(0));
      case 4:
        return splice(bytes, at, 0, this.#random.bytes(1 + this.#below(8)));
      case 5:
        return splice(
          bytes,
          this.#below(bytes.length + 1),
          0,
          bytes.subarray(at, at + this.#length(bytes.length - at)),
        );
      case 6: {
        const from = this.#below(other.length);
        const piece = other.subarray(from, from + this.#length(other.length - from));
        return splice(bytes, at, this.#below(2) === 0 ? piece.length : 0, piece);
      }
      case 7: {
        const word = this.#dictionary[this.#below(this.#dictionary.length)] ?? this.#random.bytes(1);
        return splice(bytes, at, this.#below(2) === 0 ? word.length : 0, word);
      }
      default:
        return this.#set(bytes, at, this.#below(256));
    }
  }

  #set(bytes: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
    if (at < bytes.length) bytes[at] = value;
    return bytes;
  }

  /** Short pieces are likelier than long ones. */
  #length(max: number): number {
    return 1 + this.#below(Math.max(1, this.#below(2) === 0 ? Math.min(8, max) : max));
  }

  #below(limit: number): number {
    return Math.floor(this.#random.unit() * limit);
  }
}

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concatBytes(bytes.subarray(0, at), inserted, bytes.subarray(at + removed)));
}
