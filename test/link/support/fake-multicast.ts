/**
 * A network in memory for multicast DNS and beacons: interfaces come and go, every packet reaches everybody on the same link.
 */
import { createRequire } from 'node:module';
import type { BeaconHandlers, OpenBeaconSocket } from '../../../src/link/discovery/beacon/sockets.js';
import type { NetworkInterface } from '../../../src/link/discovery/interfaces.js';
import { readPacket, type ServicePacket } from '../../../src/link/discovery/mdns/records.js';
import {
  encodable,
  type MdnsHandlers,
  type OpenMdnsSocket,
  type OutgoingPacket,
  type PacketSource,
} from '../../../src/link/discovery/mdns/sockets.js';
import type { FakeTimers } from './fake-timers.js';

/** IP and UDP. */
const IPV4_HEADERS_BYTES = 28;
const IPV6_HEADERS_BYTES = 48;
/** Every beacon goes out by IPv4 broadcast, IPv4 multicast and IPv6 multicast. */
const BEACON_HEADERS_BYTES = 2 * IPV4_HEADERS_BYTES + IPV6_HEADERS_BYTES;
const BEACON_COPIES = 3;

export interface Sent {
  readonly at: number;
  readonly from: string;
  readonly packet: ServicePacket;
  readonly to: PacketSource | undefined;
}

export interface SentBeacon {
  readonly at: number;
  readonly from: string;
  readonly bytes: Uint8Array;
}

export interface FakeLaptop {
  addresses: string[];
  failsToOpen: boolean;
  readonly interfaces: () => readonly NetworkInterface[];
  readonly mdns: OpenMdnsSocket;
  readonly beacons: OpenBeaconSocket;
}

export interface FakeLink {
  /** One laptop's view: its interfaces on this link, to be changed by tests. */
  laptop(...addresses: readonly string[]): FakeLaptop;
  /** A packet from somebody that a test plays. */
  inject(packet: unknown, from: PacketSource): void;
  injectBeacon(bytes: Uint8Array, address: string): void;
  readonly sent: Sent[];
  readonly sentBeacons: SentBeacon[];
  /** Bytes on the link, IP and UDP headers included, in each second from the start. */
  bytesBySecond(): { readonly mdns: readonly number[]; readonly beacons: readonly number[] };
}

interface Listener<Handlers> {
  readonly address: string;
  readonly handlers: Handlers;
}

export function fakeLink(timers: FakeTimers): FakeLink {
  const listeners = new Set<Listener<MdnsHandlers>>();
  const beaconListeners = new Set<Listener<BeaconHandlers>>();
  const sent: Sent[] = [];
  const sentBeacons: SentBeacon[] = [];
  const deliver = (packet: ServicePacket, from: PacketSource) => {
    timers.after(1, () => {
      for (const { handlers } of [...listeners]) handlers.packet(packet, from);
    });
  };
  const deliverBeacon = (bytes: Uint8Array, address: string) => {
    timers.after(1, () => {
      for (const { handlers } of [...beaconListeners]) handlers.datagram(bytes, { address });
    });
  };
  /** A socket that is there, or fails, a moment later. */
  const attach = <Handlers extends { ready(): void; failed(error: Error): void }>(
    laptop: FakeLaptop,
    to: Set<Listener<Handlers>>,
    on: NetworkInterface,
    handlers: Handlers,
  ) => {
    const address = on.ipv4?.address ?? '';
    const listener = { address, handlers };
    if (laptop.failsToOpen) timers.after(1, () => handlers.failed(new Error('no multicast here')));
    else {
      to.add(listener);
      timers.after(1, () => handlers.ready());
    }
    return { address, close: async () => void to.delete(listener) };
  };
  return {
    sent,
    sentBeacons,
    inject(packet, from) {
      const read = readPacket(packet);
      if (read !== undefined) deliver(read, from);
    },
    injectBeacon: deliverBeacon,
    bytesBySecond: () => ({
      mdns: bySecond(sent.map(({ at, packet }) => [at, IPV4_HEADERS_BYTES + dnsBytes(packet)])),
      beacons: bySecond(sentBeacons.map(({ at, bytes }) => [at, BEACON_HEADERS_BYTES + BEACON_COPIES * bytes.length])),
    }),
    laptop(...addresses) {
      const laptop: FakeLaptop = {
        addresses: [...addresses],
        failsToOpen: false,
        interfaces: () => laptop.addresses.map(interfaceOf),
        mdns(on, handlers) {
          const { address, close } = attach(laptop, listeners, on, handlers);
          return {
            close,
            send(outgoing: OutgoingPacket, to?: PacketSource) {
              const packet = { ...EMPTY, ...outgoing };
              sent.push({ at: timers.now(), from: address, packet, to });
              if (to === undefined) deliver(packet, { address, port: 5353 });
            },
          };
        },
        beacons(on, handlers) {
          const { address, close } = attach(laptop, beaconListeners, on, handlers);
          return {
            close,
            send(bytes) {
              sentBeacons.push({ at: timers.now(), from: address, bytes });
              for (let copy = 0; copy < BEACON_COPIES; copy++) deliverBeacon(bytes, address);
            },
          };
        },
      };
      return laptop;
    },
  };
}

const EMPTY = { id: 0, questions: [], answers: [], additionals: [], authorities: [], truncated: false } as const;

function interfaceOf(address: string, index: number): NetworkInterface {
  return { name: `wlan${index}`, ipv4: { address, cidr: `${address}/24` }, ipv6: [], internal: false };
}

/** The codec that multicast-dns brings along. */
const codec = createRequire(createRequire(import.meta.url).resolve('multicast-dns'))('dns-packet') as {
  encodingLength(packet: unknown): number;
};

function dnsBytes(packet: ServicePacket): number {
  return codec.encodingLength({ type: packet.type, ...encodable(packet) });
}

function bySecond(packets: readonly (readonly [at: number, bytes: number])[]): readonly number[] {
  const seconds: number[] = [];
  for (const [at, bytes] of packets) {
    const second = Math.floor(at / 1_000);
    while (seconds.length <= second) seconds.push(0);
    seconds[second] = (seconds[second] ?? 0) + bytes;
  }
  return seconds;
}
