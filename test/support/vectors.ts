/**
 * The vectors in docs/protocol/vectors: made from fixed seeds by the code, and compared with it ever after.
 *
 * HEARSAY_WRITE_VECTORS=1 writes them anew: for a change of the protocol that is meant.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../docs/protocol/vectors');

/** @returns what the file says, which is to equal what was made. */
export function storedVectors(name: string, made: unknown): unknown {
  const path = resolve(FOLDER, `${name}.json`);
  if (process.env.HEARSAY_WRITE_VECTORS === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}
