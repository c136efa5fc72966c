/** Every input of the fuzzers' corpora, once: what a fuzzer found out stays found out, without waiting for a fuzzer. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCorpus } from '../../fuzz/engine/corpus.js';
import type { Target } from '../../fuzz/engine/target.js';

const FUZZ = resolve(import.meta.dirname, '../../fuzz');
const targets = readdirSync(join(FUZZ, 'targets')).map((file) => file.replace(/\.ts$/, ''));

describe('the seed corpus', () => {
  test.each(targets)('of %s is there, and every property holds for it', async (name) => {
    const { fuzz } = (await import(join(FUZZ, 'targets', `${name}.ts`))) as Target;
    const inputs = readCorpus(join(FUZZ, 'corpus', `${name}.hex`));
    expect(inputs.length).toBeGreaterThan(1);
    for (const input of inputs) fuzz(input);
  });
});
