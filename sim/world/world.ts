/**
 * A run: laptops, contacts, traffic and faults on one calendar.
 *
 * Contacts come from a lazy stream and everything else from the calendar; whichever is next happens next. Nothing steps through
 * time: an idle laptop costs nothing.
 */
import { type Random, SILENT } from '../../src/base/index.js';
import { boxKeyPairFromSeed, type CryptoSuite, REAL_CRYPTO, signingKeyFromSeed } from '../../src/crypto/index.js';
import type { EngineConfig, LocalPersonKeys } from '../../src/engine/index.js';
import { strategyFor } from '../../src/gossip/index.js';
import { Directory, deviceNameOf, nodeIdOf, type PersonId, personIdOf } from '../../src/people/index.js';
import { ageingModel } from '../../src/presence/index.js';
import { NO_QUOTAS } from '../../src/store/index.js';
import type { ContactEvent, ContactSource, RadioModel } from '../radio/types.js';
import type { EngineSettings, NodeGroup, Scenario } from '../scenario/types.js';
import { Calendar } from './calendar.js';
import type { EventLog } from './event-log.js';
import { Laptop, START_MS } from './laptop.js';
import { PresenceWatch } from './presence-watch.js';
import { Channel, LinkDirection } from './radio-link.js';
import { Recorder } from './recorder.js';
import { StandIns, standInBox, standInKey } from './stand-ins.js';
import { stream } from './streams.js';
import { type PlannedMessage, planTraffic } from './traffic.js';

const DOMAIN = 'mesh.localhost';
/** A session's contact headers and SESS_INITs of both ends (RFC 9174 §4.1, §4.6), with our endpoint ids and extension. */
const SESSION_BYTES = 2 * 95;
const DAY_MS = 86_400_000;
const NEVER_MS = 100 * 365 * DAY_MS;

/** Two laptops in reach of each other. */
interface Contact {
  readonly a: number;
  readonly b: number;
  readonly radio: number;
  /** Undefined while the link is not set up, or broken. */
  link: { readonly directions: readonly LinkDirection[]; readonly a: number; readonly b: number } | undefined;
  isOver: boolean;
}

export class World {
  readonly calendar = new Calendar();
  readonly laptops: readonly Laptop[];
  readonly planned: readonly PlannedMessage[];
  readonly recorder: Recorder;
  readonly contacts = { count: 0, totalMs: 0 };
  readonly presence: PresenceWatch;
  readonly #scenario: Scenario;
  readonly #standIns: StandIns | undefined;
  readonly #upcoming: Iterator<ContactEvent>;
  #next: ContactEvent | undefined;
  /** Up now, by pair and radio. */
  readonly #open = new Map<string, Contact & { readonly sinceMs: number }>();
  readonly #contactsOf: Set<Contact>[];
  /** By radio and node: who is in reach. */
  readonly #hearers: Set<number>[][];
  readonly #channels: (Channel | undefined)[];
  readonly #linkRandom: Random;

