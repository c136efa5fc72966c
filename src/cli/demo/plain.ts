/** Tells the demo line by line: what changed, and when. For pipes, logs, screen readers, and tests. */
import type { Teller } from './play.js';
import type { Name } from './stage.js';
import type { View } from './view.js';
import { heard, percent, timeOfDay } from './words.js';

/** A smaller move of the confidence is not worth a line. */
const WORTH_A_LINE = 0.1;

export class PlainTeller implements Teller {
  readonly #write: (text: string) => void;
  #near: ReadonlySet<Name> = new Set();
  #message: string | undefined;
  #confidence: number | undefined;
  #read = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  scene(says: string, now: number): void {
    this.#line(now, `* ${says}`);
  }

  show(view: View): void {
    this.#tellNear(view);
    this.#tellMessage(view);
    this.#tellPresence(view);
    for (const { body, writtenAt } of view.ben.slice(this.#read)) {
      this.#line(view.now, `Ben reads: “${body}” (written ${timeOfDay(writtenAt)})`);
    }
    this.#read = view.ben.length;
  }

  end(): void {}

  #tellNear({ now, laptops }: View): void {
    const near = new Set(laptops.find(({ name }) => name === 'Binta')?.near);
    for (const name of near) if (!this.#near.has(name)) this.#line(now, `Binta and ${name} are linked`);
    for (const name of this.#near) if (!near.has(name)) this.#line(now, `Binta and ${name} are out of reach`);
    this.#near = near;
  }

  #tellMessage({ now, ana: { message } }: View): void {
    if (message === undefined || message.words === this.#message) return;
    if (this.#message === undefined) this.#line(now, `Ana writes: “${message.body}”`);
    this.#message = message.words;
    this.#line(now, `Ana’s message: ${message.words}`);
  }

  #tellPresence({ now, ana: { ben } }: View): void {
    const known = this.#confidence;
    if (known !== undefined && Math.abs(known - ben.confidence) < WORTH_A_LINE) return;
    this.#confidence = ben.confidence;
    this.#line(now, `Ana’s guess that Ben is there: ${percent(ben.confidence)} (${heard(ben)})`);
  }

  #line(now: number, text: string): void {
    this.#write(`${timeOfDay(now)}  ${text}\n`);
  }
}
