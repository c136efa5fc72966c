/** The ONE's generators of messages: hosts, sizes and intervals drawn evenly (rule 27). */
import { HearsayError } from '../../../../src/base/index.js';
import { JavaRandom } from '../java/random.js';
import type { Section } from '../settings/settings.js';
import type { Host } from '../world/host.js';
import type { World } from '../world/world.js';
import type { EventSource } from './event-source.js';

/** From the first up to, but not including, the second. */
type WholeRange = readonly [low: number, high: number];

export interface GeneratorOptions {
  readonly prefix: string;
  readonly hosts: WholeRange;
  readonly toHosts: WholeRange | undefined;
  readonly sizeBytes: WholeRange;
  readonly intervalS: WholeRange;
  /** When to start and when to stop, in seconds; undefined for always. */
  readonly time: readonly [number, number] | undefined;
}

export function readGeneratorOptions(section: Section, hosts: number): GeneratorOptions {
  const options = {
    prefix: section.text('prefix'),
    hosts: whole(section.range('hosts')),
    toHosts: section.has('tohosts') ? whole(section.range('tohosts')) : undefined,
    sizeBytes: whole(section.range('size')),
    intervalS: whole(section.range('interval')),
    time: section.has('time') ? section.range('time') : undefined,
  };
  for (const name of ['hosts', 'tohosts'] as const) {
    const range = name === 'hosts' ? options.hosts : options.toHosts;
    if (range !== undefined && range[1] > hosts) {
      section.note(name, `${section.keyOf(name)} goes up to ${range[1]}, and there are only ${hosts} hosts`);
    }
  }
  const destinations = options.toHosts ?? options.hosts;
  const sole = count(options.hosts) === 1 && count(destinations) === 1 && options.hosts[0] === destinations[0];
  if (sole && section.has('hosts')) section.note('hosts', `${section.keyOf('hosts')} leaves a host nobody to write to`);
  return options;
}

function whole(range: readonly [number, number]): WholeRange {
  return [Math.trunc(range[0]), Math.trunc(range[1])];
}

/** A range with equal ends means that very number. */
function count([low, high]: WholeRange): number {
  return Math.max(1, high - low);
}

abstract class Generator implements EventSource {
  nextAt: number;
  protected readonly options: GeneratorOptions;
  protected readonly random: JavaRandom;
  #made = 0;

  constructor(options: GeneratorOptions) {
    this.options = options;
    this.random = JavaRandom.ofText(options.prefix);
    this.nextAt = (options.time?.[0] ?? 0) + this.draw(options.intervalS);
  }

  abstract fire(world: World): void;

  protected draw([low, high]: WholeRange): number {
    return low === high ? low : low + this.random.nextInt(high - low);
  }

  protected drawDestination(from: number): number {
    const among = this.options.toHosts ?? this.options.hosts;
    for (;;) {
      const to = this.draw(among);
      if (to !== from) return to;
    }
  }

  protected create(world: World, from: number, to: number, sizeBytes: number): void {
    this.#made += 1;
    createMessage(world, `${this.options.prefix}${this.#made}`, from, to, sizeBytes, 0);
  }

  protected waitFor(interval: number): void {
    this.nextAt += interval;
    if (this.options.time !== undefined && this.nextAt > this.options.time[1]) this.nextAt = Number.POSITIVE_INFINITY;
  }
}

/** `MessageEventGenerator`: one message at a time. */
export class MessageEventGenerator extends Generator {
  fire(world: World): void {
    const from = this.draw(this.options.hosts);
    const to = this.drawDestination(from);
    const sizeBytes = this.draw(this.options.sizeBytes);
    const interval = this.draw(this.options.intervalS);
    this.create(world, from, to, sizeBytes);
    this.waitFor(interval);
  }
}

/** `MessageBurstGenerator`: every host of the range writes at once, then all wait. */
export class MessageBurstGenerator extends Generator {
  #from: number;

  constructor(options: GeneratorOptions) {
    super(options);
    this.#from = options.hosts[0];
  }

  fire(world: World): void {
    const to = this.drawDestination(this.#from);
    this.create(world, this.#from, to, this.draw(this.options.sizeBytes));
    this.#from += 1;
    if (this.#from < this.options.hosts[1]) return;
    this.#from = this.options.hosts[0];
    this.waitFor(this.draw(this.options.intervalS));
  }
}

/** `OneFromEachMessageGenerator`: every host of the range writes once, one after the other. */
export class OneFromEachMessageGenerator extends Generator {
  #from: number;

  constructor(options: GeneratorOptions) {
    super(options);
    this.#from = options.hosts[0];
  }

  fire(world: World): void {
    const to = this.drawDestination(this.#from);
    const sizeBytes = this.draw(this.options.sizeBytes);
    const interval = this.draw(this.options.intervalS);
    this.create(world, this.#from, to, sizeBytes);
    this.#from += 1;
    this.waitFor(this.#from < this.options.hosts[1] ? interval : Number.POSITIVE_INFINITY);
  }
}

/** Puts a message into the world at its source. */
export function createMessage(
  world: World,
  id: string,
  from: number,
  to: number,
  sizeBytes: number,
  responseBytes: number,
): void {
  const source = hostAt(world, from);
  const ttlMinutes = source.router.options.ttlMinutes;
  const facts = { id, from: source, to: hostAt(world, to), sizeBytes, ttlMinutes, responseBytes };
  source.router.create(world.newMessage(facts));
}

export function hostAt(world: World, address: number): Host {
  const host = world.hosts[address];
  if (host !== undefined) return host;
  throw new HearsayError(
    'ERR_THE_ONE_TRACE',
    `an event names host ${address}, and the last one is ${world.hosts.length - 1}`,
  );
}
