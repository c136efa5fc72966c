/** What the control socket answers: `hearsay status` and `hearsay contact` are built on it. */
import { HearsayError } from '../base/index.js';
import type { HostAccount } from './account.js';
import type { ControlHandler } from './control.js';
import { derivedAddressStatus } from './discovery.js';
import type { DiscoverySettings } from './discovery-settings.js';
import type { EngineHost } from './engine-host.js';
import type { ReadyReport } from './ready-file.js';
import { messageStatus, type NodeStatus } from './status.js';

export interface ControlParts {
  readonly host: EngineHost;
  readonly account: HostAccount;
  readonly report: ReadyReport;
  readonly discovery: DiscoverySettings;
  readonly home: string;
  /** By `performance.now()`. */
  readonly startedAt: number;
  readonly version: string;
}

export function controlHandlers(parts: ControlParts): Readonly<Record<string, ControlHandler>> {
  const { account } = parts;
  return {
    status: () => nodeStatus(parts),
    // The socket is as private as the identity file.
    password: () => parts.report.password,
    'contact.list': () => account.contacts(),
    'contact.add': (params) => {
      const { address, petname, groups } = readParams(params);
      return account.putContact(address, {
        ...(typeof petname === 'string' ? { petname } : {}),
        ...(Array.isArray(groups) ? { groups: groups.filter((group) => typeof group === 'string') } : {}),
      });
    },
    'contact.remove': (params) => account.removeContact(readParams(params).address),
  };
}

function readParams(params: unknown): { address: string; petname?: unknown; groups?: unknown } {
  if (typeof params !== 'object' || params === null || !('address' in params) || typeof params.address !== 'string') {
    throw new HearsayError('ERR_CONTROL', 'the request names no address');
  }
  return { ...params, address: params.address };
}

/** What `hearsay status --json` prints. */
export function nodeStatus({ host, account, report, discovery, home, startedAt, version }: ControlParts): NodeStatus {
  const now = host.now();
  const { neighbours, rulesBroken, store, dtn } = host.engine.status(now);
  const derivedAddress = derivedAddressStatus(discovery, host.engine.node);
  return {
    version,
    pid: process.pid,
    home,
    uptimeMs: Math.round(performance.now() - startedAt),
    identity: { personId: report.personId, nodeId: report.nodeId, jid: report.jid, nick: account.nickname },
    listening: { xmpp: report.xmpp, tcpcl: report.tcpcl },
    ...(derivedAddress === undefined ? {} : { derivedAddress }),
    clockTrusted: now.wallTrusted,
    neighbours: neighbours.map(({ link, id, foreign, connectedForMs }) => {
      const session = host.session(link);
      return {
        node: id ?? session?.peerEid ?? '',
        foreign,
        address: session === undefined ? '' : session.remote.host,
        sinceMs: connectedForMs,
      };
    }),
    rulesBroken,
    store,
    dtn,
    messages: account.sent().map(messageStatus),
    inbox: host.engine.inboxSize(account.personId),
    contacts: account.contacts(),
  };
}
