/**
 * What one copy more, or one less, of a bundle is worth: the marginal utilities of RAPID (Balasubramanian, Levine,
 * Venkataramani, *DTN routing as a resource allocation problem*, SIGCOMM 2007) and GBSD (Krifa, Barakat, Spyropoulos,
 * *Optimal buffer management policies for delay tolerant networks*, SECON 2008), for holders that meet the destination
 * at different rates, each after an exponential time. Derivation: docs/protocol/routing.md.
 */

/** `delivery`: the chance of arriving in time. `delay`: the expected delay, in units of the time that is left. */
export type UtilityMetric = 'delivery' | 'delay';

export interface Outlook {
  /** The chance that nobody who had a copy has delivered it yet: 1 − m/(L − 1). */
  readonly undelivered: number;
  /** How long the bundle still lives. */
  readonly remainingMs: number;
  /** The rates, per ms, at which its holders meet the destination, all added up. */
  readonly rate: number;
}

/** What a copy more for a holder that meets the destination at `added` is worth; never negative. */
export function gainOf(metric: UtilityMetric, { undelivered, remainingMs, rate }: Outlook, added: number): number {
  if (remainingMs <= 0 || added <= 0) return 0;
  if (metric === 'delivery') return undelivered * Math.exp(-rate * remainingMs) * -Math.expm1(-added * remainingMs);
  // Between two rates that hardly differ, rounding may turn the difference round.
  const sooner = Math.max(0, delayAt(rate, remainingMs) - delayAt(rate + added, remainingMs));
  return (undelivered * sooner) / remainingMs;
}

/** What would be lost if the holder that meets the destination at `own` dropped its copy. */
export function lossOf(metric: UtilityMetric, outlook: Outlook, own: number): number {
  return gainOf(metric, { ...outlook, rate: Math.max(0, outlook.rate - own) }, own);
}

/** The mean of an exponential time that is cut off at the end of the lifetime: (1 − e^(−Λr)) / Λ. */
function delayAt(rate: number, remainingMs: number): number {
  return rate * remainingMs < 1e-9 ? remainingMs : -Math.expm1(-rate * remainingMs) / rate;
}
