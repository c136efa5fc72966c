import type { Summary } from '../reports/index.js';
import type { SettingValue } from './plan.js';

/** What is kept of a run of a sweep: enough for every table and plot, and to find it again. */
export interface SweepResult {
  readonly key: string;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly seed: number;
  readonly digest: string;
  readonly cpuSeconds: number;
  readonly summary: Summary;
}

/** A run as it is given to whoever does it. */
export interface SweepJob {
  readonly key: string;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly seed: number;
  readonly plain: Readonly<Record<string, unknown>>;
  /** Where its files lie, on this machine. */
  readonly folder: string;
}
