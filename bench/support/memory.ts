/** What a decoded bundle costs in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Bundle, decodeBundle } from '../../src/bundle/index.js';
import type { Figure } from '../harness.js';

const HELD_BYTES = 32 * 1024 * 1024;
const MAX_HELD = 20_000;

/** @param bytes an encoded bundle. @returns memory per bundle, the received bytes included. */
export function memoryFigures(name: string, bytes: Uint8Array): readonly Figure[] {
  const count = Math.min(MAX_HELD, Math.ceil(HELD_BYTES / bytes.length));
  const before = usedMemory();
  const held: Bundle[] = [];
  for (let i = 0; i < count; i++) held.push(decodeBundle(bytes.slice()));
  const each = (usedMemory() - before) / held.length;
  return [
    { key: `memory-${name}-bytes`, label: `a decoded bundle in memory, ${name} B`, value: each, unit: 'bytes' },
    { key: `memory-${name}-to-wire`, label: '  beside its bytes', value: each / bytes.length, unit: '×' },
  ];
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
