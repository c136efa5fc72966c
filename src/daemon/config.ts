/** All that a node can be told, with its defaults. Flags win over the file, the file over the defaults. */
import { DAY_MS, HearsayError, MINUTE_MS, messageOf, printable, SECOND_MS, utf8 } from '../base/index.js';
import type { EngineTiming } from '../engine/index.js';
import { DEFAULT_STRATEGY, type ParameterValue, type StrategyChoice, strategyFor } from '../gossip/index.js';
import type { TlsPolicy } from '../link/index.js';
import { type DiscoverySettings, EVERY_WAY } from './discovery-settings.js';
import { type HostPort, parseHostPort } from './host-port.js';
import { LOG_THRESHOLDS, type LogThreshold } from './logger.js';
import type { QuotaSettings } from './quota-settings.js';
import { defaultHome } from './xdg.js';

export interface DaemonConfig {
  /** @default $XDG_DATA_HOME/hearsay, else ~/.local/share/hearsay */
  readonly home: string;
  /** The first account's nickname. @default what the identity says; on the first start the system's user name */
  readonly nick: string | undefined;
  /** Where neighbours connect (TCPCLv4). @default [::]:4556 */
  readonly tcpcl: HostPort;
  /** Whether links are encrypted, and neighbours have to prove who they are: docs/protocol/links.md. @default offer */
  readonly tls: TlsPolicy;
  /** A file of certificates whose owners are believed about the node ids of foreign nodes. @default none */
  readonly tlsAuthorities: string | undefined;
  /** Neighbours to dial, beside those that are discovered. @default none */
  readonly peers: readonly HostPort[];
  /** How neighbours are looked for. @default in every way */
  readonly discovery: DiscoverySettings;
  /** Where chat clients connect. @default 127.0.0.1:5222 */
  readonly xmpp: HostPort;
  /** The domain of this mesh's JIDs. @default mesh.localhost */
  readonly domain: string;
  /** Bytes that the store may hold. @default 512 MiB */
  readonly quotaBytes: number;
  /** Who may take how much of it, where that differs from docs/custody.md. @default nowhere */
  readonly quotas: QuotaSettings;
  /** How bundles find their way: docs/protocol/routing.md. @default utility */
  readonly strategy: StrategyChoice;
  /** @default none */
  readonly readyFile: string | undefined;
  /** @default info */
  readonly logLevel: LogThreshold;
  /** For demonstrations and tests that squeeze hours into seconds; no flag sets it. */
  readonly timing: DaemonTiming;
}

export interface DaemonTiming extends EngineTiming {
  /** Stretches (or squeezes) how fast presence confidence ages. @default 1 */
  readonly presenceTimeScale: number;
}

const MIB = 1024 * 1024;

/** Written out here, so that a look at the help loads no sockets; the type keeps it complete. */
export const TLS_POLICIES: readonly TlsPolicy[] = ['off', 'offer', 'require'];

export const DEFAULT_TIMING: DaemonTiming = {
  messageLifetimeMs: 14 * DAY_MS,
  beaconIntervalMs: 10 * MINUTE_MS,
  beaconGapMs: 5 * SECOND_MS,
  presenceCheckMs: 30 * SECOND_MS,
  presenceTimeScale: 1,
};

export const DEFAULT_TCPCL: HostPort = { host: '::', port: 4556 };
export const DEFAULT_XMPP: HostPort = { host: '127.0.0.1', port: 5222 };
export const DEFAULT_DOMAIN = 'mesh.localhost';
export const DEFAULT_QUOTA_BYTES = 512 * MIB;

/** The same bound as a profile's (people/), repeated so that a look at the help loads no cryptography; a test compares. */
export const MAX_NICK_BYTES = 64;

/** A smaller store could not hold one large message and its receipt. */
const MIN_QUOTA_BYTES = 16 * MIB;

/** @param settings what flags and file said; later ones win. */
export function daemonConfig(...settings: readonly Partial<DaemonConfig>[]): DaemonConfig {
  const defaults: DaemonConfig = {
    home: defaultHome(),
    nick: undefined,
    tcpcl: DEFAULT_TCPCL,
    tls: 'offer',
    tlsAuthorities: undefined,
    peers: [],
    discovery: EVERY_WAY,
    xmpp: DEFAULT_XMPP,
    domain: DEFAULT_DOMAIN,
    quotaBytes: DEFAULT_QUOTA_BYTES,
    quotas: {},
    strategy: DEFAULT_STRATEGY,
    readyFile: undefined,
    logLevel: 'info',
    timing: DEFAULT_TIMING,
  };
  return Object.assign(defaults, ...settings);
}

/**
 * Values as people write them. Each throws `ERR_CONFIG` (or `ERR_HOST_PORT`) with a message that reads on after the
 * name of what was set.
 */
export const parseSetting = {
  /** A nickname travels in the person's profile, which bounds it. */
  nick(text: string): string {
    const nick = text.trim();
    const length = utf8(nick).length;
    if (length === 0 || length > MAX_NICK_BYTES) {
      throw refuse(`a nickname has 1 to ${MAX_NICK_BYTES} bytes, and this one has ${length}`);
    }
    return nick;
  },

  listen: (text: string): HostPort => parseHostPort(text),

  peer(text: string): HostPort {
    const peer = parseHostPort(text);
    if (peer.port === 0) throw refuse('port 0 can be listened on, but not dialled');
    return peer;
  },

  /** `512 MiB`, `2GiB`, `800 MB`, or plain bytes. */
  size(text: string): number {
    const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text.trim());
    if (match?.[1] === undefined) throw refuse(`"${printable(text)}" is not a size; write it as in 512 MiB`);
    const power = ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase());
    return Math.round(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** power);
  },

  /** A {@link size} that is enough for a store. */
  quota(text: string): number {
    const bytes = parseSetting.size(text);
    if (bytes < MIN_QUOTA_BYTES)
      throw refuse(`${printable(text)} is too little; the least is ${MIN_QUOTA_BYTES / MIB} MiB`);
    return bytes;
  },

  domain(text: string): string {
    const domain = text.toLowerCase();
    const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
    if (domain.length > 253 || !new RegExp(`^${label}(?:\\.${label})*$`).test(domain)) {
      throw refuse(`"${printable(text)}" is not a domain name`);
    }
    return domain;
  },

  strategy(name: string, parameters: Readonly<Record<string, ParameterValue>> = {}): StrategyChoice {
    const choice = { name, parameters };
    try {
      strategyFor(choice);
    } catch (error) {
      throw refuse(messageOf(error));
    }
    return choice;
  },

  tls(text: string): TlsPolicy {
    const policy = TLS_POLICIES.find((known) => known === text);
    if (policy === undefined) throw refuse(`"${printable(text)}" is not one of ${TLS_POLICIES.join(', ')}`);
    return policy;
  },

  logLevel(text: string): LogThreshold {
    const level = LOG_THRESHOLDS.find((known) => known === text);
    if (level === undefined) throw refuse(`"${printable(text)}" is not one of ${LOG_THRESHOLDS.join(', ')}`);
    return level;
  },
};

function refuse(message: string): HearsayError {
  return new HearsayError('ERR_CONFIG', message);
}
