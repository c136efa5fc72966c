/**
 * Writes one TCP conversation as a pcap file (libpcap's classic format, raw IPv4 packets), so that a test can ask a foreign
 * dissector about our bytes without a network or the right to capture.
 */

export interface Said {
  /** `client` opened the connection. */
  readonly from: 'client' | 'server';
  readonly bytes: Uint8Array;
}

const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const MAX_SEGMENT = 1_400;
const Flag = { Fin: 0x01, Syn: 0x02, Push: 0x08, Ack: 0x10 } as const;

interface Side {
  readonly address: readonly [number, number, number, number];
  readonly port: number;
  next: number;
}

/** @param port the server's */
export function tcpConversation(port: number, said: readonly Said[]): Buffer {
  const client: Side = { address: [10, 0, 0, 1], port: 40_000, next: 1_000 };
  const server: Side = { address: [10, 0, 0, 2], port, next: 9_000 };
  const packets: Buffer[] = [];
  const send = (from: Side, to: Side, flags: number, data: Uint8Array = new Uint8Array(0)) => {
    packets.push(packet(from, to, flags, data));
    from.next += data.length + ((flags & (Flag.Syn | Flag.Fin)) === 0 ? 0 : 1);
  };
  send(client, server, Flag.Syn);
  send(server, client, Flag.Syn | Flag.Ack);
  send(client, server, Flag.Ack);
  for (const { from, bytes } of said) {
    const [source, target] = from === 'client' ? [client, server] : [server, client];
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT) {
      send(source, target, Flag.Push | Flag.Ack, bytes.subarray(at, at + MAX_SEGMENT));
      send(target, source, Flag.Ack);
    }
  }
  send(client, server, Flag.Fin | Flag.Ack);
  send(server, client, Flag.Fin | Flag.Ack);
  send(client, server, Flag.Ack);
  return Buffer.concat([fileHeader(), ...packets.flatMap((each, index) => [recordHeader(index, each.length), each])]);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

function recordHeader(index: number, length: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1_700_000_000, 0);
  header.writeUInt32LE(index * 100, 4);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  return header;
}

function packet(from: Side, to: Side, flags: number, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(40 + data.length);
  // IPv4 (RFC 791)
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(6, 9);
  bytes.set(from.address, 12);
  bytes.set(to.address, 16);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, 20)), 10);
  // TCP (RFC 9293); dissectors do not ask for its checksum, because network cards fill it in.
  bytes.writeUInt16BE(from.port, 20);
  bytes.writeUInt16BE(to.port, 22);
  bytes.writeUInt32BE(from.next, 24);
  bytes.writeUInt32BE((flags & Flag.Ack) === 0 ? 0 : to.next, 28);
  bytes.writeUInt8(5 << 4, 32);
  bytes.writeUInt8(flags, 33);
  bytes.writeUInt16BE(65_535, 34);
  bytes.set(data, 40);
  return bytes;
}

/** The Internet checksum, RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
