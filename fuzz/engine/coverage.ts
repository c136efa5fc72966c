/**
 * Which code ran, from V8's own precise block coverage (the inspector's Profiler domain): no instrumentation, no native
 * addon. Has to be started before the code under test is loaded.
 */
import { type Profiler, Session } from 'node:inspector';

/** For each function that ran: which of its characters were executed. */
export type Sample = ReadonlyMap<string, Uint8Array>;

export interface CoverageSource {
  /** @returns what ran since the last call. */
  take(): Sample;
  isNews(sample: Sample): boolean;
  /** @returns whether there was anything new in it. */
  merge(sample: Sample): boolean;
}

export class Coverage implements CoverageSource {
  readonly #session = new Session();
  readonly #include: (url: string) => boolean;
  readonly #seen = new Map<string, Uint8Array>();
  #covered = 0;

  /** @param include which modules count, by URL */
  constructor(include: (url: string) => boolean) {
    this.#include = include;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Characters of source that have run so far, nested functions counted with their parents. */
  get covered(): number {
    return this.#covered;
  }

  take(): Sample {
    const sample = new Map<string, Uint8Array>();
    // In the same process the answer comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw new Error(`no coverage: ${error.message}`);
      for (const script of answer.result) {
        if (!this.#include(script.url)) continue;
        for (const fn of script.functions) addFunction(sample, script.url, fn);
      }
    });
    return sample;
  }

  isNews(sample: Sample): boolean {
    for (const [name, ran] of sample) {
      const seen = this.#seen.get(name);
      if (seen === undefined || hasNews(ran, seen)) return true;
    }
    return false;
  }

  merge(sample: Sample): boolean {
    const before = this.#covered;
    for (const [name, ran] of sample) {
      const seen = this.#seen.get(name) ?? new Uint8Array(ran.length);
      this.#seen.set(name, seen);
      for (let index = 0; index < ran.length; index++) {
        if (ran[index] === 0 || seen[index] !== 0) continue;
        seen[index] = 1;
        this.#covered++;
      }
    }
    return this.#covered > before;
  }
}

function hasNews(ran: Uint8Array, seen: Uint8Array): boolean {
  for (let index = 0; index < ran.length; index++) {
    if (ran[index] !== 0 && seen[index] === 0) return true;
  }
  return false;
}

/** Ranges come outer before inner, and an inner one overrules. */
function addFunction(sample: Map<string, Uint8Array>, url: string, fn: Profiler.FunctionCoverage): void {
  const [whole, ...inner] = fn.ranges;
  if (whole === undefined || whole.count === 0) return;
  const ran = new Uint8Array(whole.endOffset - whole.startOffset).fill(1);
  for (const { startOffset, endOffset, count } of inner) {
    ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
  }
  sample.set(`${url}:${whole.startOffset}`, ran);
}
