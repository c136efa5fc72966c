/** Finding by beacons, for networks that keep multicast DNS back. The datagram is described in docs/protocol/links.md. */
import { DecodeError, type Random } from '../../../base/index.js';
import type { Timers } from '../../timers.js';
import { Airtime } from '../airtime.js';
import { networksOf } from '../interfaces.js';
import { isOnLink, withZone } from '../on-link.js';
import { packetGate } from '../packet-gate.js';
import type { OpenWay, Way, WayOptions } from '../way.js';
import { type Beacon, decodeBeacon, encodeBeacon, MAX_BEACON_BYTES } from './beacon.js';
import { BeaconSender, MAX_HEARD } from './sender.js';
import { hasLinkLocal, type OpenBeaconSocket } from './sockets.js';

/** Per second and network. A sender's beacon comes by broadcast and by multicast; one burst of theirs fits in. */
const LOOKED_AT = { ofAll: 200, ofOne: 8 };
/** Beacons come all the time; an address is reported anew only this often. */
const REPORT_GAP_MS = 5_000;

export function beaconWay(openSocket: OpenBeaconSocket, timers: Timers, random: Random): Way {
  return {
    name: 'beacons',
    suits: (on) => on.ipv4 !== undefined || hasLinkLocal(on),
    open: (options) => new BeaconLink(options, openSocket, timers, random),
  };
}

class BeaconLink implements OpenWay {
  readonly #options: WayOptions;
  readonly #timers: Timers;
  readonly #sender: BeaconSender;
  readonly #socket: ReturnType<OpenBeaconSocket>;
  readonly #airtime: Airtime;
  /** When each address and port was reported last. */
  readonly #reported = new Map<string, number>();
  #label: string;

  constructor(options: WayOptions, openSocket: OpenBeaconSocket, timers: Timers, random: Random) {
    const { on, label, port, failed } = options;
    this.#options = options;
    this.#timers = timers;
    this.#label = label;
    this.#airtime = new Airtime(timers, random);
    this.#sender = new BeaconSender({ timers, random, turn: this.#airtime.turn(), send: () => this.#send() });
    const networks = networksOf(on);
    const gate = packetGate(timers, LOOKED_AT);
    this.#socket = openSocket(on, {
      ready: () => port !== undefined && this.#sender.start(),
      // A wildcard socket hears every network; what is not of this one belongs to another, or to nobody.
      datagram: (bytes, { address }) => {
        if (!isOnLink(address, networks) || !gate.admits(address)) return;
        const beacon = readBeacon(bytes);
        if (beacon !== undefined) this.#heard(beacon, address);
      },
      failed,
    });
  }

  relabel(label: string): void {
    this.#label = label;
  }

  doubt(host: string): void {
    for (const key of this.#reported.keys()) if (key.startsWith(`${host} `)) this.#reported.delete(key);
  }

  /** Nobody remembers a beacon for longer than its dial takes. */
  goodbye(): void {
    this.#sender.stop();
  }

  close(): Promise<void> {
    this.#sender.stop();
    return this.#socket.close();
  }

  #send(): void {
    const { port } = this.#options;
    if (port !== undefined) this.#socket.send(encodeBeacon({ label: this.#label, port }));
  }

  #heard({ label, port }: Beacon, address: string): void {
    const { on, isOwn, mayDial, found } = this.#options;
    if (isOwn(label) || !mayDial(address, port)) return;
    this.#airtime.heard();
    this.#sender.heard(label);
    const host = withZone(address, on.name);
    const key = `${host} ${port}`;
    const now = this.#timers.now();
    if (now < (this.#reported.get(key) ?? Number.NEGATIVE_INFINITY) + REPORT_GAP_MS) return;
    this.#reported.delete(key);
    const [oldest] = this.#reported.keys();
    if (oldest !== undefined && this.#reported.size >= MAX_HEARD) this.#reported.delete(oldest);
    this.#reported.set(key, now);
    found({ host, port, label });
  }
}

function readBeacon(bytes: Uint8Array): Beacon | undefined {
  if (bytes.length > MAX_BEACON_BYTES) return undefined;
  try {
    return decodeBeacon(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
