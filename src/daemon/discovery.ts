/** Discovery as the settings want it, with its memory in the home. */
import { networkInterfaces } from 'node:os';
import type { Logger } from '../base/index.js';
import { formatEid } from '../bundle/index.js';
import { createDiscovery, DERIVED_PREFIX_LENGTH, type Discovery, derivedAddress, type Timers } from '../link/index.js';
import { type NodeId, nodeEid } from '../people/index.js';
import { AddressFile } from './address-file.js';
import type { DiscoverySettings } from './discovery-settings.js';
import type { Home } from './home.js';
import { osRandom } from './random.js';
import type { DerivedAddressStatus } from './status.js';
import type { Undo } from './undo.js';

/** @returns undefined when no way is wanted. */
export async function openDiscovery(
  settings: DiscoverySettings,
  {
    home,
    timers,
    log,
    undo,
  }: { readonly home: Home; readonly timers: Timers; readonly log: Logger; readonly undo: Undo },
): Promise<Discovery | undefined> {
  const { mdns, beacons, polling } = settings;
  if (!mdns && !beacons && !polling) return undefined;
  return createDiscovery({
    timers,
    random: osRandom,
    log,
    ...(mdns ? {} : { mdns: false }),
    ...(beacons ? {} : { beacons: false }),
    ...(polling ? { polling: await openPolling(settings, home, log, undo) } : {}),
  });
}

async function openPolling({ derivedAddress: kind, nodes }: DiscoverySettings, home: Home, log: Logger, undo: Undo) {
  const { book, changed, close } = await AddressFile.open(home.addressFile, log);
  undo.add('addresses', close);
  return {
    book,
    changed,
    nodes: nodes.map((node) => formatEid(nodeEid(node as NodeId))),
    derivedAddress: kind === 'off' ? undefined : kind,
  };
}

/** @returns undefined unless the operator has turned derived addresses on. */
export function derivedAddressStatus(settings: DiscoverySettings, node: NodeId): DerivedAddressStatus | undefined {
  const { derivedAddress: kind } = settings;
  if (kind === 'off') return undefined;
  const address = derivedAddress(formatEid(nodeEid(node)), kind);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return { address, prefixLength: DERIVED_PREFIX_LENGTH, isSet: own.some((each) => each.address === address) };
}
