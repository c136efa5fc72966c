/** The one codec for CBOR: strict in what it reads, deterministic in what it writes. */
export { type CborUint, headSize, Major } from './heads.js';
export { CborReader } from './reader.js';
export { freshBytes } from './slab.js';
export { type CborLimits, type CborValue, decodeCbor, encodeCbor } from './value.js';
export { CborWriter } from './writer.js';
