/** Which addresses lie on the network that a packet came from. Pure. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { withoutZone } from '../addresses.js';
import type { NetworkAddress } from './interfaces.js';

/** @returns true when `address` lies within one of our own networks. */
export function isOnLink(address: string, networks: readonly NetworkAddress[]): boolean {
  const plain = withoutZone(address);
  if (isIP(plain) === 0) return false;
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  return networks.some((network) => familyOf(network) === family && blockOf(network).check(plain, family));
}

export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address);
}

/** A link-local address is dialled through the interface that it was heard on. */
export function withZone(address: string, interfaceName: string): string {
  const plain = withoutZone(address);
  return isLinkLocal(plain) ? `${plain}%${interfaceName}` : plain;
}

function familyOf({ address }: NetworkAddress): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** Asked for every packet that comes in. */
const blocks = new WeakMap<NetworkAddress, BlockList>();

function blockOf(network: NetworkAddress): BlockList {
  const known = blocks.get(network);
  if (known !== undefined) return known;
  const prefix = Number(network.cidr.split('/')[1]);
  const block = new BlockList();
  block.addSubnet(network.address, prefix, familyOf(network));
  blocks.set(network, block);
  return block;
}
