/** The results of a sweep by setting: means over the seeds, with 95 % confidence intervals. */
import type { Summary } from '../reports/index.js';
import type { SettingValue } from './plan.js';
import { type Estimate, estimate } from './statistics.js';
import type { SweepResult } from './types.js';

export interface SweepRow {
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly figures: Readonly<Record<FigureName, Estimate>>;
}

export type FigureName = keyof typeof FIGURES;

const FIGURES = {
  deliveryRatio: (summary: Summary) => summary.deliveryRatio,
  shareOfOracle: (summary: Summary) => summary.shareOfOracle,
  delaySeconds: (summary: Summary) => summary.delay.mean / 1000,
  speedOfOracle: (summary: Summary) => summary.speedOfOracle,
  overheadRatio: (summary: Summary) => summary.overheadRatio,
  hops: (summary: Summary) => summary.hops.mean,
};

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

/** One row for each combination, in the order of the plan. */
export function sweepRows(results: readonly SweepResult[]): readonly SweepRow[] {
  const bySettings = new Map<string, SweepResult[]>();
  for (const result of results) {
    const name = JSON.stringify(result.settings);
    bySettings.set(name, [...(bySettings.get(name) ?? []), result]);
  }
  return [...bySettings.values()].map((runs) => ({
    settings: runs[0]?.settings ?? {},
    figures: Object.fromEntries(
      FIGURE_NAMES.map((name) => [name, estimate(runs.map(({ summary }) => FIGURES[name](summary)))]),
    ) as Record<FigureName, Estimate>,
  }));
}

/** @returns the rows as CSV: the settings, then each figure and the half width of its interval. */
export function sweepCsv(rows: readonly SweepRow[]): string {
  const settings = [...new Set(rows.flatMap((row) => Object.keys(row.settings)))];
  const heading = [...settings, 'runs', ...FIGURE_NAMES.flatMap((name) => [name, `${name}_ci95`])];
  const lines = rows.map(({ settings: own, figures }) => [
    ...settings.map((name) => text(own[name])),
    String(figures.deliveryRatio.count),
    ...FIGURE_NAMES.flatMap((name) => [figures[name].mean.toPrecision(6), figures[name].plusMinus.toPrecision(3)]),
  ]);
  return `${[heading, ...lines].map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`;
}

export function text(value: SettingValue | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
