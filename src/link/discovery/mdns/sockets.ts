/** Multicast DNS sockets, one per network interface: the only file of multicast DNS that touches the network. */
import multicastDns from 'multicast-dns';
import { asBuffer, invariant } from '../../../base/index.js';
import type { NetworkInterface } from '../interfaces.js';
import { readPacket, type ServicePacket, type ServiceRecord } from './records.js';

export const MDNS_PORT = 5353;

export interface PacketSource {
  readonly address: string;
  readonly port: number;
}

/** What is left out is empty. */
export type OutgoingPacket = Partial<ServicePacket> & Pick<ServicePacket, 'type'>;

export interface MdnsSocket {
  /** Sends to everybody on the link, or to one asker. Failures are silent: the network may be gone this moment. */
  send(packet: OutgoingPacket, to?: PacketSource): void;
  close(): Promise<void>;
}

export interface MdnsHandlers {
  ready(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** The socket is of no use. */
  failed(error: Error): void;
}

/** Opens a socket on an interface that has an IPv4 address. */
export type OpenMdnsSocket = (on: NetworkInterface, handlers: MdnsHandlers) => MdnsSocket;

export const systemMdnsSocket: OpenMdnsSocket = (on, handlers) => {
  invariant(on.ipv4 !== undefined, 'multicast DNS runs over IPv4');
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
};

/** Our packet in the words of the DNS library. */
export function encodable(packet: OutgoingPacket) {
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
