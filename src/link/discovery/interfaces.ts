/** The networks that the laptop is on, as discovery needs them. */
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface NetworkAddress {
  readonly address: string;
  /** The address and the length of its network prefix, e.g. `10.0.0.7/24`. */
  readonly cidr: string;
}

export interface NetworkInterface {
  readonly name: string;
  /** Its first one; one group membership per interface is all that the system allows. */
  readonly ipv4: NetworkAddress | undefined;
  readonly ipv6: readonly NetworkAddress[];
  /** The loopback interface; it is left out unless a test asks for it. */
  readonly internal: boolean;
}

/** @param loopback also the loopback interface: for tests and demonstrations on one machine. */
export function systemInterfaces(loopback = false): readonly NetworkInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const internal = addresses.some((each) => each.internal);
    const usable = addresses.flatMap(({ address, cidr, family }) => (cidr === null ? [] : [{ address, cidr, family }]));
    const ipv4 = usable.find(({ family }) => family === 'IPv4');
    const ipv6 = usable.filter(({ family }) => family === 'IPv6');
    return usable.length === 0 || (internal && !loopback) ? [] : [{ name, ipv4, ipv6, internal }];
  });
}

export function networksOf({ ipv4, ipv6 }: NetworkInterface): readonly NetworkAddress[] {
  return ipv4 === undefined ? ipv6 : [ipv4, ...ipv6];
}

/** @returns true when `later` is the same network as `earlier`, with perhaps an address more. */
export function isSameNetwork(earlier: NetworkInterface, later: NetworkInterface): boolean {
  const now = new Set(networksOf(later).map(({ cidr }) => cidr));
  return earlier.name === later.name && networksOf(earlier).every(({ cidr }) => now.has(cidr));
}

/** Changes whenever anything about the interface does. */
export function keyOf(on: NetworkInterface): string {
  return [on.name, ...networksOf(on).map(({ cidr }) => cidr)].join(' ');
}

/** @returns the directed broadcast address (RFC 919 §7), or undefined on a network that has none (RFC 3021). */
export function broadcastOf({ address, cidr }: NetworkAddress): string | undefined {
  const prefix = Number(cidr.split('/')[1]);
  if (!isIPv4(address) || !(prefix >= 8 && prefix <= 30)) return undefined;
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const all = bits - (bits % 2 ** (32 - prefix)) + 2 ** (32 - prefix) - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(all / 2 ** shift) % 256).join('.');
}
