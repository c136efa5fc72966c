/** Where a stranger's word may make us dial. Pure. */
import { isIP } from 'node:net';
import { withoutZone } from '../addresses.js';
import { broadcastOf, type NetworkInterface, networksOf } from './interfaces.js';
import { isOnLink } from './on-link.js';

/** Below are the services of the system: a forged announcement must not make a room of laptops knock on a mail server. */
const FIRST_PORT = 1_024;
const LAST_PORT = 65_535;

/**
 * @param on the interface that the word came in on
 * @param own all of our own addresses
 */
export function mayDial(host: string, port: number, on: NetworkInterface, own: ReadonlySet<string>): boolean {
  const address = withoutZone(host);
  if (!Number.isInteger(port) || port < FIRST_PORT || port > LAST_PORT || isIP(address) === 0) return false;
  if (!isOnLink(address, networksOf(on))) return false;
  // Where even our loopback is a network, nodes on it share one address.
  if (on.internal) return true;
  return !own.has(address) && (on.ipv4 === undefined || address !== broadcastOf(on.ipv4));
}
