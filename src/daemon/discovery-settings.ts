/** How neighbours are looked for; each way does without the others. */
import { HearsayError, printable } from '../base/index.js';

export type DerivedAddressSetting = 'off' | 'link-local' | 'ula';

export interface DiscoverySettings {
  /** Multicast DNS. @default true */
  readonly mdns: boolean;
  /** Our own datagrams, by broadcast and multicast. @default true */
  readonly beacons: boolean;
  /** Dialling where nodes were met before. @default true */
  readonly polling: boolean;
  /** Also polling the IPv6 address that follows from a node id; the operator gives it to the interface. @default off */
  readonly derivedAddress: DerivedAddressSetting;
  /** Ids of nodes that are polled at their derived addresses although they were never met. @default none */
  readonly nodes: readonly string[];
}

export const EVERY_WAY: DiscoverySettings = {
  mdns: true,
  beacons: true,
  polling: true,
  derivedAddress: 'off',
  nodes: [],
};

export const NO_DISCOVERY: DiscoverySettings = { ...EVERY_WAY, mdns: false, beacons: false, polling: false };

/** More would make a poll of them all take hours, and a signature of the laptop that does it. */
export const MAX_POLLED_NODES = 64;
const DERIVED: readonly DerivedAddressSetting[] = ['off', 'link-local', 'ula'];
const KEYS = ['mdns', 'beacons', 'polling', 'derived-address', 'nodes'];

/**
 * `true`, `false`, or the ways by name as the config file has them.
 *
 * @throws HearsayError `ERR_CONFIG`, with a message that reads on after the name of the key.
 */
export function parseDiscovery(value: unknown): DiscoverySettings {
  if (typeof value === 'boolean') return value ? EVERY_WAY : NO_DISCOVERY;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(
      `expected true, false, or keys with values, and got ${printable(Array.isArray(value) ? 'a list' : value)}`,
    );
  }
  const said = new Map<string, unknown>(Object.entries(value));
  for (const key of said.keys()) {
    if (!KEYS.includes(key)) throw refuse(`unknown key "${printable(key)}"; there are ${KEYS.join(', ')}`);
  }
  const settings = {
    mdns: flag(said, 'mdns'),
    beacons: flag(said, 'beacons'),
    polling: flag(said, 'polling'),
    derivedAddress: derivedAddress(said.get('derived-address')),
    nodes: nodes(said.get('nodes')),
  };
  if (settings.derivedAddress !== 'off' && !settings.polling)
    throw refuse('derived-address is of no use without polling');
  if (settings.nodes.length > 0 && settings.derivedAddress === 'off') {
    throw refuse('nodes that were never met can only be polled at their derived addresses: set derived-address');
  }
  return settings;
}

function flag(said: ReadonlyMap<string, unknown>, key: string): boolean {
  const value = said.get(key) ?? true;
  if (typeof value !== 'boolean') throw refuse(`${key}: expected true or false, and got ${printable(value)}`);
  return value;
}

function derivedAddress(value: unknown = 'off'): DerivedAddressSetting {
  const setting = DERIVED.find((known) => known === value);
  if (setting === undefined) throw refuse(`derived-address: "${printable(value)}" is not one of ${DERIVED.join(', ')}`);
  return setting;
}

function nodes(value: unknown = []): readonly string[] {
  if (!Array.isArray(value)) throw refuse('nodes: expected a list of node ids');
  if (value.length > MAX_POLLED_NODES)
    throw refuse(`nodes: ${value.length} are too many; the most is ${MAX_POLLED_NODES}`);
  return value.map((each) => {
    if (typeof each !== 'string' || !/^[a-z2-7]{26}$/.test(each)) {
      throw refuse(`nodes: "${printable(each)}" is no node id; it has 26 characters, as hearsay status prints it`);
    }
    return each;
  });
}

function refuse(message: string): HearsayError {
  return new HearsayError('ERR_CONFIG', message);
}
