/** Plays a script, and says which promises were broken. */

import { Calendar } from '../../sim/world/calendar.js';
import { DAY_MS, type Random, seededRandom } from '../../src/base/index.js';
import type { InboxMessage, SentMessage } from '../../src/chat/index.js';
import { ForeignNode } from './foreign.js';
import { Host } from './host.js';
import { Liar } from './liar.js';
import { Oracle } from './oracle.js';
import { type Letter, MEETING_MS, type Meeting, ROOMY_KIB, type Script, SLOT_MS } from './script.js';
import { type Party, Wire, type WireFaults } from './wire.js';

const LATENCY_MS = 1;
const SLOW_LATENCY_MS = 400;
const BYTES_PER_MS = 1000;
const NARROW_BYTES_PER_MS = 20;
const FLOOD_BYTES = 3_000;
/** Each laptop's person has at most so many. */
const CONTACTS = 3;
const SHORTEST_OFF_MS = 500;
const LONGEST_OFF_MS = 20_000;

interface Posted {
  readonly letter: Letter;
  readonly body: string;
  readonly slot: number;
  /** What the client was told. */
  kept: SentMessage | undefined;
}

export class Swarm {
  readonly #script: Script;
  readonly #calendar = new Calendar();
  readonly #random: Random;
  readonly #hosts: Host[];
  readonly #foreign: ForeignNode;
  readonly #posted: Posted[] = [];
  readonly #broken: string[] = [];
  #wires: Wire[] = [];

  constructor(script: Script) {
    this.#script = script;
    this.#random = seededRandom(script.seed);
    this.#foreign = new ForeignNode(this.#fork());
    this.#hosts = script.cores.map(({ errorDays, known, rate, lie }, index) => {
      const host: Host = new Host(this.#calendar, {
        name: `n${index}`,
        random: this.#fork(),
        realCrypto: script.realCrypto,
        strategy: script.strategy,
        quotaBytes: script.quotaKib * 1024,
        clock: { errorMs: errorDays * DAY_MS, known: known && errorDays !== 0, rate },
        ...(lie === undefined ? {} : { liar: new Liar(lie, this.#fork()) }),
        onBroken: (what) => this.#broken.push(what),
        onPowerFailure: () => this.#crash(host),
      });
      return host;
    });
  }

