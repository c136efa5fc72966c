/**
 * The fuzzing loop: mutate what is in the corpus, run it, keep what reached code that nothing before it reached.
 *
 * Asking V8 for coverage costs as much as hundreds of executions, so inputs run in batches and coverage is asked for once
 * per batch; only a batch with news is halved and run again until the input behind it is found.
 */
import type { Random } from '../../src/base/index.js';
import type { CoverageSource } from './coverage.js';
import { Mutator } from './mutate.js';
import type { Target } from './target.js';

export interface Finding {
  readonly input: Uint8Array;
  readonly error: string;
}

export interface LoopReport {
  readonly executions: number;
  readonly corpus: readonly Uint8Array[];
  readonly findings: readonly Finding[];
}

export interface LoopOptions {
  readonly target: Target;
  readonly seeds: readonly Uint8Array[];
  readonly coverage: CoverageSource;
  readonly random: Random;
  readonly stopAt: number;
  readonly now: () => number;
  /** Called before each input; whoever watches from outside then knows what hung or took all memory. */
  readonly onInput: (input: Uint8Array) => void;
}

const MAX_BATCH = 512;
/** The pace of batches: long enough to make coverage cheap, short enough to end in time. */
const BATCH_MS = 100;
/** One input that takes longer is a finding: the largest is a few kilobytes, and no busy machine holds one up so long. */
const SLOW_MS = 10_000;
const MAX_FINDINGS = 20;
const DEFAULT_MAX_BYTES = 4_096;

export function fuzzLoop(options: LoopOptions): LoopReport {
  const { target, coverage, random, now } = options;
  const mutator = new Mutator(random, target.dictionary ?? [], target.maxBytes ?? DEFAULT_MAX_BYTES);
  const corpus: Uint8Array[] = [];
  const findings = new Map<string, Finding>();
  let executions = 0;

  const timed = (work: () => void): number => {
    const started = now();
    work();
    return now() - started;
  };

  const run = (input: Uint8Array): void => {
    executions++;
    options.onInput(input);
    try {
      const tookMs = timed(() => target.fuzz(input));
      // Once more: the machine may have been busy with something else.
      if (tookMs > SLOW_MS && timed(() => target.fuzz(input)) > SLOW_MS) {
        throw new Error(`one input took ${Math.round(tookMs)} ms`);
      }
    } catch (error) {
      const signature = signatureOf(error);
      const known = findings.get(signature);
      if (known !== undefined && known.input.length <= input.length) return;
      findings.set(signature, { input: new Uint8Array(input), error: describe(error) });
    }
  };

  const explore = (batch: readonly Uint8Array[]): boolean => {
    for (const input of batch) run(input);
    const sample = coverage.take();
    if (!coverage.isNews(sample)) return false;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) {
      coverage.merge(sample);
      corpus.push(new Uint8Array(first));
      return true;
    }
    const middle = batch.length >> 1;
    const found = [explore(batch.slice(0, middle)), explore(batch.slice(middle))];
    // What no half shows again (a cache was filled, a function was compiled) belongs to no input.
    coverage.merge(sample);
    return found.includes(true);
  };

  for (const seed of [new Uint8Array(0), ...options.seeds]) explore([seed]);
  let batchSize = 16;
  while (now() < options.stopAt && findings.size < MAX_FINDINGS) {
    const batch = Array.from({ length: batchSize }, () => mutator.mutate(pick(corpus, random), pick(corpus, random)));
    const started = now();
    explore(batch);
    batchSize = now() - started < BATCH_MS ? Math.min(MAX_BATCH, batchSize * 2) : Math.max(8, batchSize >> 1);
  }
  return { executions, corpus, findings: [...findings.values()] };
}

/** Half of the time one of the newest: the edge of what is known. */
function pick(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const among = random.unit() < 0.5 ? corpus.length : Math.ceil(corpus.length / 4);
  return corpus[corpus.length - 1 - Math.floor(random.unit() * among)] ?? new Uint8Array(0);
}

/** Two findings with the same one are the same bug: where it was thrown, and the message without its figures. */
function signatureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frame = error.stack?.split('\n').find((line) => line.trim().startsWith('at '));
  return `${error.name}: ${error.message.replace(/\d+/g, '0').slice(0, 100)} ${frame ?? ''}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}
