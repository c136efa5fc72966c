/** The page of a run: whole, safe to open, the same each time, and alive. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { htmlReport } from '../../../sim/reports/html/index.js';
import type { PageData } from '../../../sim/reports/html/page/types.js';
import { type RunResult, summarise } from '../../../sim/reports/index.js';
import { EventLog, simulate } from '../../../sim/world/index.js';
import { HOUR_MS, wanderers } from '../world/support.js';
import { openPage } from './browser.js';

const HOSTILE = '</script><script>alert(1)</script>"\'&<!-- x';
const scenario = wanderers({
  name: HOSTILE,
  description: `<img src=x onerror=alert(2)> ${HOSTILE}`,
  durationMs: HOUR_MS / 3,
  engine: { ...wanderers().engine, presence: true },
  groups: wanderers().groups.map((group) => ({ ...group, name: `w${HOSTILE}` })),
  traffic: wanderers().traffic.map((source) => ({ ...source, intervalMs: { min: 30_000, max: 60_000 } })),
  faults: { crashesPerDay: 20, downMs: { min: 10_000, max: 60_000 }, clockErrorMs: 0 },
});

async function run(): Promise<{ readonly result: RunResult; readonly page: string }> {
  const log = new EventLog();
  const result = await simulate(scenario, { log });
  return { result, page: htmlReport(result, { scenario, log, command: `hearsay sim run ${HOSTILE}` }) };
}

function dataOf(page: string): PageData {
  const [, json = ''] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page) ?? [];
  return JSON.parse(json) as PageData;
}

let result: RunResult;
let page: string;
beforeAll(async () => {
  ({ result, page } = await run());
});

describe('the page of a run', () => {
  it('asks no network for anything, and may not', () => {
    // Scripts and the licence may name addresses; nothing that a browser fetches does.
    const markup = page.replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>|<!--[\s\S]*?-->/g, '');
    expect(markup).not.toMatch(/<[^>]*\s(src|href|action|data|poster|srcset)\s*=/i);
    expect(markup).not.toMatch(/<(link|img|iframe|object|embed|base|form|svg)\b/i);
    expect(page.match(/<style>[\s\S]*?<\/style>/g)?.join('')).not.toMatch(/url\(|@import|https?:/);
    expect(markup).toContain('default-src &#39;none&#39;');
  });

  it('allows the scripts and styles that it has, by their digests, and no others', () => {
    const blocks = [...page.matchAll(/<(?:script|style)>([\s\S]*?)<\/(?:script|style)>/g)].map(([, text = '']) => text);
    expect(blocks).toHaveLength(4);
    for (const block of blocks) {
      expect(page).toContain(`sha256-${createHash('sha256').update(block).digest('base64')}`);
    }
    expect(page).not.toContain('unsafe-inline');
  });

  it('shows hostile names as what they are', () => {
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;!-- x');
    expect(dataOf(page).replay?.groups[0]?.name).toBe(`w${HOSTILE}`);
    // The data, uPlot and the page's own program.
    expect(page.match(/<script/g)).toHaveLength(3);
  });

  it('carries the licence of what it is drawn with', () => {
    expect(page).toContain('Permission is hereby granted, free of charge');
    expect(page).toContain('Leon Sorokin');
  });

  it('is the same for the same run, to the byte, but for how it was made', async () => {
    const again = await run();
    const withoutMade = (text: string): string => text.replace(/<p id="made">[\s\S]*?<\/p>/, '');
    expect(withoutMade(again.page)).toBe(withoutMade(page));
    expect(withoutMade(page)).toContain(result.digest);
  });

  it('plots what was found', () => {
    const { charts } = dataOf(page);
    const found = summarise(result);
    const last = (target: string, name: string): number | null | undefined =>
      charts
        .find((chart) => chart.target === target)
        ?.series.find((series) => series.name === name)
        ?.values.at(-1);
    expect(last('plot-delivery', 'delivered')).toBe(found.delivered);
    expect(last('plot-delivery', 'oracle, links without limits')).toBe(found.reachable);
    expect(last('plot-delivery', 'written')).toBe(found.created);
    expect(last('plot-delay', 'delivered')).toBeCloseTo(found.deliveryRatio);
    const hops = charts.find(({ target }) => target === 'plot-hops')?.series[0]?.values ?? [];
    expect(hops.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(found.delivered);
    expect(charts.map(({ target }) => target)).toContain('plot-presence');
    for (const { xs, series } of charts) for (const { values } of series) expect(values).toHaveLength(xs.length);
  });
});

describe('the program of the page', () => {
  it('draws every plot and the mesh', () => {
    const open = openPage(page);
    open.frame(0);
    expect(open.plots).toHaveLength(dataOf(page).charts.length);
    expect(open.element('mesh').drawn.filter((call) => call.startsWith('arc'))).not.toHaveLength(0);
    expect(open.element('status').textContent).toMatch(/M\d+ is on its way; \d+ nodes? ha/);
  });

  it('plays, pauses, and goes where it is told, by mouse and by keys', () => {
    const open = openPage(page);
    const [play, mesh, time] = [open.element('play'), open.element('mesh'), open.element('time')];
    mesh.fire('keydown', { key: 'Home' });
    open.frame(0);
    expect(open.element('clock').textContent).toBe('0:00:00');
    play.fire('click');
    for (let frame = 0; frame < 10; frame++) open.frame(50);
    // Ten seconds of the run for each of the reader's.
    expect(Number(time.value)).toBeGreaterThan(30);
    mesh.fire('keydown', { key: ' ' });
    const stoodAt = time.value;
    open.frame(50);
    open.frame(50);
    expect(time.value).toBe(stoodAt);
    mesh.fire('keydown', { key: 'End' });
    open.frame(0);
    expect(open.element('clock').textContent).toBe('0:20:00');
    time.value = '6000';
    time.fire('input');
    open.frame(0);
    expect(open.element('clock').textContent).toBe('0:10:00');
  });

  it('tells the journey of the message that is chosen', () => {
    const open = openPage(page);
    const messages = dataOf(page).replay?.messages ?? [];
    const arrived = messages.findIndex(({ path }) => (path?.length ?? 0) > 2);
    const lost = messages.findIndex(({ deliveredS }) => deliveredS === undefined);
    const choice = open.element('message');
    const choose = (index: number): string => {
      choice.value = String(index);
      choice.fire('change');
      open.frame(0);
      return open.element('journey').text;
    };
    const told = choose(arrived);
    expect(told).toContain('writes to');
    expect(told).toContain('delivered after');
    expect(told.match(/hands it to/g)).toHaveLength((messages[arrived]?.path?.length ?? 0) - 1);
    expect(choose(lost)).toContain('not delivered by the end');
    expect(choose(-1)).toBe('');
  });
});
