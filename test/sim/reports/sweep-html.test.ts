/** The page of a sweep. */
import { describe, expect, it } from 'vitest';
import { sweepHtml } from '../../../sim/reports/html/index.js';
import { sweepAxes } from '../../../sim/reports/html/sweep-charts.js';
import { FIGURE_NAMES, type SweepRow } from '../../../sim/sweep/index.js';
import { openPage } from './browser.js';

function row(settings: SweepRow['settings'], mean: number): SweepRow {
  const figures = Object.fromEntries(FIGURE_NAMES.map((name) => [name, { mean, plusMinus: 0.1, count: 3 }]));
  return { settings, figures: figures as SweepRow['figures'] };
}

const rows = ['epidemic', '<b>prophet</b>'].flatMap((strategy, index) =>
  ['1 MB', '2 MB', '5 MB'].map((quota, at) =>
    row({ 'engine.strategy': strategy, 'engine.quota': quota }, 0.1 * (1 + at) + 0.5 * index),
  ),
);

describe('the page of a sweep', () => {
  it('has a plot for each figure, a point for each row, and the table', () => {
    const page = sweepHtml(rows, { title: 'a <sweep>', command: 'hearsay sim sweep a.yaml' });
    const { plots } = openPage(page);
    expect(plots).toHaveLength(FIGURE_NAMES.length);
    const [x, ...series] = plots[0]?.data ?? [];
    expect(x).toHaveLength(rows.length);
    expect(series.map((values) => values.filter((value) => value !== null))).toEqual([
      rows.slice(0, 3).map(({ figures }) => figures.deliveryRatio.mean),
      rows.slice(3).map(({ figures }) => figures.deliveryRatio.mean),
    ]);
    expect(page.match(/<tr>/g)).toHaveLength(1 + rows.length);
    expect(page).toContain('&lt;b&gt;prophet&lt;/b&gt;');
    expect(page).not.toMatch(/<b>|<sweep>/);
    expect(sweepHtml(rows, { title: 'a <sweep>', command: 'hearsay sim sweep a.yaml' })).toBe(page);
  });

  it('puts the setting with the most values along the axis, in lines only when its values have an order', () => {
    expect(sweepAxes(rows)).toMatchObject({
      along: 'engine.quota',
      labels: ['1 MB', '2 MB', '5 MB'],
      series: ['strategy epidemic', 'strategy <b>prophet</b>'],
      isOrdered: true,
    });
    const named = ['a', 'b', 'c'].map((strategy) => row({ 'engine.strategy': strategy }, 0.5));
    expect(sweepAxes(named)).toMatchObject({ along: 'engine.strategy', series: ['mean'], isOrdered: false });
  });

  it('of nothing but seeds has one point', () => {
    const { plots } = openPage(sweepHtml([row({}, 0.4)], { title: 'seeds' }));
    expect(plots[0]?.data).toEqual([[0], [0.4]]);
  });

  it('plots so many series as can be told apart, and says what is missing', () => {
    const wide = Array.from({ length: 20 }, (_, index) =>
      row({ a: index % 2 === 0 ? 'x' : 'y', b: Math.floor(index / 2), c: Math.floor(index / 2) }, 0.1),
    );
    const page = sweepHtml(wide, { title: 'many', missing: 4 });
    expect(page).toContain('4 runs are not done');
    expect(page).toContain('more are in the table');
  });
});
