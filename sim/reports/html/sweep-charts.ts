/**
 * The plots of a sweep: the setting with the most values goes along the axis, every combination of the others is a series.
 */
import { type FigureName, type SweepRow, settingText } from '../../sweep/index.js';
import type { Chart } from './page/types.js';

/** More can't be told apart. */
export const MAX_SERIES = 8;
/** How much of the room between two values the series of one value take. */
const DODGE = 0.5;

export interface SweepAxes {
  /** The setting along the axis; '' when nothing varies but the seed. */
  readonly along: string;
  readonly labels: readonly string[];
  readonly series: readonly string[];
  /** How many more series there would be. */
  readonly left: number;
  /** Numbers have an order, so lines between them mean something. */
  readonly isOrdered: boolean;
}

export function sweepAxes(rows: readonly SweepRow[]): SweepAxes {
  const values = new Map<string, Set<string>>();
  for (const { settings } of rows) {
    for (const [name, value] of Object.entries(settings)) {
      values.set(name, (values.get(name) ?? new Set()).add(settingText(value)));
    }
  }
  let along = '';
  for (const [name, { size }] of values) if (size > (values.get(along)?.size ?? 0)) along = name;
  const labels = [...(values.get(along) ?? ['all'])];
  const names = [...new Set(rows.map((row) => seriesOf(row, along)))];
  return {
    along,
    labels,
    series: names.slice(0, MAX_SERIES),
    left: Math.max(0, names.length - MAX_SERIES),
    isOrdered: labels.length > 1 && labels.every((label) => /^\s*[\d.]+\s*\D*$/.test(label)),
  };
}

/** The other settings, as they are called in the plot. */
function seriesOf({ settings }: SweepRow, along: string): string {
  const others = Object.entries(settings).filter(([name]) => name !== along);
  if (others.length === 0) return 'mean';
  return others.map(([name, value]) => `${name.split('.').at(-1)} ${settingText(value)}`).join(', ');
}

export function sweepChart(rows: readonly SweepRow[], axes: SweepAxes, figure: FigureName, y: Chart['y']): Chart {
  const { along, labels, series } = axes;
  const count = series.length;
  const offset = (index: number): number => (count === 1 ? 0 : (index / (count - 1) - 0.5) * DODGE);
  const find = (label: string, name: string) =>
    rows.find((row) => settingText(row.settings[along]) === label && seriesOf(row, along) === name) ??
    (along === '' ? rows[0] : undefined);
  // Each series stands a little beside the others, so each point has an x of its own.
  const points = labels.flatMap((label, at) =>
    series.map((name, index) => ({ x: at + offset(index), index, row: find(label, name) })),
  );
  return {
    target: `plot-${figure}`,
    x: { unit: 'number', title: along === '' ? 'all runs' : along, labels },
    y,
    xs: points.map(({ x }) => x),
    series: series.map((name, index) => {
      const of = (pick: 'mean' | 'plusMinus') =>
        points.map((point) => (point.index === index ? (point.row?.figures[figure][pick] ?? null) : null));
      return { name, form: axes.isOrdered ? 'joined-points' : 'points', values: of('mean'), halves: of('plusMinus') };
    }),
  };
}
