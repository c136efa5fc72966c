/** The composition root: a home and a config in, a running node out. */
import { type Logger, messageOf } from '../base/index.js';
import { signingKeyFromSeed } from '../crypto/index.js';
import { nodeIdOf, personIdOf, shortJid } from '../people/index.js';
import { SteadyClock } from './clock.js';
import type { DaemonConfig } from './config.js';
import { serveControl } from './control.js';
import { claimControlPath, releaseControlPath } from './control-path.js';
import { openHome } from './home.js';
import { loadOrCreateIdentity } from './identity-file.js';
import { refuseIfRunning } from './lock.js';
import { createLogger } from './logger.js';
import { osRandom } from './random.js';
import { type ReadyReport, removeReadyFile, writeReadyFile } from './ready-file.js';
import type { RunningNode } from './running-node.js';

export async function startNode(config: DaemonConfig): Promise<RunningNode> {
  const log = createLogger({ threshold: config.logLevel });
  const undo = new Undo(log);
  try {
    return await compose(config, log, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function compose(config: DaemonConfig, log: Logger, undo: Undo): Promise<RunningNode> {
  const home = await openHome(config.home, log);
  await refuseIfRunning(home);
  const { readyFile } = config;
  if (readyFile !== undefined) await removeReadyFile(readyFile);
  const { identity, created } = await loadOrCreateIdentity(home, { random: osRandom, log, nick: config.nick });
  const clock = await SteadyClock.open(home.clockFile, log);
  undo.add('clock', () => clock.close());
  const account = identity.accounts[0];
  const person = personIdOf(signingKeyFromSeed(account.personSeed).publicKey);
  const report: ReadyReport = {
    personId: person,
    nodeId: nodeIdOf(signingKeyFromSeed(identity.nodeSeed).publicKey),
    jid: shortJid(account.nick, person, config.domain),
    password: account.password,
    xmpp: config.xmpp,
    tcpcl: config.tcpcl,
  };
  const control = await serveControl(await claimControlPath(home), {}, log);
  undo.add('control path', () => releaseControlPath(home));
  undo.add('control socket', () => control.close());
  if (readyFile !== undefined) {
    await writeReadyFile(readyFile, report);
    undo.add('ready file', () => removeReadyFile(readyFile));
  }
  return {
    report,
    nick: account.nick,
    home: home.root,
    isNew: created,
    failed: new Promise(() => undefined),
    stop: () => undo.run(),
  };
}

/** What was started, taken down in reverse; one that fails does not keep the others up. */
class Undo {
  readonly #steps: { readonly name: string; readonly undo: () => Promise<void> }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, undo: () => Promise<void>): void {
    this.#steps.push({ name, undo });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name } = step;
      await step.undo().catch((error) => this.#log.error(`${name} did not stop`, { error: messageOf(error) }));
    }
  }
}
