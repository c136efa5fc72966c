/** A network for multicast DNS in memory: interfaces come and go, every packet reaches everybody on the same link. */
import type {
  Multicast,
  MulticastHandlers,
  NetworkInterface,
  OutgoingPacket,
  PacketSource,
} from '../../../src/link/discovery/multicast.js';
import { readPacket, type ServicePacket } from '../../../src/link/discovery/records.js';
import type { FakeTimers } from './fake-timers.js';

export interface Sent {
  readonly at: number;
  readonly from: string;
  readonly packet: ServicePacket;
  readonly to: PacketSource | undefined;
}

export interface FakeLink {
  /** One laptop's view: its interfaces on this link, to be changed by tests. */
  laptop(...addresses: readonly string[]): Multicast & { addresses: string[]; failsToOpen: boolean };
  /** A packet from somebody that a test plays. */
  inject(packet: unknown, from: PacketSource): void;
  readonly sent: Sent[];
}

interface Listener {
  readonly address: string;
  readonly handlers: MulticastHandlers;
}

export function fakeLink(timers: FakeTimers): FakeLink {
  const listeners = new Set<Listener>();
  const sent: Sent[] = [];
  const deliver = (packet: ServicePacket, from: PacketSource) => {
    for (const { handlers } of [...listeners]) timers.after(1, () => handlers.packet(packet, from));
  };
  return {
    sent,
    inject(packet, from) {
      const read = readPacket(packet);
      if (read !== undefined) deliver(read, from);
    },
    laptop(...addresses) {
      const laptop = {
        addresses: [...addresses],
        failsToOpen: false,
        interfaces: () => laptop.addresses.map(interfaceOf),
        open(on: NetworkInterface, handlers: MulticastHandlers) {
          const { address } = on.ipv4;
          const listener = { address, handlers };
          if (laptop.failsToOpen) timers.after(1, () => handlers.failed(new Error('no multicast here')));
          else {
            listeners.add(listener);
            timers.after(1, () => handlers.ready());
          }
          return {
            send(outgoing: OutgoingPacket, to?: PacketSource) {
              const packet = { ...EMPTY, ...outgoing };
              sent.push({ at: timers.now(), from: address, packet, to });
              if (to === undefined) deliver(packet, { address, port: 5353 });
            },
            async close() {
              listeners.delete(listener);
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
  return { name: `wlan${index}`, ipv4: { address, cidr: `${address}/24` }, ipv6: [] };
}
