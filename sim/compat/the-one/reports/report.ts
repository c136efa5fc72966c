/** What all reports have in common: a file of lines, a time to ignore at the start, a number of decimals. */
import { fixedText } from '../java/format.js';
import type { Section } from '../settings/settings.js';
import type { Message } from '../world/message.js';
import type { World } from '../world/world.js';

export interface ReportContext {
  readonly world: World;
  readonly scenario: string;
  /** The report's own settings, with `Report.` behind them. */
  readonly settings: Section;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
}

const DECIMALS = 4;

export abstract class Report {
  protected readonly world: World;
  protected readonly scenario: string;
  protected readonly write: (line: string) => void;
  readonly #warmupS: number;
  readonly #decimals: number;
  readonly #ignored = new Set<string>();

  constructor({ world, scenario, settings, write }: ReportContext) {
    this.world = world;
    this.scenario = scenario;
    this.write = write;
    this.#warmupS = settings.number('warmup', 0);
    this.#decimals = settings.whole('precision', DECIMALS);
  }

  /** The run is over, or was interrupted: writes what is only known at the end. */
  finish(): void {}

  protected get isWarmup(): boolean {
    return this.world.now < this.#warmupS;
  }

  /** Messages of the warm-up are left out for good. */
  protected ignore(message: Message): void {
    this.#ignored.add(message.id);
  }

  protected isIgnored(message: Message): boolean {
    return this.#ignored.size > 0 && this.#ignored.has(message.id);
  }

  protected format(value: number): string {
    return fixedText(value, this.#decimals);
  }

  /** The mean in the report's format; NaN of nothing. */
  protected mean(values: readonly number[]): string {
    let sum = 0;
    for (const value of values) sum += value;
    return this.format(sum / values.length);
  }

  /** Element n/2 of the sorted values, as The ONE takes it. */
  protected median(values: readonly number[]): string {
    return this.format(middle(values) ?? Number.NaN);
  }
}

export function middle(values: readonly number[]): number | undefined {
  return Float64Array.from(values).sort()[Math.trunc(values.length / 2)];
}
