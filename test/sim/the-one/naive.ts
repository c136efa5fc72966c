/**
 * The slow way: every host moves and is updated in every round, and links are found by looking. Written without any of
 * the engine's short cuts, to be compared with it.
 */

import type { Path, Place } from '../../../sim/compat/the-one/movement/index.js';
import type { MobilityPlan, Scenario } from '../../../sim/compat/the-one/scenario.js';
import type { Host } from '../../../sim/compat/the-one/world/host.js';
import type { World } from '../../../sim/compat/the-one/world/world.js';

interface Walker {
  here: Place;
  departure: number;
  path: Path | undefined;
  next: number;
}

class NaiveMobility {
  readonly #world: World;
  readonly #plan: MobilityPlan;
  readonly #walkers: Walker[];
  /** By radio name, then by cell. */
  readonly #grids = new Map<string, Map<string, Host[]>>();
  readonly #cells = new Map<string, string>();

  constructor(world: World, plan: MobilityPlan) {
    this.#world = world;
    this.#plan = plan;
    world.now = 0;
    this.#walkers = plan.models.map((model) => {
      const here = model.initialPlace();
      return { here, departure: model.nextDeparture(-plan.warmupS), path: undefined, next: 0 };
    });
    this.#warmUp();
    world.updateRadios = (host) => this.#updateRadios(host);
  }

  #warmUp(): void {
    const { warmupS, intervalS } = this.#plan;
    if (warmupS <= 0) return;
    this.#world.now = -warmupS;
    while (this.#world.now < -intervalS) {
      this.#moveAll(intervalS);
      this.#world.now += intervalS;
    }
    this.#moveAll(-this.#world.now);
    this.#world.now = 0;
  }

  move(): void {
    this.#moveAll(this.#plan.intervalS);
  }

  #moveAll(interval: number): void {
    for (const [address, walker] of this.#walkers.entries()) this.#walk(address, walker, interval);
  }

  #walk(address: number, walker: Walker, interval: number): void {
    const now = this.#world.now;
    if (now < walker.departure) return;
    if (walker.path === undefined && !this.#setOut(address, walker)) return;
    let possible = interval * speedOf(walker);
    let left = distance(walker.here, goalOf(walker));
    while (possible >= left) {
      walker.here = goalOf(walker);
      possible -= left;
      if (!this.#nextWaypoint(address, walker)) return;
      left = distance(walker.here, goalOf(walker));
    }
    const share = possible / left;
    const goal = goalOf(walker);
    walker.here = {
      x: walker.here.x + share * (goal.x - walker.here.x),
      y: walker.here.y + share * (goal.y - walker.here.y),
    };
  }

  #setOut(address: number, walker: Walker): boolean {
    const model = this.#plan.models[address];
    const path = model?.nextPath(walker.here, this.#world.now);
    walker.path = path === undefined || path.waypoints.length === 0 ? undefined : path;
    walker.next = 0;
    if (walker.path !== undefined) return true;
    walker.departure = model?.nextDeparture(this.#world.now) ?? Number.POSITIVE_INFINITY;
    return false;
  }

  #nextWaypoint(address: number, walker: Walker): boolean {
    walker.next += 1;
    if (walker.next < (walker.path?.waypoints.length ?? 0)) return true;
    walker.path = undefined;
    walker.departure = this.#plan.models[address]?.nextDeparture(this.#world.now) ?? Number.POSITIVE_INFINITY;
    return false;
  }

  #updateRadios(host: Host): void {
    for (const [number, radio] of host.radios.entries()) {
      this.#register(host, number);
      for (const link of [...host.links]) {
        if (link.radioOf(host) !== number) continue;
        if (!this.#inReach(host, link.other(host), radio.rangeM)) this.#world.disconnect(host, link);
      }
      for (const peer of this.#candidates(host, radio.name)) {
        if (peer === host || !this.#inReach(host, peer, radio.rangeM)) continue;
        if (host.linkTo(peer, number) !== undefined) continue;
        this.#world.connect(host, number, peer, peer.radios.indexOf(radioNamed(peer, radio.name)));
      }
    }
  }

  #inReach(a: Host, b: Host, rangeM: number): boolean {
    return distance(this.#placeOf(a), this.#placeOf(b)) <= rangeM;
  }

  #placeOf(host: Host): Place {
    return this.#walkers[host.address]?.here ?? { x: 0, y: 0 };
  }

  #cellOf(host: Host, rangeM: number): readonly [row: number, column: number] {
    const size = Math.ceil(rangeM * this.#plan.cellFactor);
    const { x, y } = this.#placeOf(host);
    return [Math.trunc(y / size), Math.trunc(x / size)];
  }

  #register(host: Host, number: number): void {
    const radio = host.radios[number];
    if (radio === undefined) return;
    const cell = this.#cellOf(host, radio.rangeM).join(' ');
    const key = `${host.address} ${radio.name}`;
    const old = this.#cells.get(key);
    if (old === cell) return;
    const grid = this.#grid(radio.name);
    const members = old === undefined ? undefined : grid.get(old);
    members?.splice(members.indexOf(host), 1);
    grid.set(cell, [...(grid.get(cell) ?? []), host]);
    this.#cells.set(key, cell);
  }

  #grid(name: string): Map<string, Host[]> {
    let grid = this.#grids.get(name);
    if (grid === undefined) {
      grid = new Map();
      this.#grids.set(name, grid);
    }
    return grid;
  }

  #candidates(host: Host, name: string): readonly Host[] {
    const [row, column] = this.#cellOf(host, radioNamed(host, name).rangeM);
    const grid = this.#grid(name);
    const found: Host[] = [];
    for (let r = row - 1; r <= row + 1; r++) {
      for (let c = column - 1; c <= column + 1; c++) found.push(...(grid.get(`${r} ${c}`) ?? []));
    }
    return found;
  }
}

function radioNamed(host: Host, name: string): Host['radios'][number] {
  const radio = host.radios.find((candidate) => candidate.name === name);
  if (radio === undefined) throw new Error(`${host.name} has no ${name}`);
  return radio;
}

function goalOf(walker: Walker): Place {
  const goal = walker.path?.waypoints[walker.next];
  if (goal === undefined) throw new Error('a walker without a goal');
  return goal;
}

function speedOf(walker: Walker): number {
  const speed = walker.path?.speed ?? 0;
  return typeof speed === 'number' ? speed : (speed[walker.next] ?? 0);
}

function distance(a: Place, b: Place): number {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Runs a scenario to its end, in the slow way. */
export function runNaively(scenario: Scenario): void {
  const { world, intervalS, endS, sources } = scenario;
  const mobility = scenario.mobility === undefined ? undefined : new NaiveMobility(world, scenario.mobility);
  const updateAll = (): void => {
    for (const host of world.hosts) {
      world.touch(host);
      host.radioNews = mobility !== undefined;
    }
    world.update();
  };
  for (let time = 0; time < endS; ) {
    const until = time + intervalS;
    for (;;) {
      const [first] = [...sources].sort((a, b) => a.nextAt - b.nextAt);
      if (first === undefined || first.nextAt > until) break;
      world.now = first.nextAt;
      first.fire(world);
      updateAll();
    }
    mobility?.move();
    time = until;
    world.now = until;
    updateAll();
    world.observers.roundEnded(until);
  }
  for (const report of scenario.reports) report.finish();
}
