/**
 * Finding by DNS-SD over multicast DNS (RFC 6762, RFC 6763). The records are described in docs/protocol/links.md.
 */
import type { Random } from '../../../base/index.js';
import type { Timers } from '../../timers.js';
import { Airtime } from '../airtime.js';
import { type NetworkInterface, networksOf } from '../interfaces.js';
import { isOnLink } from '../on-link.js';
import { packetGate } from '../packet-gate.js';
import type { OpenWay, Way, WayOptions } from '../way.js';
import { type Browser, createBrowser } from './browser.js';
import { createResponder, type Responder } from './responder.js';
import type { OpenMdnsSocket } from './sockets.js';

/** Per second and network. */
const LOOKED_AT = { ofAll: 200, ofOne: 20 };

export function mdnsWay(openSocket: OpenMdnsSocket, timers: Timers, random: Random): Way {
  return {
    name: 'multicast DNS',
    suits: ({ ipv4 }: NetworkInterface) => ipv4 !== undefined,
    open: (options) => openLink(options, openSocket, timers, random),
  };
}

function openLink(options: WayOptions, openSocket: OpenMdnsSocket, timers: Timers, random: Random): OpenWay {
  const { on, label, port, isOwn, mayDial, found, failed, renamed } = options;
  const networks = networksOf(on);
  const addresses = networks.map(({ address }) => address);
  const gate = packetGate(timers, LOOKED_AT);
  const airtime = new Airtime(timers, random);
  const isOwnAddress = (address: string) => addresses.includes(address);
  let parts: { browser: Browser; responder: Responder | undefined } | undefined;
  const socket = openSocket(on, {
    ready() {
      parts?.browser.start();
      parts?.responder?.start();
    },
    // One socket hears the packets of all interfaces; what is not of this network belongs to another, or to nobody.
    packet(packet, from) {
      if (!isOnLink(from.address, networks) || !gate.admits(from.address)) return;
      if (!isOwnAddress(from.address)) airtime.heard();
      parts?.browser.packet(packet, from);
      parts?.responder?.packet(packet, from);
    },
    failed,
  });
  const common = { socket, timers, random };
  const browser = createBrowser({
    ...common,
    interfaceName: on.name,
    turn: airtime.turn(),
    isOwn,
    isOwnAddress,
    mayDial,
    found,
  });
  const responder =
    port === undefined
      ? undefined
      : createResponder({ ...common, label, port, addresses, turn: airtime.turn(), renamed });
  parts = { browser, responder };
  return {
    relabel: (fresh) => responder?.relabel(fresh),
    doubt: (host) => browser.doubt(host),
    goodbye() {
      browser.stop();
      responder?.goodbye();
    },
    close() {
      browser.stop();
      responder?.stop();
      return socket.close();
    },
  };
}