  /** @param log is told what becomes of messages. */
  constructor(scenario: Scenario, contacts: ContactSource, log?: EventLog) {
    const nodes = scenario.groups.reduce((sum, { count }) => sum + count, 0);
    this.#scenario = scenario;
    this.planned = planTraffic(scenario, (source) => stream(scenario.seed, 'traffic', source));
    this.recorder = new Recorder(nodes, this.planned, () => this.calendar.nowMs, log);
    this.#standIns = scenario.engine.wire === 'objects' ? new StandIns() : undefined;
    this.#contactsOf = Array.from({ length: nodes }, () => new Set());
    this.#hearers = scenario.radios.map(() => Array.from({ length: nodes }, () => new Set<number>()));
    this.#channels = scenario.radios.map(({ sharedAirtime }, radio) =>
      sharedAirtime ? new Channel(this.#hearers[radio] ?? []) : undefined,
    );
    this.#linkRandom = stream(scenario.seed, 'links');
    this.laptops = this.#makeLaptops();
    this.#upcoming = contacts.events()[Symbol.iterator]();
    this.#takeNext();
    for (const message of this.planned) this.calendar.at(message.createdAtMs, () => this.#write(message));
    this.#planFaults();
    const { calendar, laptops } = this;
    const presence = { scenario, calendar, laptops, contacts: () => this.#open.values(), addressOf };
    this.presence = new PresenceWatch(presence, this.planned);
  }

  /** Lets happen what happens until then, `steps` things at most. @returns whether the time has come. */
  run(untilMs: number, steps = Number.POSITIVE_INFINITY): boolean {
    for (let step = 0; step < steps; step++) {
      const contactMs = this.#next?.atMs ?? Number.POSITIVE_INFINITY;
      if (Math.min(contactMs, this.calendar.nextMs) >= untilMs) {
        this.calendar.advanceTo(untilMs);
        return true;
      }
      if (this.#next === undefined || contactMs > this.calendar.nextMs) this.calendar.step();
      else this.#change(this.#next);
    }
    return false;
  }

  start(): void {
    for (const laptop of this.laptops) laptop.start();
    this.presence.start();
  }

  /** What still is in reach at the end counts up to here. */
  finish(): void {
    for (const { sinceMs } of this.#open.values()) this.contacts.totalMs += this.calendar.nowMs - sinceMs;
  }

  #takeNext(): void {
    const next = this.#upcoming.next();
    this.#next = next.done === true ? undefined : next.value;
  }

  #change(event: ContactEvent): void {
    this.calendar.advanceTo(event.atMs);
    this.#takeNext();
    if (event.up) this.#meet(event);
    else this.#part(event);
  }

  #meet({ a, b, radio, atMs }: ContactEvent): void {
    const contact = { a, b, radio, link: undefined, isOver: false, sinceMs: atMs };
    this.#open.set(`${a} ${b} ${radio}`, contact);
    this.#contactsOf[a]?.add(contact);
    this.#contactsOf[b]?.add(contact);
    this.#hearers[radio]?.[a]?.add(b);
    this.#hearers[radio]?.[b]?.add(a);
    this.contacts.count += 1;
    this.#setUp(contact);
  }

  #part({ a, b, radio }: ContactEvent): void {
    const name = `${a} ${b} ${radio}`;
    const contact = this.#open.get(name);
    if (contact === undefined) return;
    this.#open.delete(name);
    this.#contactsOf[a]?.delete(contact);
    this.#contactsOf[b]?.delete(contact);
    this.#hearers[radio]?.[a]?.delete(b);
    this.#hearers[radio]?.[b]?.delete(a);
    this.contacts.totalMs += this.calendar.nowMs - contact.sinceMs;
    contact.isOver = true;
    this.#cut(contact);
  }

  /** Brings the link up once it is set up, if both laptops are on and still in reach. */
  #setUp(contact: Contact): void {
    const radio = this.#scenario.radios[contact.radio];
    if (radio === undefined) return;
    const greeted = radio.setupMs + (this.#scenario.engine.control === 'counted' ? airtimeMs(SESSION_BYTES, radio) : 0);
    this.calendar.after(greeted, () => this.#connect(contact, radio));
  }

  #connect(contact: Contact, radio: RadioModel): void {
    const a = this.laptops[contact.a];
    const b = this.laptops[contact.b];
    if (contact.isOver || contact.link !== undefined) return;
    if (a?.engine === undefined || b?.engine === undefined) return;
    const setting = {
      calendar: this.calendar,
      radio,
      channel: this.#channels[contact.radio],
      random: this.#linkRandom,
      meter: this.recorder,
      controlCounts: this.#scenario.engine.control === 'counted',
    };
    const directions = [
      new LinkDirection(setting, contact.a, contact.b),
      new LinkDirection(setting, contact.b, contact.a),
    ] as const;
    this.recorder.onBytes('gossip', SESSION_BYTES);
    const link = { directions, a: a.openLink(b, directions[0]), b: b.openLink(a, directions[1]) };
    contact.link = link;
    a.linkUp(link.a, link.b);
    b.linkUp(link.b, link.a);
    if (radio.breaksPerHour > 0) this.#planBreak(contact, link, radio);
  }

  #planBreak(contact: Contact, link: NonNullable<Contact['link']>, radio: RadioModel): void {
    const hours = -Math.log(1 - this.#linkRandom.unit()) / radio.breaksPerHour;
    this.calendar.after(hours * 3_600_000, () => {
      if (contact.link !== link) return;
      this.#cut(contact);
      this.#setUp(contact);
    });
  }

