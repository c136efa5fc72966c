/** Shows the demo as a picture that is drawn anew in its place on the terminal. */
import { type Colours, draw, type StoryLine } from './picture.js';
import type { Teller } from './play.js';
import type { View } from './view.js';

const ESC = '\x1b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const CLEAR_LINE_END = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

export class LiveTeller implements Teller {
  readonly #write: (text: string) => void;
  readonly #colours: Colours;
  readonly #story: StoryLine[] = [];
  /** Lines of the picture that stands on the screen. */
  #height = 0;
  #shown = '';

  constructor(write: (text: string) => void, colours: Colours) {
    this.#write = write;
    this.#colours = colours;
    this.#write(HIDE_CURSOR);
  }

  scene(says: string, now: number): void {
    this.#story.push({ now, says });
  }

  show(view: View): void {
    const lines = draw(view, this.#story, this.#colours);
    const text = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
    if (text === this.#shown) return;
    this.#shown = text;
    // One write, so that no half picture is ever seen.
    this.#write(`${this.#height === 0 ? '' : `${ESC}${this.#height}F`}${text}${CLEAR_BELOW}`);
    this.#height = lines.length;
  }

  end(): void {
    this.#write(SHOW_CURSOR);
  }
}
