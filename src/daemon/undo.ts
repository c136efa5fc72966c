import { type Logger, messageOf } from '../base/index.js';

/** What was started, taken down in reverse; one that fails does not keep the others up. */
export class Undo {
  readonly #steps: { readonly name: string; readonly undo: () => Promise<void> }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, undo: () => Promise<void>): void {
    this.#steps.push({ name, undo });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name } = step;
      await step.undo().catch((error) => this.#log.error(`${name} did not stop`, { error: messageOf(error) }));
    }
  }
}