  #cut(contact: Contact): void {
    const { link } = contact;
    if (link === undefined) return;
    contact.link = undefined;
    for (const direction of link.directions) this.recorder.transfers.cut += direction.cut();
    this.laptops[contact.a]?.linkDown(link.a);
    this.laptops[contact.b]?.linkDown(link.b);
  }

  #write(message: PlannedMessage): void {
    const from = this.laptops[message.from];
    const to = this.laptops[message.to];
    if (from?.engine === undefined || to === undefined) return;
    this.#standIns?.leaveOut(message.sizeBytes);
    const body = this.#standIns === undefined ? 'x'.repeat(message.sizeBytes) : '';
    this.recorder.write(message, () =>
      from.command({
        command: 'send',
        message: {
          to: addressOf(to),
          body,
          clientId: message.id,
          wantsReceipt: true,
          lifetimeMs: message.expiresAtMs - message.createdAtMs,
        },
      }),
    );
  }

  #planFaults(): void {
    const { crashesPerDay, downMs } = this.#scenario.faults;
    if (crashesPerDay <= 0) return;
    for (const laptop of this.laptops) {
      const random = stream(this.#scenario.seed, 'faults', laptop.index);
      const meanMs = DAY_MS / crashesPerDay;
      let atMs = -Math.log(1 - random.unit()) * meanMs;
      while (atMs < this.#scenario.durationMs) {
        const backAtMs = atMs + downMs.min + (downMs.max - downMs.min) * random.unit();
        this.calendar.at(atMs, () => this.#crash(laptop));
        this.calendar.at(backAtMs, () => this.#restart(laptop));
        atMs = backAtMs - Math.log(1 - random.unit()) * meanMs;
      }
    }
  }

  #crash(laptop: Laptop): void {
    laptop.crash();
    this.recorder.onPower(laptop, false);
    for (const contact of this.#contactsOf[laptop.index] ?? []) this.#cut(contact);
  }

  #restart(laptop: Laptop): void {
    laptop.start();
    this.recorder.onPower(laptop, true);
    for (const contact of this.#contactsOf[laptop.index] ?? []) this.#setUp(contact);
  }

  #makeLaptops(): readonly Laptop[] {
    const { groups, seed, faults } = this.#scenario;
    const introduced = new Directory(DOMAIN);
    const laptops: Laptop[] = [];
    for (const group of groups) {
      for (let member = 0; member < group.count; member++) {
        const index = laptops.length;
        const random = stream(seed, 'node', index);
        const clock = stream(seed, 'clock', index);
        const { config, person } = this.#engineConfig(group, `${group.name}-${member + 1}`, introduced, random);
        laptops.push(
          new Laptop(this.calendar, random, this.recorder, {
            index,
            config,
            person,
            clockErrorMs: faults.clockErrorMs === 0 ? 0 : Math.round(normal(clock) * faults.clockErrorMs),
            mayCrash: faults.crashesPerDay > 0,
            signsOn: group.engine?.presence ?? this.#scenario.engine.presence,
          }),
        );
      }
    }
    return laptops;
  }

  #engineConfig(
    group: NodeGroup,
    nickname: string,
    introduced: Directory,
    random: Random,
  ): { readonly config: EngineConfig; readonly person: PersonId } {
    const settings: EngineSettings = { ...this.#scenario.engine, ...group.engine };
    const keys = this.#standIns === undefined ? realKeys(nickname, random) : standInKeys(nickname, random);
    const nodeKey = this.#standIns === undefined ? signingKeyFromSeed(random.bytes(32)) : standInKey(random);
    const person = personIdOf(keys.personKey.publicKey);
    introduced.put(person, deviceNameOf(keys.deviceKey.publicKey), {
      version: START_MS,
      profile: { nickname, boxKey: keys.box.publicKey, node: nodeIdOf(nodeKey.publicKey) },
    });
    const crypto: CryptoSuite = this.#standIns ?? REAL_CRYPTO;
    return {
      person,
      config: {
        crypto,
        introduced,
        nodeKey,
        people: [keys],
        domain: DOMAIN,
        quotaBytes: settings.quotaBytes,
        quotas: NO_QUOTAS,
        // Other simulators transfer whole messages, and results are compared with theirs.
        chunkBytes: Number.POSITIVE_INFINITY,
        random,
        log: SILENT,
        strategy: settings.strategy.factory ?? strategyFor(settings.strategy),
        presenceModel: ageingModel(),
        timing: {
          messageLifetimeMs: settings.lifetimeMs,
          beaconIntervalMs: settings.presence ? 600_000 : NEVER_MS,
          beaconGapMs: 5000,
          presenceCheckMs: settings.presence ? 30_000 : NEVER_MS,
        },
      },
    };
  }
}

function addressOf({ person }: Laptop): string {
  return `${person}@${DOMAIN}`;
}

function airtimeMs(bytes: number, radio: RadioModel): number {
  return (bytes / radio.bytesPerSecond) * 1000 + 2 * radio.latencyMs;
}

function realKeys(nickname: string, random: Random): LocalPersonKeys {
  return {
    personKey: signingKeyFromSeed(random.bytes(32)),
    deviceKey: signingKeyFromSeed(random.bytes(32)),
    box: boxKeyPairFromSeed(random.bytes(32)),
    nickname,
  };
}

function standInKeys(nickname: string, random: Random): LocalPersonKeys {
  return { personKey: standInKey(random), deviceKey: standInKey(random), box: standInBox(random), nickname };
}

/** Standard normal, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}
