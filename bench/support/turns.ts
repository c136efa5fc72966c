/**
 * Operations that take turns, so that a slow moment of the machine falls on all of them. What counts is the processor's
 * time, the garbage collector's included.
 *
 * A rate is the median over the rounds. A ratio is the median of the ratios within each round: what is compared ran within
 * the same second.
 */
import type { Figure } from '../harness.js';

/** One operation that takes turns with the others. */
export interface Contender {
  /** In kebab case; its figure is `KEY-per-s`. */
  readonly key: string;
  readonly label: string;
  /** @default bundles/s */
  readonly unit?: string;
  /** What is done in one call, for instance bytes. @default 1 */
  readonly amount?: number;
  /** The key of the contender it is measured by: a figure `KEY-to-raw`. */
  readonly beside?: string;
  run(): void;
}

const ROUNDS = 15;
const MS_PER_TURN = 25;
/** The compiler has to have seen an operation often enough. */
const MS_TO_WARM_UP = 300;
/** The clock is read once for so much time. */
const BATCH_MS = 1;

export function takeTurns(contenders: readonly Contender[]): readonly Figure[] {
  const batches = contenders.map(({ run }) => warmUp(run));
  const rates = new Map(contenders.map(({ key }) => [key, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    contenders.forEach(({ key, run, amount = 1 }, i) => {
      rates.get(key)?.push(rateOf(run, batches[i] ?? 1, MS_PER_TURN) * amount);
    });
  }
  return contenders.flatMap((contender) => figuresOf(contender, contenders, rates));
}

function figuresOf(
  { key, label, unit, beside }: Contender,
  contenders: readonly Contender[],
  rates: ReadonlyMap<string, readonly number[]>,
): Figure[] {
  const own = rates.get(key) ?? [];
  const figure = { key: `${key}-per-s`, label, value: median(own), unit: unit ?? 'bundles/s' };
  const other = contenders.find((one) => one.key === beside);
  const others = beside === undefined ? undefined : rates.get(beside);
  if (other === undefined || others === undefined) return [figure];
  const share = median(own.map((rate, round) => rate / (others[round] ?? Number.NaN)));
  return [figure, { key: `${key}-to-raw`, label: `  beside ${other.label}`, value: share, unit: '×' }];
}

/** @returns how many calls take about {@link BATCH_MS}. */
function warmUp(operation: () => void): number {
  const perSecond = rateOf(operation, 1, MS_TO_WARM_UP);
  return Math.max(1, Math.round((perSecond * BATCH_MS) / 1_000));
}

/** Calls per second of this process's own processor time: what else runs on the machine does not count. */
function rateOf(operation: () => void, batch: number, ms: number): number {
  const started = process.cpuUsage();
  let calls = 0;
  let spentMs = 0;
  do {
    for (let i = 0; i < batch; i++) operation();
    calls += batch;
    const { user, system } = process.cpuUsage(started);
    spentMs = (user + system) / 1_000;
  } while (spentMs < ms);
  return (calls * 1_000) / spentMs;
}

export function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;
}
