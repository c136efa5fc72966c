/**
 * Plays `hearsay demo` and draws what it printed as docs/images/demo.svg: `node scripts/demo-picture.js`.
 *
 * Nothing is made up: the lines, colours and times are those of this very run. A line that stays the same for a while is
 * drawn once and shown for that long; where a viewer does not animate, the last picture stands.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { ensureBuild } from './lib/build.js';
import { ensureDependencies } from './lib/dependencies.js';
import { requireNode } from './lib/node-version.js';
import { inRoot } from './lib/paths.js';
import { runScript, SetupError, say } from './lib/say.js';

const ESC = String.fromCharCode(27);
const CURSOR_MOVES = new RegExp(`${ESC}\\[[0-9?]*[A-HJKhl]`, 'g');
const STYLES = new RegExp(`(${ESC}\\[\\d*m)`);
const TARGET = inRoot('docs', 'images', 'demo.svg');
const SCREEN = { columns: 78, rows: 40 };
/** The last picture stands this long before it begins again. */
const HOLD_MS = 5000;
/** Pictures closer than this are one: a picture for every step of the walk would make the file large. */
const FRAME_MS = 1000;

const CELL = { width: 8.4, height: 18, font: 14 };
const MARGIN = 12;
const BACKGROUND = '#10151d';
const STYLE = `text{font:${CELL.font}px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d6dde6}
.b{font-weight:bold;fill:#fff}.d{fill:#7b8797}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}.c{fill:#56c8d8}`;
/** The terminal's colours that the demo uses, and their classes. */
const SGR_COLOURS = { 31: 'r', 32: 'g', 33: 'y', 36: 'c' };

await runScript(async () => {
  requireNode();
  await ensureDependencies();
  await ensureBuild();
  const umask = process.umask();
  const frames = thinned(await recorded());
  // The nodes have closed it for their secrets.
  process.umask(umask);
  mkdirSync(inRoot('docs', 'images'), { recursive: true });
  writeFileSync(TARGET, svg(frames));
  say(`${frames.length} pictures of the demo drawn to ${TARGET}`);
});

/** @returns {Promise<{at: number, lines: string[]}[]>} */
async function recorded() {
  const { runDemo } = await import('../dist/src/cli/demo.js');
  const frames = [];
  const started = performance.now();
  const out = (text) => {
    // Only whole pictures; the cursor's movements around them are not drawn.
    if (!text.includes('Ana sees')) return;
    const lines = text.replace(CURSOR_MOVES, '').trimEnd().split('\n');
    frames.push({ at: performance.now() - started, lines });
  };
  const io = { out, err: (text) => process.stderr.write(text), colours: true, screen: SCREEN, stdin: process.stdin };
  if ((await runDemo({}, io)) !== 0) throw new SetupError('the demo failed; no picture was drawn.');
  return frames;
}

/** @param {{at: number, lines: string[]}[]} frames */
function thinned(frames) {
  const kept = [];
  for (const [index, frame] of frames.entries()) {
    const isLast = index === frames.length - 1;
    if (isLast || kept.length === 0 || frame.at - kept[kept.length - 1].at >= FRAME_MS) kept.push(frame);
  }
  return kept;
}

/** @param {{at: number, lines: string[]}[]} frames */
function svg(frames) {
  const start = frames[0].at;
  const totalMs = frames[frames.length - 1].at - start + HOLD_MS;
  const rows = Math.max(...frames.map(({ lines }) => lines.length));
  const width = Math.round(SCREEN.columns * CELL.width + 2 * MARGIN);
  const height = (rows + 1) * CELL.height + 2 * MARGIN;
  const shares = [...frames.map(({ at }) => (at - start) / totalMs), 1];
  const parts = [];
  for (let row = 0; row < rows; row++) {
    for (const { line, from, to } of runs(frames.map(({ lines }) => lines[row] ?? ''))) {
      const spans = drawn(line, row);
      if (spans !== '') parts.push(shown(spans, shares[from], shares[to]));
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>hearsay demo</title>
<desc>Three laptops, Ana’s, Binta’s and Ben’s. Binta walks between the other two. Ana’s message goes from kept to carried by 1 to delivered, and the guess that Ben is there falls and rises.</desc>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<style>${STYLE}</style>
<g>
${parts.join('\n')}
</g>
</svg>
`.replaceAll(' dur="?"', ` dur="${(totalMs / 1000).toFixed(1)}s"`);
}

/**
 * Stretches of frames in which a line stays the same.
 *
 * @param {readonly string[]} lines
 */
function runs(lines) {
  const found = [];
  for (const [index, line] of lines.entries()) {
    const last = found[found.length - 1];
    if (last?.line === line) last.to = index + 1;
    else found.push({ line, from: index, to: index + 1 });
  }
  return found;
}

/**
 * @param {string} spans
 * @param {number} from shares of the whole time
 * @param {number} to
 */
function shown(spans, from, to) {
  if (from === 0 && to === 1) return spans;
  const steps = [...(from > 0 ? [[0, 'hidden']] : []), [from, 'visible'], ...(to < 1 ? [[to, 'hidden']] : [])];
  const times = steps.map(([time]) => Number(time.toFixed(4))).join(';');
  const values = steps.map(([, value]) => value).join(';');
  const still = to < 1 ? ' visibility="hidden"' : '';
  return `<g${still}><animate attributeName="visibility" dur="?" repeatCount="indefinite" calcMode="discrete" keyTimes="${times}" values="${values}"/>${spans}</g>`;
}

/**
 * One line with its colours as SVG text; every stretch has its own place and length, so that any font stays in columns.
 *
 * @param {string} line
 * @param {number} row
 */
function drawn(line, row) {
  const y = MARGIN + (row + 1) * CELL.height;
  let column = 0;
  let style = { bold: false, dim: false, colour: undefined };
  let text = '';
  for (const part of line.split(STYLES)) {
    if (part.startsWith(ESC)) {
      style = styled(style, Number(part.slice(2, -1)));
      continue;
    }
    // XML joins spaces, so what stands apart is placed apart.
    for (const piece of part.split(/( {2,}|^ | $)/)) {
      if (piece.trim() !== '') text += span(piece, column, y, style);
      column += [...piece].length;
    }
  }
  return text;
}

function styled(style, code) {
  if (code === 0) return { bold: false, dim: false, colour: undefined };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  return { ...style, colour: SGR_COLOURS[code] };
}

function span(text, column, y, { bold, dim, colour }) {
  const look = [...(bold ? ['b'] : []), ...(colour !== undefined ? [colour] : dim ? ['d'] : [])].join(' ');
  const x = (MARGIN + column * CELL.width).toFixed(1);
  const length = ([...text].length * CELL.width).toFixed(1);
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const style = look === '' ? '' : ` class="${look}"`;
  return `<text${style} x="${x}" y="${y}" textLength="${length}">${safe}</text>`;
}
