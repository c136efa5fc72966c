/** Has people say that they are here and know whom they write to, and tries what their laptops then make of it. */
import type { PresenceResult } from '../reports/types.js';
import type { Scenario } from '../scenario/types.js';
import type { Calendar } from './calendar.js';
import type { Laptop } from './laptop.js';
import { PresenceTrial, type Question, type TrialWorld } from './presence-trial.js';
import { stream } from './streams.js';
import type { PlannedMessage } from './traffic.js';

/** Moments, drawn one from each stretch of the run, and questions at each: 20,000 answers at most. */
const MOMENTS = 200;
const QUESTIONS = 100;

export interface WatchedWorld {
  readonly scenario: Scenario;
  readonly calendar: Calendar;
  readonly laptops: readonly Laptop[];
  /** Who is in reach of whom now. */
  contacts(): Iterable<{ readonly a: number; readonly b: number }>;
  addressOf(laptop: Laptop): string;
}

export class PresenceWatch implements TrialWorld {
  readonly #world: WatchedWorld;
  readonly #questions: readonly Question[];
  readonly #trial: PresenceTrial;

  constructor(world: WatchedWorld, planned: readonly PlannedMessage[]) {
    const { scenario } = world;
    this.#world = world;
    this.#questions = correspondents(scenario, planned);
    const random = stream(scenario.seed, 'presence');
    this.#trial = new PresenceTrial(this.#questions, random);
    if (this.#questions.length === 0) return;
    const stretchMs = (scenario.durationMs - scenario.warmupMs) / MOMENTS;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const atMs = scenario.warmupMs + (moment + random.unit()) * stretchMs;
      world.calendar.at(atMs, () => this.#trial.ask(this, QUESTIONS));
    }
  }

  /** Once the laptops are on. */
  start(): void {
    for (const { owner, other } of this.#questions) {
      const about = this.#world.laptops[other];
      if (about === undefined) continue;
      const address = this.#world.addressOf(about);
      this.#world.laptops[owner]?.command({ command: 'put-contact', address, change: {} });
    }
  }

  result(): PresenceResult | undefined {
    return this.#trial.result();
  }

  get nodes(): number {
    return this.#world.laptops.length;
  }

  isOn(node: number): boolean {
    return this.#world.laptops[node]?.engine !== undefined;
  }

  contacts(): Iterable<{ readonly a: number; readonly b: number }> {
    return this.#world.contacts();
  }

  confidence({ owner, other }: Question): number | undefined {
    const asked = this.#world.laptops[owner];
    const about = this.#world.laptops[other];
    if (asked === undefined || about === undefined) return undefined;
    return asked.engine?.lookup(asked.person, this.#world.addressOf(about), asked.now())?.presence.confidence;
  }
}

/** Who writes to whom, both ways, where both have presence on. */
function correspondents(scenario: Scenario, planned: readonly PlannedMessage[]): readonly Question[] {
  const says = scenario.groups.flatMap(({ count, engine }) =>
    new Array<boolean>(count).fill(engine?.presence ?? scenario.engine.presence),
  );
  const pairs = new Map<string, Question>();
  for (const { from, to } of planned) {
    if (says[from] !== true || says[to] !== true) continue;
    pairs.set(`${from} ${to}`, { owner: from, other: to });
    pairs.set(`${to} ${from}`, { owner: to, other: from });
  }
  return [...pairs.values()];
}
