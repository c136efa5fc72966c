/** Manifests and chunks: total, written again to what was read, and nothing comes together but what was announced. */
import { bytesEqual, DecodeError, toHex } from '../../src/base/index.js';
import { encodeCbor } from '../../src/cbor/index.js';
import {
  assemble,
  chunkCount,
  chunkLength,
  decodeChunk,
  decodeManifest,
  encodeManifest,
  manifestFor,
} from '../../src/chat/index.js';
import { holds, orRefused } from '../engine/target.js';

const CHUNK_BYTES = 4096;
const isRefusal = (error: unknown): boolean => error instanceof DecodeError;

export function fuzz(input: Uint8Array): void {
  const manifest = orRefused(() => decodeManifest(input), isRefusal);
  if (manifest !== undefined) {
    const again = decodeManifest(encodeManifest(manifest));
    holds(toHex(encodeManifest(again)) === toHex(encodeManifest(manifest)), 'a manifest is written as it was read');
    const count = chunkCount(manifest);
    holds(count >= 1 && count <= 4096, 'no manifest asks for chunks without end');
    holds(chunkLength(manifest, count - 1) > 0 && chunkLength(manifest, count) === 0, 'the last chunk is the last');
    holds(assemble(manifest, []) === undefined, 'nothing is made of nothing');
  }
  const chunk = orRefused(() => decodeChunk(input), isRefusal);
  if (chunk === undefined) return;
  holds(toHex(encodeCbor([chunk.index, chunk.bytes])) === toHex(input), 'a chunk has one form');
  if (chunk.bytes.length > CHUNK_BYTES) return;
  const whole = assemble(manifestFor(chunk.bytes, CHUNK_BYTES), [chunk]);
  holds(whole === undefined ? chunk.index > 0 : bytesEqual(whole, chunk.bytes), 'what is whole is what was cut');
}
