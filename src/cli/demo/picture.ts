/** Draws a view as lines of text. Pure: the same view, the same lines. */
import type { createColors } from 'picocolors';
import type { LaptopView, MessageView, View } from './view.js';
import { heard, percent, timeOfDay } from './words.js';

export type Colours = ReturnType<typeof createColors>;

export interface StoryLine {
  readonly now: number;
  readonly says: string;
}

/** Columns of the picture; a narrower terminal gets plain lines. */
export const PICTURE_WIDTH = 78;
const INDENT = '  ';
const INNER = PICTURE_WIDTH - 2 * INDENT.length;
/** How many scenes back the story can be read. */
const STORY_LINES = 4;
const BAR_WIDTH = 18;
const LAPTOP = '●';
/** How close the walker is drawn to the one she is with. */
const NEAREST = 5;

export const PICTURE_ROWS = 15 + 2 * STORY_LINES;

/** Bundle classes, and what the picture calls them. */
const CARGO: readonly (readonly [string, string])[] = [
  ['messages', 'messages'],
  ['receipts', 'receipts'],
  ['presence', 'presence'],
  ['certificates', 'profiles'],
];
const CARGO_WIDTH = 10;

/** @param story what was told so far, the newest last. */
export function draw(view: View, story: readonly StoryLine[], colours: Colours): readonly string[] {
  const { bold, dim } = colours;
  const title = 'Hearsay: three laptops, and one of them walks';
  const clock = timeOfDay(view.now);
  const lines = [
    '',
    `${bold(title)}${' '.repeat(INNER - title.length - clock.length)}${bold(clock)}`,
    '',
    road(view, colours),
    '',
    dim(`${'what each laptop carries'.padEnd(26)}${CARGO.map(([, word]) => word.padStart(CARGO_WIDTH)).join('')}`),
    ...view.laptops.map((laptop) => cargo(laptop, colours)),
    '',
    ...anasScreen(view, colours),
    ...bensScreen(view, colours),
    '',
    ...storyLines(story, colours),
  ];
  return lines.map((line) => (line === '' ? '' : INDENT + line));
}

/** `Ana ●━━━━● Binta · · · · · · ● Ben`: a solid line is a session that stands. */
function road({ binta, laptops }: View, { bold, cyan, dim, green }: Colours): string {
  const walker = `${LAPTOP} Binta `;
  const left = `Ana ${LAPTOP}`;
  const right = `${LAPTOP} Ben`;
  const room = INNER - left.length - right.length - walker.length;
  const before = Math.round(NEAREST + binta.at * (room - 2 * NEAREST));
  const near = laptops.find(({ name }) => name === 'Binta')?.near ?? [];
  const stretch = (length: number, linked: boolean): string =>
    linked ? green('━'.repeat(length)) : dim('· '.repeat(length).slice(0, length));
  return [
    bold(left),
    stretch(before, near.includes('Ana')),
    bold(cyan(walker)),
    stretch(room - before, near.includes('Ben')),
    bold(right),
  ].join('');
}

function cargo({ name, near, store }: LaptopView, { bold, cyan, dim, green }: Colours): string {
  const who = (name === 'Binta' ? cyan : bold)(name.padEnd(7));
  const links = near.length === 0 ? dim('near nobody'.padEnd(19)) : green(`near ${near.join(', ')}`.padEnd(19));
  const counts = CARGO.map(([bundleClass]) => {
    const count = store[bundleClass] ?? 0;
    const cell = String(count).padStart(CARGO_WIDTH);
    if (count === 0) return dim(cell);
    return bundleClass === 'messages' || bundleClass === 'receipts' ? bold(cell) : cell;
  });
  return `${who}${links}${counts.join('')}`;
}

function anasScreen({ ana: { message, ben } }: View, colours: Colours): readonly string[] {
  const { bold, cyan, dim } = colours;
  const filled = Math.round(ben.confidence * BAR_WIDTH);
  const bar = cyan('█'.repeat(filled)) + dim('░'.repeat(BAR_WIDTH - filled));
  const note = message === undefined ? dim('nothing written yet') : `“${message.body}”  ${state(message, colours)}`;
  return [
    `${bold('Ana sees')}  to Ben    ${note}`,
    `          Ben is there?  ${bar} ${percent(ben.confidence).padStart(4)}  ${dim(heard(ben))}`,
  ];
}

function state({ state: now, words }: MessageView, { bold, green, red, yellow }: Colours): string {
  const paint = { kept: yellow, carried: yellow, delivered: green, expired: red }[now];
  return bold(paint(words));
}

function bensScreen({ ben: [message] }: View, { bold, dim }: Colours): readonly string[] {
  if (message === undefined) return [`${bold('Ben sees')}  ${dim('nothing yet')}`];
  const { body, writtenAt, receivedAt } = message;
  return [
    `${bold('Ben sees')}  from Ana  “${body}”`,
    dim(`${' '.repeat(20)}written ${timeOfDay(writtenAt)}, here ${timeOfDay(receivedAt)}`),
  ];
}

/** The newest scenes, each two lines at most, the last one bright. */
function storyLines(story: readonly StoryLine[], { bold, dim }: Colours): readonly string[] {
  const shown = story.slice(-STORY_LINES);
  return shown.flatMap(({ now, says }, index) => {
    const paint = index === shown.length - 1 ? bold : dim;
    const [first = '', ...rest] = wrap(says, INNER - 7);
    return [`${dim(timeOfDay(now))}  ${paint(first)}`, ...rest.map((line) => `       ${paint(line)}`)];
  });
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
