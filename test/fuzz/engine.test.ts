/** The fuzzing engine finds what was hidden for it. */
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { Coverage, type CoverageSource, type Sample } from '../../fuzz/engine/coverage.js';
import { fuzzLoop, type LoopReport } from '../../fuzz/engine/loop.js';
import { Mutator } from '../../fuzz/engine/mutate.js';
import { seededRandom, utf8 } from '../../src/base/index.js';

const SECRET = utf8('dtn!');

/** Coverage of a target that says by itself how far it got. */
class Steps implements CoverageSource {
  readonly #seen = new Set<string>();
  readonly #now = new Set<string>();

  reached(step: number): void {
    this.#now.add(String(step));
  }

  take(): Sample {
    const sample = new Map([...this.#now].map((step) => [step, Uint8Array.of(1)]));
    this.#now.clear();
    return sample;
  }

  isNews(sample: Sample): boolean {
    return [...sample.keys()].some((step) => !this.#seen.has(step));
  }

  merge(sample: Sample): boolean {
    const isNews = this.isNews(sample);
    for (const step of sample.keys()) this.#seen.add(step);
    return isNews;
  }
}

/** Fuzzes a target that fails on inputs that begin with the secret, for so many looks at the clock. */
function huntForSecret(coverage: Steps, looks: number): LoopReport {
  let now = 0;
  const fuzz = (input: Uint8Array): void => {
    let at = 0;
    while (at < SECRET.length && input[at] === SECRET[at]) coverage.reached(at++);
    if (at === SECRET.length) throw new Error('found');
  };
  return fuzzLoop({
    target: { fuzz },
    seeds: [],
    coverage,
    random: seededRandom(1),
    stopAt: looks,
    now: () => now++ / 100,
    onInput: () => {},
  });
}

test('coverage leads the loop through a comparison of four bytes, which chance alone would not pass', () => {
  const { findings, corpus, executions } = huntForSecret(new Steps(), 700);
  expect(findings.map(({ error }) => error.split('\n')[0])).toEqual(['Error: found']);
  expect([...(findings[0]?.input.subarray(0, SECRET.length) ?? [])]).toEqual([...SECRET]);
  expect(corpus.length).toBe(SECRET.length);
  expect(executions).toBeLessThan(200_000);
});

test('a loop that is told nothing of coverage does not get there', () => {
  const blind = new Steps();
  blind.isNews = () => false;
  expect(huntForSecret(blind, 700).findings).toEqual([]);
});

test('a slow input is a finding', () => {
  let now = 0;
  const fuzz = (): void => {
    now += 20_000;
  };
  const random = seededRandom(1);
  const { findings } = fuzzLoop({
    target: { fuzz },
    seeds: [],
    coverage: new Steps(),
    random,
    stopAt: 1,
    now: () => now,
    onInput: () => {},
  });
  expect(findings[0]?.error).toContain('one input took 20000 ms');
});

test('mutants stay within the size of their target, and repeat from the seed', () => {
  const make = (): string[] => {
    const mutator = new Mutator(seededRandom(3), [SECRET], 32);
    return Array.from({ length: 500 }, () => Buffer.from(mutator.mutate(new Uint8Array(30), SECRET)).toString('hex'));
  };
  expect(make()).toEqual(make());
  expect(Math.max(...make().map((hex) => hex.length / 2))).toBe(32);
});

test('coverage of V8 tells one branch from the other', () => {
  const coverage = new Coverage((url) => url === 'toy.js');
  const toy: (yes: boolean) => number = new Script('(yes) => { if (yes) { return 1; } else { return 2; } }', {
    filename: 'toy.js',
  }).runInThisContext();
  coverage.take();
  toy(true);
  expect(coverage.merge(coverage.take())).toBe(true);
  toy(true);
  expect(coverage.isNews(coverage.take())).toBe(false);
  toy(false);
  expect(coverage.isNews(coverage.take())).toBe(true);
});
