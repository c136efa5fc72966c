/** The report of a sweep as one page: a plot for each figure, and the table. */
import { FIGURE_NAMES, type FigureName, type SweepRow, settingText } from '../../sweep/index.js';
import { pageOf } from './document.js';
import { type Html, html } from './escape.js';
import type { Unit } from './page/types.js';
import { figureOf } from './run-report.js';
import { MAX_SERIES, type SweepAxes, sweepAxes, sweepChart } from './sweep-charts.js';

export interface SweepPageOptions {
  readonly title: string;
  /** What to type to have the sweep again, without `--html`. */
  readonly command?: string;
  readonly version?: string;
  /** How many runs are not done yet. */
  readonly missing?: number;
}

interface Shown {
  readonly title: string;
  readonly unit: Unit;
  /** The scale's end, where there is one. */
  readonly max?: number;
}

const SHOWN: Readonly<Record<FigureName, Shown>> = {
  deliveryRatio: { title: 'Delivered', unit: 'share', max: 1 },
  shareOfOracle: { title: 'Of what the oracle delivers', unit: 'share', max: 1 },
  delaySeconds: { title: 'Mean delay', unit: 'time' },
  speedOfOracle: { title: 'As fast as possible', unit: 'share', max: 1 },
  overheadRatio: { title: 'Transfers beyond need, per delivery', unit: 'number' },
  hops: { title: 'Hops', unit: 'number' },
};

/** @returns the text of one HTML file that needs no network; the same rows give the same text. */
export function sweepHtml(
  rows: readonly SweepRow[],
  { title, command, version, missing = 0 }: SweepPageOptions,
): string {
  const axes = sweepAxes(rows);
  const figures = FIGURE_NAMES.map((name) => {
    const { title: figureTitle, unit, max } = SHOWN[name];
    const caption = 'Mean over the seeds, with its 95 % confidence interval.';
    const scale = { unit, title: '', ...(max === undefined ? {} : { max }) };
    return { title: figureTitle, caption, chart: sweepChart(rows, axes, name, scale) };
  });
  const runs = rows.reduce((sum, { figures: { deliveryRatio } }) => sum + deliveryRatio.count, 0);
  const body = html`<header><h1>${title}</h1>
<p class="soft">${rows.length} combinations of settings, ${runs} runs</p>
${notes(axes, missing)}</header>
<section aria-labelledby="plots"><h2 id="plots">Plots</h2><div class="plots">${figures.map(figureOf)}</div></section>
<section aria-labelledby="table"><h2 id="table">Table</h2><div class="wide">${table(rows)}</div></section>
${command === undefined ? [] : [html`<section aria-labelledby="repeat"><h2 id="repeat">Repeat it</h2><pre>${command}</pre></section>`]}
<footer class="soft"><p id="made">Made by Hearsay ${version ?? ''}.</p>
<p>Plots are drawn by uPlot (MIT licence, © Leon Sorokin); its licence is in this file.</p></footer>`;
  return pageOf({ title: `${title} – Hearsay`, body, data: { charts: figures.map(({ chart }) => chart) } });
}

function notes({ left }: SweepAxes, missing: number): readonly Html[] {
  const said: Html[] = [];
  if (missing > 0)
    said.push(html`<p class="note">${missing} runs are not done: the figures are of those that are.</p>`);
  if (left > 0)
    said.push(html`<p class="note">The plots show ${MAX_SERIES} series; ${left} more are in the table.</p>`);
  return said;
}

function table(rows: readonly SweepRow[]): Html {
  const settings = [...new Set(rows.flatMap((row) => Object.keys(row.settings)))];
  const heading = [
    ...settings.map((name) => html`<th scope="col">${name}</th>`),
    html`<th scope="col" class="number">runs</th>`,
    ...FIGURE_NAMES.map((name) => html`<th scope="col" class="number">${SHOWN[name].title}</th>`),
  ];
  const lines = rows.map(({ settings: own, figures }) => {
    const cells = FIGURE_NAMES.map((name) => {
      const { mean, plusMinus } = figures[name];
      return html`<td class="number">${written(mean, plusMinus, SHOWN[name].unit)}</td>`;
    });
    const said = settings.map((name) => html`<td>${settingText(own[name])}</td>`);
    return html`<tr>${said}<td class="number">${figures.deliveryRatio.count}</td>${cells}</tr>`;
  });
  return html`<table><thead><tr>${heading}</tr></thead><tbody>${lines}</tbody></table>`;
}

function written(mean: number, plusMinus: number, unit: Unit): string {
  if (unit === 'share') return `${(100 * mean).toFixed(1)} ± ${(100 * plusMinus).toFixed(1)} %`;
  if (unit === 'time') return `${mean.toFixed(0)} ± ${plusMinus.toFixed(0)} s`;
  return `${mean.toFixed(2)} ± ${plusMinus.toFixed(2)}`;
}
