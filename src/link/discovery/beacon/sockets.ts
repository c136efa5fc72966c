/** The sockets of beacons, for one network: the only file of beacons that touches it. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { plainAddress } from '../../addresses.js';
import { broadcastOf, type NetworkInterface } from '../interfaces.js';
import { isLinkLocal } from '../on-link.js';

/** Of the range that is nobody's (RFC 6335 §6), above what Linux hands out for outgoing packets. */
export const BEACON_PORT = 64_556;
/** Administratively scoped, local (RFC 2365 §6.1). */
export const BEACON_GROUP_IPV4 = '239.255.72.83';
/** Transient, link-local (RFC 4291 §2.7). */
export const BEACON_GROUP_IPV6 = 'ff12::4853';

export interface BeaconSocket {
  /** To everybody on the network, once by each means that it has. Failures are silent: it may be gone this moment. */
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}

export interface BeaconHandlers {
  ready(): void;
  datagram(bytes: Uint8Array, from: { readonly address: string }): void;
  /** The socket is of no use. */
  failed(error: Error): void;
}

export type OpenBeaconSocket = (on: NetworkInterface, handlers: BeaconHandlers) => BeaconSocket;

/** IPv4 and IPv6 stand beside each other: either is enough. */
export const systemBeaconSocket: OpenBeaconSocket = (on, handlers) => {
  const halves = [
    ...(on.ipv4 === undefined ? [] : [ipv4Half(on.ipv4)]),
    ...(hasLinkLocal(on) ? [ipv6Half(on.name)] : []),
  ];
  let closed = false;
  let waiting = halves.length;
  const usable = new Set<Half>();
  let problem: Error | undefined;
  const settle = () => {
    if (--waiting > 0 || closed) return;
    if (usable.size > 0) handlers.ready();
    else handlers.failed(problem ?? new Error('no address to send from'));
  };
  for (const half of halves) {
    const { socket } = half;
    const refuse = (error: Error) => {
      problem = error;
      settle();
    };
    // What fails after the start is a send into a network that just went away.
    socket.on('error', () => {});
    socket.once('error', refuse);
    socket.on('message', (bytes: Buffer, { address }: RemoteInfo) => {
      if (!closed) handlers.datagram(bytes, { address: plainAddress(address) });
    });
    socket.bind({ port: BEACON_PORT, address: half.wildcard }, () => {
      socket.removeListener('error', refuse);
      try {
        half.join();
        usable.add(half);
      } catch (error) {
        problem = error instanceof Error ? error : new Error(String(error));
      }
      settle();
    });
  }
  return {
    send(bytes) {
      if (closed) return;
      for (const { socket, destinations } of usable) {
        for (const address of destinations) socket.send(bytes, BEACON_PORT, address, () => {});
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(halves.map(({ socket }) => closeSocket(socket)));
    },
  };
};

interface Half {
  readonly socket: Socket;
  /** Only a wildcard socket hears broadcasts and groups. */
  readonly wildcard: string;
  readonly destinations: readonly string[];
  /** @throws when the system has no multicast there. */
  join(): void;
}

function ipv4Half(network: NonNullable<NetworkInterface['ipv4']>): Half {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const broadcast = broadcastOf(network);
  return {
    socket,
    wildcard: '0.0.0.0',
    destinations: broadcast === undefined ? [BEACON_GROUP_IPV4] : [broadcast, BEACON_GROUP_IPV4],
    join() {
      socket.setBroadcast(true);
      // Never past the first router.
      socket.setMulticastTTL(1);
      socket.addMembership(BEACON_GROUP_IPV4, network.address);
      socket.setMulticastInterface(network.address);
    },
  };
}

function ipv6Half(interfaceName: string): Half {
  const socket = createSocket({ type: 'udp6', reuseAddr: true, ipv6Only: true });
  const scope = `::%${interfaceName}`;
  return {
    socket,
    wildcard: '::',
    destinations: [BEACON_GROUP_IPV6],
    join() {
      socket.setMulticastTTL(1);
      socket.addMembership(BEACON_GROUP_IPV6, scope);
      socket.setMulticastInterface(scope);
    },
  };
}

export function hasLinkLocal({ ipv6 }: NetworkInterface): boolean {
  return ipv6.some(({ address }) => isLinkLocal(address));
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      // It was never bound.
      resolve();
    }
  });
}
