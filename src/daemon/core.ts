/** What a home holds, brought to life: identity, clock, store and engine, and nothing yet that the world could reach. */
import { HearsayError, type Logger, steadyMs } from '../base/index.js';
import { boxKeyPairFromSeed, signingKeyFromSeed } from '../crypto/index.js';
import { Engine, type LocalPersonKeys } from '../engine/index.js';
import { strategyFor } from '../gossip/index.js';
import { ageingModel } from '../presence/index.js';
import { type CustodyStore, openLevelStore, quotasWith } from '../store/index.js';
import { SteadyClock } from './clock.js';
import type { DaemonConfig } from './config.js';
import { EngineHost } from './engine-host.js';
import { type Home, openHome } from './home.js';
import { type AccountSecrets, type Identity, loadOrCreateIdentity, renameAccount } from './identity-file.js';
import { homeBusy, refuseIfRunning } from './lock.js';
import { osRandom } from './random.js';
import { removeReadyFile } from './ready-file.js';
import type { Undo } from './undo.js';

export interface OpenCore {
  readonly home: Home;
  readonly identity: Identity;
  /** True when the identity was made just now. */
  readonly created: boolean;
  readonly clock: SteadyClock;
  readonly engine: Engine;
  /** Started. */
  readonly host: EngineHost;
}

/** @throws HearsayError `ERR_HOME`, `ERR_HOME_BUSY`, `ERR_IDENTITY`, `ERR_IDENTITY_LOST` and what the store throws. */
export async function openCore(config: DaemonConfig, log: Logger, undo: Undo): Promise<OpenCore> {
  const home = await openHome(config.home, log);
  await refuseIfRunning(home);
  if (config.readyFile !== undefined) await removeReadyFile(config.readyFile);
  const { identity: found, created } = await loadOrCreateIdentity(home, { random: osRandom, log, nick: config.nick });
  const store = await openStore(home, log);
  undo.add('store', () => store.close());
  // From here on the home is ours: the store's lock keeps every other process out.
  const clock = await SteadyClock.open(home.clockFile, log);
  undo.add('clock', () => clock.close());

  const identity = config.nick === undefined ? found : await renameAccount(home, found, config.nick);
  const snapshot = await store.load();
  // A clock record that was lost must not make what is stored look young: the line starts where the store ends.
  clock.advanceTo(steadyMs(snapshot.entries.reduce((latest, entry) => Math.max(latest, entry.receivedAt), 0)));
  const engine = new Engine(
    {
      nodeKey: signingKeyFromSeed(identity.nodeSeed),
      people: identity.accounts.map(keysOf),
      domain: config.domain,
      quotaBytes: config.quotaBytes,
      quotas: quotasWith(config.quotas),
      random: osRandom,
      log,
      strategy: strategyFor(config.strategy),
      presenceModel: ageingModel(config.timing.presenceTimeScale),
      timing: config.timing,
    },
    snapshot,
  );
  const host = new EngineHost({ engine, store, now: () => clock.now(), log });
  undo.add('engine', () => host.stop());
  await host.start();
  return { home, identity, created, clock, engine, host };
}

async function openStore(home: Home, log: Logger): Promise<CustodyStore> {
  try {
    return await openLevelStore(home.storeFolder, { random: osRandom, log });
  } catch (error) {
    // Two nodes that start at once both find nobody at the control socket; the store's lock lets only one in.
    if (error instanceof HearsayError && error.code === 'ERR_STORE_LOCKED') throw homeBusy(home);
    throw error;
  }
}

function keysOf(account: AccountSecrets): LocalPersonKeys {
  return {
    personKey: signingKeyFromSeed(account.personSeed),
    deviceKey: signingKeyFromSeed(account.deviceSeed),
    box: boxKeyPairFromSeed(account.boxSeed),
    nickname: account.nick,
  };
}
