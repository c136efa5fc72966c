/**
 * Movement and the links that come of it, by appointment: a host is looked at when it turns, sets out or changes its
 * cell, two hosts when the one comes into the other's reach or leaves it. What The ONE would find by looking at all in
 * every round is found in the same round, and handed to the hosts in the same order (rules 9 and 26).
 */
import type { Movers } from '../rounds.js';
import type { MobilityPlan } from '../scenario.js';
import type { Host, RadioType } from '../world/host.js';
import type { Link } from '../world/link.js';
import type { World } from '../world/world.js';
import { Calendar } from './calendar.js';
import { Motions } from './motions.js';
import { NumberList } from './number-list.js';
import { RadioGrid } from './radio-grid.js';
import { inReach, NO_ROUND, nextChange } from './reach.js';

/** Two hosts that come into reach, to be linked when the first of them is updated. */
interface Meeting {
  readonly grid: RadioGrid;
  readonly peer: number;
}

const GRIDS = 64;
/** Serials in calendar keys are cut to so many: a stale key that looks fresh costs a look, nothing else. */
const SERIALS = 65_536;
const FIELDS = 5;
/** Up to so many it is quicker to compare all with each other than to give all a turn. */
const FEW = 32;

export class Mobility implements Movers {
  readonly #world: World;
  readonly #motions: Motions;
  readonly #intervalS: number;
  readonly #grids: readonly RadioGrid[];
  /** Hosts that turn or may set out; hosts times grids that may cross into another cell; pairs, see below. */
  readonly #turns: Calendar;
  readonly #crossings: Calendar;
  readonly #changes: Calendar;
  readonly #pairs = new PairPool();
  readonly #meetings: (Meeting[] | undefined)[];
  /** Hosts that turned in this round. */
  readonly #turned = new NumberList();
  readonly #crossed = new NumberList();
  /** Hosts times grids that are in another cell after this round. */
  readonly #moved = new NumberList();
  /** Whether hosts have come into reach in this round. */
  #meetingsNow = false;
  readonly #due = new NumberList();
  readonly #near = new NumberList();
  /** By address: in which round it last turned. */
  readonly #turnedIn: Int32Array;

