/** A line on the terminal that says how far a visit is; nothing where the output goes to a file or a program. */
import type { StickVisit } from '../daemon/index.js';
import type { CliIo } from './io.js';

const WORDS: Readonly<Record<StickVisit['progress']['phase'], string>> = {
  reading: 'Looking at what is on the stick',
  taking: 'Taking',
  giving: 'Giving',
  finishing: 'Writing down what we hold',
};
const CLEAR_LINE = '\r\x1b[K';

export class StickProgress {
  readonly #io: CliIo;
  readonly #isShown: boolean;
  #shown = '';

  constructor(io: CliIo, isForProgram: boolean) {
    this.#io = io;
    this.#isShown = io.screen !== undefined && !isForProgram;
  }

  show({ phase, done, of }: StickVisit['progress']): void {
    const count = of === undefined ? (done === 0 ? '' : ` ${done}`) : ` ${done} of ${of}`;
    const line = `${WORDS[phase]}${count} …`;
    if (!this.#isShown || line === this.#shown) return;
    this.#shown = line;
    this.#io.out(`${CLEAR_LINE}${line}`);
  }

  end(): void {
    if (this.#shown !== '') this.#io.out(CLEAR_LINE);
    this.#shown = '';
  }
}
