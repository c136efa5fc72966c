/** The report of a run as one page: figures, plots and a replay. */

import type { Scenario } from '../../scenario/types.js';
import type { EventLog } from '../../world/index.js';
import { summarise } from '../summary.js';
import { percent, reportRows, time } from '../text.js';
import type { RunResult } from '../types.js';
import { pageOf } from './document.js';
import { type Html, html } from './escape.js';
import type { Chart, Replay } from './page/types.js';
import { type PackedReplay, packReplay, REPLAY_LIMITS, type ReplayLimits } from './replay-data.js';
import { type Figure, runFigures } from './run-charts.js';

export interface RunPageOptions {
  readonly scenario: Scenario;
  /** What the run was given as `log`. */
  readonly log: EventLog;
  /** What to type to have the run again, without `--html`. */
  readonly command?: string;
  readonly limits?: ReplayLimits;
}

/**
 * @returns the text of one HTML file that needs no network. The same run gives the same text, but for what stands in the
 *   element `made`.
 */
export function htmlReport(
  result: RunResult,
  { scenario, log, command, limits = REPLAY_LIMITS }: RunPageOptions,
): string {
  const packed = packReplay(scenario, result, log, limits);
  const figures = runFigures(result);
  const body = html`${header(result, scenario)}
${headlines(result)}
${replaySection(packed)}
<section aria-labelledby="plots"><h2 id="plots">Plots</h2>
<p class="soft">Drag over a plot to look closer, double-click to go back.</p>
<div class="plots">${figures.map(figureOf)}</div></section>
${summaryTable(result)}
${repeating(result, command)}
${footer(result)}`;
  const charts: readonly Chart[] = figures.map(({ chart }) => chart);
  return pageOf({
    title: `${scenario.name}, seed ${scenario.seed} – Hearsay`,
    body,
    data: { charts, replay: packed.replay },
  });
}

function header({ nodes, endedAtMs, strategy, complete, scenario }: RunResult, { description }: Scenario): Html {
  const about = `${nodes.length} nodes, ${time(endedAtMs)}, strategy ${strategy}, seed ${scenario.seed}`;
  const early = complete ? [] : [html`<p class="note">The run was stopped early: everything is up to that moment.</p>`];
  return html`<header><h1>${scenario.name}</h1>
<p>${description}</p>
<p class="soft">${about}</p>${early}</header>`;
}

function headlines(result: RunResult): Html {
  const found = summarise(result);
  const shown: readonly (readonly [string, string])[] = [
    ['delivered', percent(found.deliveryRatio)],
    ['of what the oracle delivers', percent(found.shareOfOracle)],
    ['median delay', time(found.delay.median)],
    ['as fast as possible', percent(found.speedOfOracle)],
    ['hops, on average', found.hops.mean.toFixed(1)],
    ['transfers beyond need, per delivery', found.overheadRatio.toFixed(1)],
  ];
  return html`<dl class="figures">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** How many groups have a colour of their own. */
const GROUP_COLOURS = 6;
const PLAY_SECONDS = 90;

function replaySection({ replay, notes }: PackedReplay): Html {
  const groups = replay.groups.map(
    ({ name, count }, index) => html`<li><span class="dot g${index % GROUP_COLOURS}"></span>${name} (${count})</li>`,
  );
  const off = replay.power.length === 0 ? [] : [html`<li><span class="dot off"></span>off</li>`];
  return html`<section aria-labelledby="replay"><h2 id="replay">Replay</h2>
${notes.map((note) => html`<p class="note">${note}</p>`)}
<div class="controls">
<label>Message <select id="message">${messageChoices(replay)}</select></label>
<button type="button" id="previous" aria-label="previous message">‹</button><button type="button" id="next" aria-label="next message">›</button>
<button type="button" id="nearer" aria-label="nearer">+</button><button type="button" id="farther" aria-label="farther">−</button><button type="button" id="whole">Show all</button>
</div>
<canvas id="mesh" tabindex="0" role="img" aria-label="The mesh. Space plays and pauses, arrow keys go back and on, n and p choose a message, plus, minus and 0 zoom." aria-describedby="status"></canvas>
<div class="controls">
<button type="button" id="play">Play</button>
<input class="time" type="range" id="time" min="0" max="${replay.end}" step="1" value="0" aria-label="Time">
<span id="clock"></span>
<label>Speed <select id="speed">${speedChoices(replay)}</select></label>
</div>
<p id="status"></p>
<ul class="legend">${groups}<li><span class="dot message"></span>has the message</li><li>□ its author</li><li>○ its recipient</li>${off}</ul>
<ol id="journey"></ol>
<p class="soft">Drag to move, Ctrl and the wheel to zoom, point at a node for its name. The thick line is the way that the message took, carrier by carrier. With the picture in focus: space, arrow keys, n, p, +, −, 0.</p>
</section>`;
}

function messageChoices({ messages, groups }: Replay): readonly Html[] {
  const name = (node: number): string => {
    let first = 0;
    for (const group of groups) {
      if (node < first + group.count) return `${group.name}-${node - first + 1}`;
      first += group.count;
    }
    return String(node);
  };
  const choices = messages.map(({ id, from, to, path }, index) => {
    const end = path === undefined ? 'not delivered' : `${path.length - 1} ${path.length === 2 ? 'hop' : 'hops'}`;
    return html`<option value="${index}">${id}: ${name(from)} → ${name(to)}, ${end}</option>`;
  });
  return [html`<option value="-1">none</option>`, ...choices];
}

/** Of the run's time, per second; the one that shows the run in about {@link PLAY_SECONDS} is chosen. */
function speedChoices({ end }: Replay): readonly Html[] {
  const speeds = [1, 10, 60, 300, 900, 1800, 3600, 14_400, 86_400];
  const fit = end / 10 / PLAY_SECONDS;
  const chosen = speeds.findLast((speed) => speed <= fit) ?? speeds[0];
  return speeds.map((speed) =>
    speed === chosen
      ? html`<option value="${speed}" selected>${rate(speed)} per second</option>`
      : html`<option value="${speed}">${rate(speed)} per second</option>`,
  );
}

function rate(speed: number): string {
  return time(speed * 1000).replace('.0', '');
}

export function figureOf({ title, caption, chart }: Figure): Html {
  return html`<figure><h3>${title}</h3><div class="plot" id="${chart.target}"></div><figcaption>${caption}</figcaption></figure>`;
}

function summaryTable(result: RunResult): Html {
  const rows = reportRows(result).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2><table><tbody>${rows}</tbody></table></section>`;
}

function repeating({ scenario, digest }: RunResult, command: string | undefined): Html {
  const how = command === undefined ? [] : [html`<pre>${command}</pre>`];
  return html`<section aria-labelledby="repeat"><h2 id="repeat">Repeat it</h2>${how}
<p>The same scenario and seed give the same result, to the byte, on the same version of Hearsay and the same major version of Node. Compare:</p>
<table><tbody>
<tr><th scope="row">result</th><td><code>${digest}</code></td></tr>
<tr><th scope="row">scenario</th><td><code>${scenario.digest}</code></td></tr>
<tr><th scope="row">seed</th><td><code>${scenario.seed}</code></td></tr>
</tbody></table></section>`;
}

function footer({ made }: RunResult): Html {
  return html`<footer class="soft"><p id="made">Made by Hearsay ${made.version} on Node ${made.node}, in ${made.cpuSeconds.toFixed(1)} s of CPU and ${made.peakMiB} MiB.</p>
<p>Plots are drawn by uPlot (MIT licence, © Leon Sorokin); its licence is in this file.</p></footer>`;
}
