/** Writes the captures that foreign dissectors read: classic pcap, Ethernet, IPv4, UDP. */
import { concatBytes } from '../../src/base/index.js';

const LINK_ETHERNET = 1;
const ETHERNET_HEADER = 14;
const IP_HEADER = 20;
const UDP_HEADER = 8;
/** Keeps a datagram within what IPv4 can say. */
const MAX_DATAGRAM = 65_535 - IP_HEADER - UDP_HEADER;

/** A capture of one UDP datagram each, from and to this port, a second apart. */
export function udpCapture(port: number, datagrams: readonly Uint8Array[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 0x40000);
  header.setUint32(20, LINK_ETHERNET);
  return concatBytes(bytesOf(header), ...datagrams.map((datagram, second) => record(second, frame(port, datagram))));
}

function record(second: number, packet: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(0, second);
  header.setUint32(8, packet.length);
  header.setUint32(12, packet.length);
  return concatBytes(bytesOf(header), packet);
}

function frame(port: number, datagram: Uint8Array): Uint8Array {
  if (datagram.length > MAX_DATAGRAM) throw new Error('too long for one datagram');
  const ethernet = new DataView(new ArrayBuffer(ETHERNET_HEADER));
  ethernet.setUint16(12, 0x0800);
  const ip = new DataView(new ArrayBuffer(IP_HEADER));
  ip.setUint16(0, 0x4500);
  ip.setUint16(2, IP_HEADER + UDP_HEADER + datagram.length);
  ip.setUint16(8, 0x4011);
  ip.setUint32(12, 0x0a000001);
  ip.setUint32(16, 0x0a000002);
  ip.setUint16(10, internetChecksum(ip));
  const udp = new DataView(new ArrayBuffer(UDP_HEADER));
  udp.setUint16(0, port);
  udp.setUint16(2, port);
  udp.setUint16(4, UDP_HEADER + datagram.length);
  return concatBytes(bytesOf(ethernet), bytesOf(ip), bytesOf(udp), datagram);
}

function internetChecksum(header: DataView): number {
  let sum = 0;
  for (let at = 0; at < header.byteLength; at += 2) sum += header.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
