/** `hearsay start`: settings in, a running node until a signal, a clean stop. */
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import {
  type DaemonConfig,
  daemonConfig,
  defaultHome,
  EVERY_WAY,
  formatHostPort,
  type HostPort,
  NO_DISCOVERY,
  type NodeStatus,
  type RunningNode,
  readConfigFile,
  startDaemon,
} from '../daemon/index.js';
import type { CliIo } from './io.js';
import { plural } from './table.js';

/** As commander hands them over; undefined is "not said". */
export interface StartFlags {
  readonly home?: string;
  readonly config?: string;
  readonly nick?: string;
  readonly tcpcl?: DaemonConfig['tcpcl'];
  readonly tls?: DaemonConfig['tls'];
  readonly peer?: DaemonConfig['peers'];
  readonly discovery?: boolean | undefined;
  readonly xmpp?: DaemonConfig['xmpp'];
  readonly domain?: string;
  readonly quota?: number;
  readonly readyFile?: string;
  readonly logLevel?: DaemonConfig['logLevel'];
  readonly quiet?: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A stop takes less than 2 s, whatever hangs; what was promised is on disk long before. */
const STOP_DEADLINE_MS = 1800;
/** Ctrl-C under `npm start` arrives twice, from the terminal and from npm: only a later one is impatience. */
const SAME_SIGNAL_MS = 500;
const FAILED = 1;

/** @returns 0 after a clean stop, 1 when the node failed or could not stop in time. */
export async function runStart(
  flags: StartFlags,
  io: CliIo,
  start: (config: DaemonConfig) => Promise<RunningNode> = startDaemon,
): Promise<number> {
  const signal = firstSignal();
  const node = await start(await settingsOf(flags));
  if (flags.quiet !== true) io.out(welcome(node, io.screen !== undefined));
  const ended = await Promise.race([signal, node.failed]);
  if (ended instanceof Error) io.err(`hearsay: the node stopped: ${ended.message}\n`);
  else if (flags.quiet !== true) io.out('\nStopping.\n');
  const stopped = await withinDeadline(node.stop());
  if (!stopped) io.err('hearsay: something did not stop in time; leaving it\n');
  return ended instanceof Error || !stopped ? FAILED : 0;
}

/** Flags win over the file, the file over the defaults. */
export async function settingsOf(flags: StartFlags): Promise<DaemonConfig> {
  return daemonConfig(flags.config === undefined ? {} : await readConfigFile(flags.config), fromFlags(flags));
}

function fromFlags(flags: StartFlags): Partial<DaemonConfig> {
  const said: { readonly [Key in Exclude<keyof DaemonConfig, 'timing'>]: DaemonConfig[Key] | undefined } = {
    home: flags.home,
    nick: flags.nick,
    tcpcl: flags.tcpcl,
    tls: flags.tls,
    tlsAuthorities: undefined,
    strategy: undefined,
    peers: flags.peer,
    discovery: flags.discovery === undefined ? undefined : flags.discovery ? EVERY_WAY : NO_DISCOVERY,
    xmpp: flags.xmpp,
    domain: flags.domain,
    quotaBytes: flags.quota,
    quotas: undefined,
    readyFile: flags.readyFile,
    logLevel: flags.logLevel ?? (flags.quiet === true ? 'warn' : undefined),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** @param onTerminal elsewhere the text may end up in a log, which must hold no password. */
export function welcome(
  node: Pick<RunningNode, 'report' | 'nick' | 'home' | 'isNew' | 'status'>,
  onTerminal: boolean,
): string {
  const { report, nick, home, isNew } = node;
  return `
${isNew ? `Welcome, ${nick}. A new identity was made for you` : `Hello again, ${nick}. Your identity`} (kept in ${home}).

  you        ${report.jid}
  person id  ${report.personId}
  this node  ${report.nodeId}

Point a chat client (any XMPP client) at ${formatHostPort(report.xmpp)}:
  address    ${report.jid}
  password   ${onTerminal ? report.password : `not shown outside a terminal; see: ${lookAt(home)} --password`}

${found(node.status())}

Neighbours reach this node at ${reachableAt(report.tcpcl)}. Stop it with Ctrl-C; look at it with: ${lookAt(home)}
`;
}

/** Addresses that a neighbour can dial: "everywhere" is none. */
function reachableAt(tcpcl: HostPort): string {
  if (tcpcl.host !== '::' && tcpcl.host !== '0.0.0.0') return formatHostPort(tcpcl);
  const addresses = Object.values(networkInterfaces())
    .flatMap((network) => network ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => formatHostPort({ host: address, port: tcpcl.port }));
  return addresses.length === 0 ? `port ${tcpcl.port}, on any network it joins` : addresses.join(', ');
}

/** What the home held, and who is near already. */
function found({ store, inbox, contacts, neighbours }: NodeStatus): string {
  const parts = [
    plural(store.bundles, 'bundle'),
    plural(contacts.length, 'contact'),
    plural(neighbours.length, 'neighbour'),
  ];
  const unread = inbox === 0 ? '' : ` ${plural(inbox, 'message')} waiting for a chat client.`;
  return `Found ${parts.join(', ')}.${unread}`;
}

/** What works as it stands: after `npm start`, the command is not on the PATH. */
function lookAt(home: string): string {
  const command = process.env.npm_execpath === undefined ? 'hearsay' : 'npx hearsay';
  if (home === resolve(defaultHome())) return `${command} status`;
  return `${command} status --home ${/^[\w./-]+$/.test(home) ? home : `'${home}'`}`;
}

/** A second signal means: now. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const name of SIGNALS) {
      process.on(name, () => {
        firstAt ??= performance.now();
        if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(FAILED);
        resolve(name);
      });
    }
  });
}

async function withinDeadline(work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), STOP_DEADLINE_MS);
  });
  const stopped = await Promise.race([work.then(() => true), deadline]);
  clearTimeout(timer);
  return stopped;
}
