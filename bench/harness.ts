/**
 * The shape of a benchmark and the way to time one.
 *
 * A file `bench/NAME.ts` exports `description` (one line) and `run()`; `npm run bench -- NAME` then finds it by its name.
 * The keys of its figures are stable: programs compare them between versions, so they are listed in docs/benchmarks.md.
 */
export interface Figure {
  /** Stable, in kebab case, unique within the benchmark. */
  readonly key: string;
  /** The same for a person. */
  readonly label: string;
  readonly value: number;
  /** For instance `bundles/s`, `ms`, `bytes`. */
  readonly unit: string;
}

/** Figures, and results that stand beside them in the JSON, under keys of their own. */
export interface Measured {
  readonly figures: readonly Figure[];
  readonly results: Readonly<Record<string, unknown>>;
}

export interface Benchmark {
  readonly description: string;
  run(): Promise<readonly Figure[] | Measured>;
}

/** @default 1000 ms: long enough to smooth over a garbage collection, short enough for a whole set of figures. */
const DEFAULT_MIN_MS = 1000;
const WARM_UP_SHARE = 0.2;

/**
 * Runs the operation again and again, first to warm up, then for at least `minMs`.
 *
 * @param operations how many operations one call makes
 * @returns operations per second
 */
export async function ratePerSecond(
  operation: () => unknown,
  options: { readonly minMs?: number; readonly operations?: number } = {},
): Promise<number> {
  const minMs = options.minMs ?? DEFAULT_MIN_MS;
  await callsWithin(operation, minMs * WARM_UP_SHARE);
  const { calls, elapsedMs } = await callsWithin(operation, minMs);
  return (calls * (options.operations ?? 1) * 1000) / elapsedMs;
}

async function callsWithin(
  operation: () => unknown,
  minMs: number,
): Promise<{ readonly calls: number; readonly elapsedMs: number }> {
  const started = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  do {
    const result = operation();
    // Synchronous work is not sent through the microtask queue: that would be part of what is measured.
    if (result instanceof Promise) await result;
    calls += 1;
    elapsedMs = performance.now() - started;
  } while (elapsedMs < minMs);
  return { calls, elapsedMs };
}