  /** Makes the warm-up, too, after which the world's clock stands at 0. @param rounds how many are to come */
  constructor(world: World, plan: MobilityPlan, rounds: number) {
    this.#world = world;
    this.#intervalS = plan.intervalS;
    const warmup = warmupOf(plan);
    this.#motions = new Motions({
      models: plan.models,
      intervalS: plan.intervalS,
      warmupRounds: warmup.clocks.length,
      lastWarmupS: warmup.lastS,
      startS: -plan.warmupS,
    });
    const all = warmup.clocks.length + rounds;
    this.#turns = new Calendar(all);
    this.#crossings = new Calendar(all);
    this.#changes = new Calendar(all);
    this.#meetings = world.hosts.map(() => undefined);
    this.#turnedIn = new Int32Array(world.hosts.length);
    for (let host = 0; host < this.#motions.count; host++) this.#appoint(host, -plan.warmupS);
    for (const clock of warmup.clocks) {
      world.now = clock;
      this.#moveAll();
    }
    world.now = 0;
    this.#grids = this.#makeGrids(plan);
    this.#begin();
    world.updateRadios = (host) => this.#updateRadios(host);
  }

  #makeGrids(plan: MobilityPlan): readonly RadioGrid[] {
    const grids = new Map<string, RadioGrid>();
    for (const host of this.#world.hosts) {
      for (const [number, radio] of host.radios.entries()) {
        let grid = grids.get(radio.name);
        if (grid === undefined) {
          grid = new RadioGrid(radio.name, radio.rangeM, plan.cellFactor, this.#motions, plan.extent);
          grids.set(radio.name, grid);
        }
        grid.add(host.address, number);
      }
    }
    return [...grids.values()];
  }

  /** Everyone is somewhere, and is told so in the first update. */
  #begin(): void {
    for (const grid of this.#grids) for (const host of grid.members) grid.locate(host);
    for (const [number, grid] of this.#grids.entries()) {
      for (const host of grid.members) {
        this.#announce(host);
        this.#appointCrossing(number, grid, host);
        this.#near.clear();
        grid.near(host, this.#near);
        for (let i = 0; i < this.#near.size; i++)
          if (this.#near.at(i) > host) this.#look(number, grid, host, this.#near.at(i));
      }
    }
    this.#turned.clear();
  }

  move(): void {
    this.#moveAll();
    const { round } = this.#motions;
    if (this.#turned.size === 0 && this.#crossings.isEmpty(round) && this.#changes.isEmpty(round)) return;
    this.#meetingsNow = false;
    this.#due.clear();
    this.#crossings.take(round, this.#due);
    // First everyone's cell, then who is near whom: two may cross in the same round.
    for (let i = 0; i < this.#turned.size; i++) {
      const host = this.#turned.at(i);
      this.#turnedIn[host] = round;
      this.#locateAfterTurn(host);
    }
    for (let i = 0; i < this.#due.size; i++) this.#locateAtCrossing(this.#due.at(i));
    for (let i = 0; i < this.#turned.size; i++) this.#lookAround(this.#turned.at(i));
    for (let i = 0; i < this.#crossed.size; i++) this.#lookAroundAfterCrossing(this.#crossed.at(i));
    this.#turned.clear();
    this.#crossed.clear();
    if (!this.#changes.isEmpty(round)) this.#makeChanges(round);
    if (this.#moved.size > 0) this.#registerMoved();
  }

  #makeChanges(round: number): void {
    this.#due.clear();
    this.#changes.take(round, this.#due);
    this.#due.sort((a, b) => this.#pairs.compare(a, b));
    let before = -1;
    for (let i = 0; i < this.#due.size; i++) {
      const pair = this.#due.at(i);
      // Two that came near each other more than once have more than one appointment.
      if (before < 0 || this.#pairs.compare(before, pair) !== 0) this.#lookAgain(pair);
      before = pair;
    }
    for (let i = 0; i < this.#due.size; i++) this.#pairs.giveBack(this.#due.at(i));
  }

  /**
   * Who is in another cell now is registered there in its turn, because the order of turns is the order in the cell. It
   * matters only between two that come into the same cell, and for those who meet someone in this very round; for
   * anybody else the turn is spared.
   */
  #registerMoved(): void {
    const moved = this.#moved;
    const inTurn = this.#meetingsNow || moved.size > FEW;
    for (let i = 0; i < moved.size; i++) {
      const host = Math.floor(moved.at(i) / GRIDS);
      const number = moved.at(i) % GRIDS;
      const grid = this.#grids[number] as RadioGrid;
      if (inTurn || !grid.isKnown(host) || this.#isJoined(i, grid)) this.#announce(host);
      else grid.register(host);
    }
    moved.clear();
  }

  /** Whether another one has moved into the same cell. */
  #isJoined(index: number, grid: RadioGrid): boolean {
    const moved = this.#moved;
    const own = moved.at(index);
    for (let i = 0; i < moved.size; i++) {
      const other = moved.at(i);
      if (i === index || other % GRIDS !== own % GRIDS) continue;
      if (grid.shareCell(Math.floor(other / GRIDS), Math.floor(own / GRIDS))) return true;
    }
    return false;
  }

  /** Those whose turn it is, by address: they draw from one source of random numbers. */
  #moveAll(): void {
    this.#motions.round += 1;
    const { round } = this.#motions;
    if (this.#turns.isEmpty(round)) return;
    this.#due.clear();
    this.#turns.take(round, this.#due);
    this.#due.sort((a, b) => a - b);
    for (let i = 0; i < this.#due.size; i++) this.#turn(this.#due.at(i));
  }

  #turn(host: number): void {
    const { now } = this.#world;
    const motions = this.#motions;
    if (motions.isWaiting(host)) {
      if (now < (motions.departure[host] as number)) this.#turns.add(motions.round + 1, host);
      else {
        if (motions.setOut(host, now)) this.#turned.push(host);
        this.#appoint(host, now);
      }
    } else {
      motions.turn(host, now);
      this.#turned.push(host);
      this.#appoint(host, now);
    }
  }

  /** When the host is to be looked at next. An event may set the clock ahead within a round: waits end a little early. */
  #appoint(host: number, now: number): void {
    const motions = this.#motions;
    if (!motions.isWaiting(host)) {
      this.#turns.add(motions.legEnd[host] as number, host);
      return;
    }
    const rounds = Math.floor(((motions.departure[host] as number) - now) / this.#intervalS) - 2;
    if (rounds < Number.MAX_SAFE_INTEGER) this.#turns.add(motions.round + Math.max(1, rounds), host);
  }

  #appointCrossing(number: number, grid: RadioGrid, host: number): void {
    const round = grid.nextCrossing(host);
    const key = (host * GRIDS + number) * SERIALS + ((this.#motions.serial[host] as number) % SERIALS);
    if (round < (this.#motions.legEnd[host] as number)) this.#crossings.add(round, key);
  }

  #locateAfterTurn(host: number): void {
    for (let number = 0; number < this.#grids.length; number++) {
      const grid = this.#grids[number] as RadioGrid;
      if ((grid.radioOf[host] as number) < 0) continue;
      if (grid.locate(host)) this.#moved.push(host * GRIDS + number);
      this.#appointCrossing(number, grid, host);
    }
  }

  #locateAtCrossing(key: number): void {
    const subject = Math.floor(key / SERIALS);
    const host = Math.floor(subject / GRIDS);
    const number = subject % GRIDS;
    const grid = this.#grids[number];
    if (grid === undefined || (this.#motions.serial[host] as number) % SERIALS !== key % SERIALS) return;
    if (grid.locate(host)) {
      this.#moved.push(subject);
      this.#crossed.push(subject);
    }
    this.#appointCrossing(number, grid, host);
  }

  /** The host has something to do with its radios in the next update. */
  #announce(address: number): void {
    const host = this.#world.hosts[address] as Host;
    host.radioNews = true;
    this.#world.callUp(host);
  }

  /** Of two that turned in the same round, the one with the lower address looks. */
  #lookAround(host: number): void {
    const own = this.#world.hosts[host] as Host;
    const { round } = this.#motions;
    for (let number = 0; number < this.#grids.length; number++) {
      const grid = this.#grids[number] as RadioGrid;
      const radio = grid.radioOf[host] as number;
      if (radio < 0) continue;
      this.#near.clear();
      grid.near(host, this.#near);
      // A link may be longer than a cell by a stride, in the round in which it is lost.
      for (const link of own.links) {
        const peer = link.other(own).address;
        if (link.radioOf(own) === radio && !this.#near.includes(peer)) this.#near.push(peer);
      }
      for (let i = 0; i < this.#near.size; i++) {
        const other = this.#near.at(i);
        if (other > host || this.#turnedIn[other] !== round) this.#look(number, grid, host, other);
      }
    }
  }

  #lookAroundAfterCrossing(subject: number): void {
    const host = Math.floor(subject / GRIDS);
    const number = subject % GRIDS;
    const grid = this.#grids[number];
    if (grid === undefined) return;
    const { round } = this.#motions;
    this.#near.clear();
    grid.near(host, this.#near);
    for (let i = 0; i < this.#near.size; i++) {
      const other = this.#near.at(i);
      if (this.#turnedIn[other] === round) continue;
      if (other > host || grid.crossedIn[other] !== round) this.#look(number, grid, host, other);
    }
  }

  #gridOf(radio: RadioType | undefined): RadioGrid | undefined {
    for (const grid of this.#grids) if (grid.name === radio?.name) return grid;
    return undefined;
  }

  /** Notes a change of reach in this round, and appoints the next one. */
  #look(number: number, grid: RadioGrid, a: number, b: number): void {
    const motions = this.#motions;
    const near = inReach(motions, a, b, grid.rangeM, motions.round);
    const first = this.#world.hosts[a] as Host;
    const second = this.#world.hosts[b] as Host;
    const link = first.links.length === 0 ? undefined : first.linkTo(second, grid.radioOf[a] as number);
    if (near !== (link !== undefined)) {
      if (link === undefined) this.#meet(grid, a, b);
      else link.outOfReach = true;
      this.#announce(a);
      this.#announce(b);
    } else if (link === undefined && this.#meetings[a] !== undefined) {
      // The first move comes before the first update: who was near at the very beginning may be gone by then.
      this.#cancel(grid, a, b);
    }
    const change = nextChange(motions, a, b, grid.rangeM, near);
    if (change === NO_ROUND || change > this.#changes.rounds) return;
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    const { serial } = motions;
    this.#changes.add(change, this.#pairs.take(number, low, high, serial[low] as number, serial[high] as number));
  }

  #meet(grid: RadioGrid, a: number, b: number): void {
    this.#meetingsNow = true;
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const meetings = this.#meetings[host];
      if (meetings === undefined) this.#meetings[host] = [{ grid, peer }];
      else meetings.push({ grid, peer });
    }
  }

  #cancel(grid: RadioGrid, a: number, b: number): void {
    this.#meetings[a] = this.#meetings[a]?.filter((meeting) => meeting.grid !== grid || meeting.peer !== b);
    this.#meetings[b] = this.#meetings[b]?.filter((meeting) => meeting.grid !== grid || meeting.peer !== a);
  }

  #lookAgain(pair: number): void {
    const number = this.#pairs.field(pair, 0);
    const a = this.#pairs.field(pair, 1);
    const b = this.#pairs.field(pair, 2);
    const grid = this.#grids[number];
    const { serial } = this.#motions;
    // Whoever has turned since has been looked at then.
    if (grid === undefined || serial[a] !== this.#pairs.field(pair, 3) || serial[b] !== this.#pairs.field(pair, 4))
      return;
    this.#look(number, grid, a, b);
  }

  /** The host's turn in an update: its cell, then links lost in the order of the list, then links found. */
  #updateRadios(host: Host): void {
    host.radioNews = false;
    const meetings = this.#meetings[host.address];
    this.#meetings[host.address] = undefined;
    for (let number = 0; number < host.radios.length; number++) {
      const grid = this.#gridOf(host.radios[number]);
      if (grid === undefined) continue;
      grid.register(host.address);
      for (let at = 0; at < host.links.length; ) {
        const link = host.links[at] as Link;
        // What is disconnected leaves the list, and the next one takes its place.
        if (link.outOfReach && link.radioOf(host) === number) this.#world.disconnect(host, link);
        else at += 1;
      }
      if (meetings !== undefined) this.#connect(host, number, grid, meetings);
    }
  }

  /** One that is not found where it is known to be finds us in its own turn: we are known by then. */
  #connect(host: Host, number: number, grid: RadioGrid, meetings: readonly Meeting[]): void {
    const found: number[] = [];
    for (const { grid: where, peer } of meetings) {
      if (where === grid && grid.finds(host.address, peer) && !found.includes(peer)) found.push(peer);
    }
    if (found.length > 1) found.sort((a, b) => grid.compareFound(a, b));
    for (const address of found) {
      const peer = this.#world.hosts[address] as Host;
      if (host.linkTo(peer, number) !== undefined) continue;
      this.#world.connect(host, number, peer, grid.radioOf[address] as number);
    }
  }
}

/** Pairs with an appointment: which grid, who, and the serials of their legs when it was made. */
class PairPool {
  #fields = new Int32Array(FIELDS * 256);
  #used = 0;
  readonly #free: number[] = [];

  take(number: number, a: number, b: number, serialA: number, serialB: number): number {
    const pair = this.#free.pop() ?? this.#used++;
    if ((pair + 1) * FIELDS > this.#fields.length) {
      const grown = new Int32Array(this.#fields.length * 2);
      grown.set(this.#fields);
      this.#fields = grown;
    }
    const fields = this.#fields;
    const at = pair * FIELDS;
    fields[at] = number;
    fields[at + 1] = a;
    fields[at + 2] = b;
    fields[at + 3] = serialA;
    fields[at + 4] = serialB;
    return pair;
  }

  /** @param which from 0: the grid's number, the hosts, their serials */
  field(pair: number, which: number): number {
    return this.#fields[pair * FIELDS + which] as number;
  }

  giveBack(pair: number): void {
    this.#free.push(pair);
  }

  compare(one: number, other: number): number {
    for (let which = 0; which < FIELDS; which++) {
      const difference = this.field(one, which) - this.field(other, which);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

interface Warmup {
  /** What the clock shows at the beginning of each round. */
  readonly clocks: readonly number[];
  /** The length of the last one, which ends at 0. */
  readonly lastS: number;
}

function warmupOf({ warmupS, intervalS }: MobilityPlan): Warmup {
  if (warmupS <= 0) return { clocks: [], lastS: intervalS };
  const clocks: number[] = [];
  let clock = -warmupS;
  for (; clock < -intervalS; clock += intervalS) clocks.push(clock);
  clocks.push(clock);
  return { clocks, lastS: -clock };
}
