/** Multicast DNS sockets, one per network interface: the only file of discovery that touches the network. */
import { networkInterfaces } from 'node:os';
import multicastDns from 'multicast-dns';
import { asBuffer } from '../../base/index.js';
import { readPacket, type ServicePacket, type ServiceRecord } from './records.js';

export const MDNS_PORT = 5353;

export interface NetworkAddress {
  readonly address: string;
  /** The address and the length of its network prefix, e.g. `10.0.0.7/24`. */
  readonly cidr: string;
}

/** One network that the laptop is on, by one of its IPv4 addresses. */
export interface NetworkInterface {
  readonly name: string;
  readonly ipv4: NetworkAddress;
  readonly ipv6: readonly NetworkAddress[];
}

export interface PacketSource {
  readonly address: string;
  readonly port: number;
}

/** What is left out is empty. */
export type OutgoingPacket = Partial<ServicePacket> & Pick<ServicePacket, 'type'>;

export interface MulticastSocket {
  /** Sends to everybody on the link, or to one asker. Failures are silent: the network may be gone this moment. */
  send(packet: OutgoingPacket, to?: PacketSource): void;
  close(): Promise<void>;
}

export interface MulticastHandlers {
  ready(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** The socket is of no use. */
  failed(error: Error): void;
}

export interface Multicast {
  interfaces(): readonly NetworkInterface[];
  open(on: NetworkInterface, handlers: MulticastHandlers): MulticastSocket;
}

/** @param loopback also uses the loopback interface: for tests and demonstrations on one machine. */
export function systemMulticast(loopback = false): Multicast {
  return { interfaces: () => listInterfaces(loopback), open };
}

function listInterfaces(loopback: boolean): NetworkInterface[] {
  const found: NetworkInterface[] = [];
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const usable = addresses.flatMap(({ address, cidr, family, internal }) =>
      cidr === null || (internal && !loopback) ? [] : [{ address, cidr, family }],
    );
    const ipv6 = usable.filter(({ family }) => family === 'IPv6');
    // One group membership per interface is all that the system allows; its first IPv4 address stands for it.
    const ipv4 = usable.find(({ family }) => family === 'IPv4');
    if (ipv4 !== undefined) found.push({ name, ipv4, ipv6 });
  }
  return found;
}

function open(on: NetworkInterface, handlers: MulticastHandlers): MulticastSocket {
  // Binding to the wildcard is what lets multicast in on Linux; `interface` chooses where it goes out.
  const socket = multicastDns({ interface: on.ipv4.address, bind: '0.0.0.0', reuseAddr: true });
  let closed = false;
  socket.on('ready', () => closed || handlers.ready());
  // 'packet' is what the library emits for each datagram that it could take apart, with both of its arguments.
  socket.on('packet', (packet: unknown, from: PacketSource) => {
    const known = closed ? undefined : readPacket(packet);
    if (known !== undefined) handlers.packet(known, from);
  });
  // Datagrams that cannot be taken apart, and sends into a network that just went away.
  socket.on('warning', () => {});
  socket.on('error', (error) => closed || handlers.failed(error));
  return {
    send(packet, to) {
      if (closed) return;
      const outgoing = encodable(packet);
      if (packet.type === 'query') socket.query(outgoing);
      else socket.respond(outgoing, to === undefined ? undefined : { address: to.address, port: to.port });
    },
    close: () =>
      new Promise((resolve) => {
        if (closed) return resolve();
        closed = true;
        socket.destroy(() => resolve());
      }),
  };
}

/** Our packet in the words of the DNS library. */
function encodable(packet: OutgoingPacket) {
  const records = (list: readonly ServiceRecord[] = []) => list.map((each) => encodableRecord(each));
  return {
    id: packet.id ?? 0,
    questions: (packet.questions ?? []).map(({ name, type }) => ({ name, type: type as 'PTR' })),
    // In a probe the records are only proposed, so nobody's cache is to be flushed; a PTR is never ours alone.
    answers: records(packet.answers),
    additionals: records(packet.additionals),
    authorities: records(packet.authorities).map((each) => ({ ...each, flush: false })),
  };
}

function encodableRecord(record: ServiceRecord) {
  const flush = record.type !== 'PTR';
  if (record.type === 'TXT') return { ...record, flush, data: record.data.map(asBuffer) };
  return { ...record, flush };
}
