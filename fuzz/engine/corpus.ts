/** Inputs kept in text files: one per line in hex, `#` starts a comment. Small, and readable in a review. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromHex, toHex } from '../../src/base/index.js';

/** @returns no inputs when there is no such file. */
export function readCorpus(file: string): Uint8Array[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.map((line) => line.replace(/#.*/, '').trim()).flatMap((line) => (line === '' ? [] : [fromHex(line)]));
}

export function writeCorpus(file: string, comment: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const lines = inputs.filter((input) => input.length > 0).map(toHex);
  writeFileSync(file, `# ${comment}\n${[...new Set(lines)].join('\n')}\n`);
}
