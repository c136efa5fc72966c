/** The composition root: a home and a config in, a running node out. */
import { HearsayError, type Logger, messageOf } from '../base/index.js';
import { formatEid } from '../bundle/index.js';
import {
  createNeighbourhood,
  type LinkSecurity,
  type Neighbourhood,
  systemTimers,
  watchedNetworks,
} from '../link/index.js';
import { nodeEid } from '../people/index.js';
import { SCRAM_ITERATIONS, scramCredentials, startXmppServer, type XmppServer } from '../xmpp-adapter/index.js';
import { HostAccount } from './account.js';
import type { SteadyClock } from './clock.js';
import type { DaemonConfig } from './config.js';
import { serveControl } from './control.js';
import { controlHandlers, nodeStatus } from './control-handlers.js';
import { claimControlPath, releaseControlPath } from './control-path.js';
import { openCore } from './core.js';
import { openDiscovery } from './discovery.js';
import type { EngineHost } from './engine-host.js';
import type { Home } from './home.js';
import type { AccountSecrets } from './identity-file.js';
import { linkSecurity } from './link-security.js';
import { createLogger } from './logger.js';
import { osRandom } from './random.js';
import { type ReadyReport, removeReadyFile, writeReadyFile } from './ready-file.js';
import type { RunningNode, Surroundings } from './running-node.js';
import { StickDesk } from './stick-desk.js';
import { loadOrCreateCertificate } from './tls-files.js';
import { Undo } from './undo.js';
import { packageVersion } from './version.js';

/** How long the sign-off may take to leave over the links that stand. */
const SIGN_OFF_MS = 200;

export async function startNode(config: DaemonConfig, surroundings: Surroundings): Promise<RunningNode> {
  const log = createLogger({ threshold: config.logLevel });
  const undo = new Undo(log);
  try {
    return await compose(config, surroundings, log, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function compose(
  config: DaemonConfig,
  surroundings: Surroundings,
  log: Logger,
  undo: Undo,
): Promise<RunningNode> {
  const startedAt = performance.now();
  const { home, identity, created, clock, engine, host } = await openCore(config, log, undo);
  const owner = identity.accounts[0];
  const { readyFile } = config;
  const [person] = engine.people;
  if (person === undefined) throw new HearsayError('ERR_IDENTITY', 'the identity file names nobody');
  const account = new HostAccount(host, person);
  const xmpp = await startXmpp(config, { log, home, clock, account, secrets: owner });
  undo.add('xmpp', () => xmpp.stop());
  const security = await linkSecurity(config, { home, nodeSeed: identity.nodeSeed, clock, log });
  const neighbourhood = await startLinks(config, { log, home, host, security, surroundings, undo });
  undo.add('links', () => neighbourhood.stop());
  undo.add('sign-off', async () => {
    await host.signOff();
    if (neighbourhood.sessions().length > 0) await new Promise((resolve) => setTimeout(resolve, SIGN_OFF_MS));
  });

  const report: ReadyReport = {
    personId: person.personId,
    nodeId: engine.node,
    jid: person.jid,
    password: owner.password,
    xmpp: xmpp.address,
    tcpcl: neighbourhood.listening ?? config.tcpcl,
  };
  const desk = new StickDesk(host, log);
  undo.add('stick', () => desk.close());
  const { discovery } = config;
  const controlParts = { host, account, report, discovery, home: home.root, startedAt, version: packageVersion() };
  const control = await serveControl(
    await claimControlPath(home),
    { ...controlHandlers(controlParts), ...desk.handlers() },
    log,
  );
  undo.add('control path', () => releaseControlPath(home));
  undo.add('control socket', () => control.close());
  if (readyFile !== undefined) {
    await writeReadyFile(readyFile, report);
    undo.add('ready file', () => removeReadyFile(readyFile));
  }
  return {
    report,
    nick: owner.nick,
    home: home.root,
    isNew: created,
    account,
    status: () => nodeStatus(controlParts),
    failed: new Promise(() => undefined),
    stop: () => undo.run(),
  };
}

interface XmppParts {
  readonly log: Logger;
  readonly home: Home;
  readonly clock: SteadyClock;
  readonly account: HostAccount;
  readonly secrets: AccountSecrets;
}

async function startXmpp(config: DaemonConfig, parts: XmppParts): Promise<XmppServer> {
  const { log, account, secrets } = parts;
  const { domain } = config;
  const tls = await loadOrCreateCertificate(parts.home, { domain, now: parts.clock.now().wall, log });
  const credentials = scramCredentials(secrets.password, secrets.scramSalt, SCRAM_ITERATIONS);
  const localparts: ReadonlySet<string> = new Set([account.jid.split('@')[0] ?? '', account.personId]);
  return listening('--xmpp', config.xmpp, () =>
    startXmppServer({
      listen: config.xmpp,
      domain,
      accounts: (localpart) => (localparts.has(localpart) ? { account, credentials } : undefined),
      tls,
      log,
      random: osRandom,
      timers: systemTimers(),
      softwareVersion: packageVersion(),
    }),
  );
}

interface LinkParts {
  readonly log: Logger;
  readonly home: Home;
  readonly host: EngineHost;
  readonly security: LinkSecurity | undefined;
  readonly surroundings: Surroundings;
  readonly undo: Undo;
}

async function startLinks(
  config: DaemonConfig,
  { log, home, host, security, surroundings, undo }: LinkParts,
): Promise<Neighbourhood> {
  const timers = systemTimers();
  const { transport } = surroundings;
  const discovery = surroundings.discovery ?? (await openDiscovery(config.discovery, { home, timers, log, undo }));
  const neighbourhood = createNeighbourhood({
    nodeEid: formatEid(nodeEid(host.engine.node)),
    listen: config.tcpcl,
    peers: config.peers,
    ...(security === undefined ? {} : { security }),
    ...(discovery === undefined ? {} : { discovery }),
    ...(transport === undefined ? { networks: watchedNetworks(timers) } : { transport }),
    events: host.linkEvents,
    log,
    timers,
    random: osRandom,
  });
  await listening('--tcpcl', config.tcpcl, () => neighbourhood.start());
  return neighbourhood;
}

/** @throws HearsayError `ERR_LISTEN` that says which flag would help. */
async function listening<T>(
  flag: string,
  { host, port }: { readonly host: string; readonly port: number },
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw new HearsayError(
      'ERR_LISTEN',
      `can't listen on ${host} port ${port}: ${messageOf(error)}. Choose another with ${flag} HOST:PORT (port 0 picks a free one).`,
      { cause: error },
    );
  }
}
