/** Draws one chart with uPlot. Stands on its own: see ../script.ts. */
import type { Element, Plot, PlotMaker } from './dom.js';
import type { Chart, ChartSeries } from './types.js';
import type { Written } from './written.js';

export interface PlotColours {
  readonly ink: string;
  readonly faint: string;
  readonly paper: string;
  readonly series: readonly string[];
}

export function plots(
  chart: Chart,
  target: Element,
  size: { readonly width: number; readonly height: number },
  colours: PlotColours,
  written: Written,
  maker: PlotMaker,
): Plot {
  const { x, y, xs, series } = chart;
  const labels = x.labels;
  const last = xs.at(-1) ?? 1;
  const logTicks = [0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000].map(Math.log10);
  const timeSteps = [
    0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  ];
  const isBars = series.every(({ form }) => form === 'bars');
  const shortened = (label: string): string => (label.length > 18 ? `${label.slice(0, 17)}…` : label);
  const font = '12px system-ui, sans-serif';
  const colourOf = (index: number): string =>
    colours.series[(series[index]?.colour ?? index) % colours.series.length] ?? colours.ink;
  const values = (unit: typeof x.unit) => (_: Plot, ticks: readonly number[]) =>
    ticks.map((tick) => written.value(unit, tick));
  const axis = {
    stroke: colours.ink,
    font,
    labelFont: font,
    grid: { stroke: colours.faint, width: 1 },
    ticks: { show: false },
  };

  const xAxis = {
    ...axis,
    label: x.title,
    values: values(x.unit),
    ...(x.unit === 'time' ? { incrs: timeSteps } : {}),
    ...(x.unit === 'log-time'
      ? {
          splits: (_: Plot, __: number, from: number, to: number) =>
            logTicks.filter((tick) => tick >= from && tick <= to),
        }
      : {}),
    ...(labels === undefined
      ? {}
      : {
          splits: () => labels.map((_, index) => index),
          values: () => labels.map(shortened),
          ...(labels.length > 5 && labels.some(({ length }) => length > 5) ? { rotate: -30, size: 84 } : {}),
          grid: { show: false },
        }),
  };
  const wholeSteps = Array.from({ length: 30 }, (_, step) => [1, 2, 5].map((digit) => digit * 10 ** step)).flat();
  const yAxis = {
    ...axis,
    ...(y.title === '' ? {} : { label: y.title }),
    size: 68,
    values: values(y.unit),
    ...(y.unit === 'count' ? { incrs: wholeSteps } : {}),
    ...(y.unit === 'time' ? { incrs: timeSteps } : {}),
  };
  const range =
    labels === undefined ? [xs[0] ?? 0, last > (xs[0] ?? 0) ? last : (xs[0] ?? 0) + 1] : [-0.6, labels.length - 0.4];

  let highest = 0;
  for (const { values: own, halves } of series) {
    for (const [at, value] of own.entries()) highest = Math.max(highest, (value ?? 0) + (halves?.[at] ?? 0));
  }
  /** The end of the scale: room for what stands above bars, and for a line along the top. */
  const top = y.max === undefined ? 1.1 * (highest > 0 ? highest : 1) : 1.02 * y.max;

  const look = (one: ChartSeries, index: number): object => {
    const stroke = colourOf(index);
    const hasLine = one.form !== 'points';
    return {
      label: one.name,
      stroke,
      width: one.form === 'broad' ? 6 : hasLine ? 2 : 0,
      alpha: one.form === 'broad' ? 0.4 : 1,
      spanGaps: one.form === 'joined-points',
      dash: one.form === 'dashes' ? [6, 4] : undefined,
      points:
        one.form === 'points' || one.form === 'joined-points' ? { show: true, size: 8, fill: stroke } : { show: false },
      value: (_: Plot, value: number | null) => written.value(y.unit, value),
      ...(one.form === 'step' || one.form === 'broad' ? { paths: maker.paths.stepped({ align: 1 }) } : {}),
      ...(one.form === 'bars' ? { paths: maker.paths.bars({ size: [0.6, 60] }), fill: stroke, width: 0 } : {}),
      ...(one.form === 'points' ? { paths: () => null } : {}),
    };
  };

  /** Whiskers around means. */
  const drawIntervals = (plot: Plot): void => {
    for (const [index, { halves, values: means }] of series.entries()) {
      if (halves === undefined) continue;
      plot.ctx.strokeStyle = colourOf(index);
      plot.ctx.lineWidth = 2;
      for (const [at, mean] of means.entries()) {
        const half = halves[at];
        if (mean === null || half === null || half === undefined || !(half > 0)) continue;
        const middle = plot.valToPos(xs[at] ?? 0, 'x', true);
        // An interval may reach beyond what is possible: it is drawn as far as the plot goes.
        const [least, most] = [Math.max(0, mean - half), Math.min(top, mean + half)];
        const [low, high] = [plot.valToPos(least, 'y', true), plot.valToPos(most, 'y', true)];
        plot.ctx.beginPath();
        plot.ctx.moveTo(middle, low);
        plot.ctx.lineTo(middle, high);
        for (const end of [low, high]) {
          plot.ctx.moveTo(middle - 5, end);
          plot.ctx.lineTo(middle + 5, end);
        }
        plot.ctx.stroke();
      }
    }
  };

  /** What each bar says, above it. */
  const drawValues = (plot: Plot): void => {
    for (const { form, values: heights } of series) {
      if (form !== 'bars' || heights.length > 24) continue;
      plot.ctx.fillStyle = colours.ink;
      plot.ctx.textAlign = 'center';
      plot.ctx.textBaseline = 'bottom';
      for (const [at, height] of heights.entries()) {
        const [middle, top] = [plot.valToPos(xs[at] ?? 0, 'x', true), plot.valToPos(height ?? 0, 'y', true)];
        plot.ctx.fillText(written.value(y.unit, height), middle, top - 2);
      }
    }
  };

  const nameOfX = (value: number | null): string => {
    if (value === null) return '–';
    return labels?.[Math.round(value)] ?? written.value(x.unit, value);
  };
  const options = {
    ...size,
    scales: {
      x: { time: false, range },
      y: { range: [0, top] },
    },
    axes: [xAxis, yAxis],
    series: [{ label: x.title, value: (_: Plot, value: number | null) => nameOfX(value) }, ...series.map(look)],
    cursor: { drag: { x: labels === undefined, y: false } },
    legend: { show: !isBars },
    hooks: { draw: [drawIntervals, drawValues] },
  };
  return new maker(options, [xs, ...series.map(({ values: own }) => own)], target);
}
