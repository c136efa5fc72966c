/** Brings the page to life. Stands on its own: see ../script.ts. */
import type { Document, Plot, PlotMaker, Window } from './dom.js';
import type { Parts } from './parts.js';
import type { PageData } from './types.js';

export function main(parts: Parts, page: Document, window: Window, maker: PlotMaker): void {
  const data = JSON.parse(page.getElementById('data')?.textContent ?? '{}') as PageData;
  const written = parts.written();
  const colour = (name: string): string => window.getComputedStyle(page.documentElement).getPropertyValue(name).trim();
  const colours = () => ({
    ink: colour('--ink'),
    faint: colour('--faint'),
    paper: colour('--paper'),
    link: colour('--link'),
    message: colour('--message'),
    series: ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7', '--c8'].map(colour),
    groups: ['--c1', '--c3', '--c4', '--c7', '--c8', '--c5'].map(colour),
  });
  const moving = data.replay && parts.replay(parts, page, window, data.replay, colours);

  let drawn: Plot[] = [];
  const drawPlots = (): void => {
    for (const plot of drawn) plot.destroy();
    drawn = data.charts.flatMap((chart) => {
      const target = page.getElementById(chart.target);
      if (target === null) return [];
      const size = { width: Math.max(240, target.clientWidth), height: 260 };
      return [parts.plots(chart, target, size, colours(), written, maker)];
    });
  };
  const refresh = (): void => {
    moving?.refresh();
    drawPlots();
  };
  drawPlots();
  window.addEventListener('resize', refresh);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);
}