  /** @returns what was broken; nothing is as it should be. */
  play(): readonly string[] {
    for (const host of this.#hosts) host.start();
    this.#befriend();
    for (const slot of this.#script.slots.keys()) this.#play(slot);
    // The power fails everywhere: what counts is what is on the disks.
    for (const host of this.#hosts) {
      this.#crash(host, false);
      host.start();
    }
    this.#run(1000);
    for (const host of this.#hosts) {
      host.readInbox();
      host.checkHoldings();
    }
    this.#checkLetters();
    return this.#broken;
  }

  /** Trust is given by people: without contacts nobody promises custody. */
  #befriend(): void {
    for (const host of this.#hosts) {
      for (let n = 0; n < CONTACTS; n++) {
        const friend = this.#host(Math.floor(this.#random.unit() * this.#hosts.length));
        const address = `${friend.person}@mesh.localhost`;
        if (friend !== host) host.command({ command: 'put-contact', address, change: {} }, () => {});
      }
    }
  }

  #play(slot: number): void {
    const { meetings, letters, faults, foreign, flood } = this.#script.slots[slot] ?? {
      meetings: [],
      letters: [],
      faults: [],
      foreign: [],
      flood: 0,
    };
    for (const letter of letters) this.#post(letter, slot);
    for (let n = 0; n < flood; n++) this.#post({ from: 0, to: 1 + (n % 2), bytes: FLOOD_BYTES }, slot);
    for (const { node, kind, atMs, actions } of faults) {
      const host = this.#host(node);
      this.#calendar.after(kind === 'countdown' ? 0 : atMs, () => {
        if (kind === 'disk') host.fillDisk(atMs * 10);
        else if (kind === 'countdown') host.failAfter(actions);
        else this.#crash(host);
      });
    }
    this.#run(100);
    for (const meeting of meetings) this.#meet(meeting);
    for (const { node, mail } of foreign) {
      for (let n = 0; n < mail; n++)
        this.#foreign.write(1 + Math.floor(this.#random.unit() * 5000), this.#host(0).person);
      this.#connect(this.#host(node), this.#foreign, MEETING_MS, plain(LATENCY_MS));
    }
    this.#run(SLOT_MS - 100);
    for (const host of this.#hosts) {
      host.failAfter(Number.POSITIVE_INFINITY);
      host.checkHoldings();
      if (slot % 3 === 2) host.readInbox();
    }
    this.#wires = [];
  }

  #meet({ a, b, kind, flashMs }: Meeting): void {
    if (a === b) return;
    const [one, other] = [this.#host(a), this.#host(b)];
    if (kind === 'flash') return this.#connect(one, other, flashMs, plain(LATENCY_MS));
    if (kind === 'narrow') {
      return this.#connect(one, other, flashMs * 20, { latencyMs: LATENCY_MS, bytesPerMs: NARROW_BYTES_PER_MS });
    }
    if (kind === 'twice') this.#connect(one, other, MEETING_MS, plain(SLOW_LATENCY_MS));
    const spoil = (bytes: Uint8Array): Uint8Array => this.#spoilt(bytes);
    this.#connect(one, other, MEETING_MS, {
      ...plain(LATENCY_MS),
      ...(kind === 'spoilt' || kind === 'noisy' ? { spoilBundle: spoil } : {}),
      ...(kind === 'noisy' ? { spoilFrame: spoil } : {}),
      ...(kind === 'repeats' ? { repeats: () => this.#random.unit() < 0.5 } : {}),
    });
  }

  #connect(one: Host, other: Party, forMs: number, faults: WireFaults): void {
    if (one.engine === undefined || (other instanceof Host && other.engine === undefined)) return;
    const wire = new Wire(this.#calendar, one, other, faults);
    this.#wires.push(wire);
    this.#calendar.after(forMs, () => wire.cut());
  }

  /** The power fails; it takes the contacts with it, and comes back after a while. */
  #crash(host: Host, comesBack = true): void {
    if (host.engine === undefined) return;
    host.crash();
    for (const wire of this.#wires) {
      if (wire.parties.includes(host)) this.#calendar.after(0, () => wire.cut());
    }
    if (!comesBack) return;
    const offMs = SHORTEST_OFF_MS + this.#random.unit() * (LONGEST_OFF_MS - SHORTEST_OFF_MS);
    this.#calendar.after(offMs, () => (host.engine === undefined ? host.start() : undefined));
  }

  #post(letter: Letter, slot: number): void {
    const body = `${this.#posted.length} `.padEnd(letter.bytes, '.');
    const posted: Posted = { letter, body, slot, kept: undefined };
    this.#posted.push(posted);
    const to = `${this.#host(letter.to).person}@mesh.localhost`;
    this.#host(letter.from).command({ command: 'send', message: { to, body } }, (kept) => {
      posted.kept = kept as SentMessage;
    });
  }

  /** Only honest laptops promise anything. */
  #checkLetters(): void {
    const received = this.#hosts.map((host) => this.#checkReceived(host));
    const { strategy, quotaKib } = this.#script;
    const oracle = strategy === 'epidemic' && quotaKib >= ROOMY_KIB ? new Oracle(this.#script) : undefined;
    for (const { letter, body, slot, kept } of this.#posted) {
      const [sender, recipient] = [this.#host(letter.from), this.#host(letter.to)];
      if (sender.liar !== undefined || recipient.liar !== undefined || kept === undefined) continue;
      const name = `letter ${body.trim().slice(0, 12).trim()} of slot ${slot} from ${sender.name} to ${recipient.name}`;
      const sent = sender.engine?.sent(sender.person).find(({ localId }) => localId === kept.localId);
      const arrived = received[letter.to]?.has(body) === true;
      if (sent === undefined) this.#broken.push(`${name} was kept, and is gone`);
      if (sent?.state.state === 'delivered' && !arrived) this.#broken.push(`${name} has a receipt, and never arrived`);
      const sure = oracle?.certainty(letter, slot);
      if (sure?.delivered === true && !arrived) this.#broken.push(`${name} had a way, and did not arrive`);
      if (sure?.receiptKnown === true && sent?.state.state !== 'delivered') {
        this.#broken.push(`the receipt of ${name} had a way, and its state is ${sent?.state.state}`);
      }
    }
  }

  /** Nothing forged, nothing twice. @returns the texts. */
  #checkReceived(host: Host): ReadonlySet<string> {
    const texts = new Set<string>();
    for (const message of host.observed.values()) {
      if (host.liar === undefined && texts.has(message.body))
        this.#broken.push(`${host.name}: ${named(message)} came twice`);
      texts.add(message.body);
      const posted = this.#posted[Number.parseInt(message.body, 10)];
      const isGenuine =
        posted?.body === message.body &&
        this.#host(posted.letter.to) === host &&
        this.#host(posted.letter.from).person === message.from;
      if (host.liar === undefined && !isGenuine) this.#broken.push(`${host.name}: nobody wrote ${named(message)}`);
    }
    return texts;
  }

  #spoilt(bytes: Uint8Array): Uint8Array {
    if (this.#random.unit() < 0.6) return bytes;
    const spoilt = bytes.slice();
    const at = Math.floor(this.#random.unit() * spoilt.length);
    spoilt[at] = (spoilt[at] ?? 0) ^ (1 << Math.floor(this.#random.unit() * 8));
    return spoilt;
  }

  #host(index: number): Host {
    const host = this.#hosts[index];
    if (host === undefined) throw new Error(`no laptop ${index}`);
    return host;
  }

  #fork(): Random {
    return seededRandom(Math.floor(this.#random.unit() * 0x1_0000_0000));
  }

  #run(ms: number): void {
    const untilMs = this.#calendar.nowMs + ms;
    while (this.#calendar.nextMs <= untilMs) this.#calendar.step();
    this.#calendar.advanceTo(untilMs);
  }
}

function plain(latencyMs: number): WireFaults {
  return { latencyMs, bytesPerMs: BYTES_PER_MS };
}

function named({ body, from }: InboxMessage): string {
  return `"${body.slice(0, 12).trim()}" from ${from}`;
}
