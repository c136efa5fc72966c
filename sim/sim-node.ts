/** One laptop of a simulated mesh: an engine, a disk in memory, a clock that may be wrong. */
import { later, type Now, type Random, SILENT, wallTimeMs } from '../src/base/index.js';
import type { AccountEvent } from '../src/chat/index.js';
import { boxKeyPairFromSeed, signingKeyFromSeed } from '../src/crypto/index.js';
import {
  type Command,
  type CommandResult,
  Engine,
  type EngineAction,
  type EngineConfig,
  type EngineEvent,
  type EngineTiming,
  forLink,
  type Refusal,
} from '../src/engine/index.js';
import {
  DEFAULT_STRATEGY,
  type LinkId,
  type StrategyChoice,
  type StrategyFactory,
  strategyFor,
} from '../src/gossip/index.js';
import { type PersonId, personIdOf } from '../src/people/index.js';
import { ageingModel } from '../src/presence/index.js';
import { type MemoryStore, memoryStore, type StoreSnapshot } from '../src/store/index.js';
import type { Contact, Endpoint } from './contact.js';
import type { VirtualTime } from './virtual-time.js';

export interface SimNodeOptions {
  readonly nickname: string;
  /** How far the laptop's clock is off; negative is slow. @default 0 */
  readonly clockErrorMs?: number;
  /** Whether the laptop knows that its clock is wrong. @default false */
  readonly knowsClockIsWrong?: boolean;
  /** @default 64 MiB */
  readonly quotaBytes?: number;
  readonly timing?: Partial<EngineTiming>;
  /** @default the engine's */
  readonly chunkBytes?: number;
  /** A strategy by its name, with parameters, or what makes one. @default the daemon's */
  readonly strategy?: string | StrategyChoice | StrategyFactory;
}

export const DEFAULT_TIMING: EngineTiming = {
  messageLifetimeMs: 14 * 86_400_000,
  beaconIntervalMs: 600_000,
  beaconGapMs: 5_000,
  presenceCheckMs: 30_000,
};

/** What a receiver says to a bundle. */
export type Answer = 'acked' | Refusal;

/** How long the imagined disk takes to sync. */
const SYNC_MS = 5;

export class SimNode {
  readonly name: string;
  readonly person: PersonId;
  /** Everything that clients were told, oldest first. */
  readonly events: AccountEvent[] = [];
  readonly #time: VirtualTime;
  readonly #options: SimNodeOptions;
  readonly #config: EngineConfig;
  #store: MemoryStore;
  #engine: Engine | undefined;
  /** Counts starts: what an earlier run had scheduled does nothing. */
  #run = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #nextLink = 1;
  #nextTransfer = 1;
  #nextRequest = 1;
  readonly #links = new Map<LinkId, { contact: Contact; end: Endpoint }>();
  readonly #arrivals = new Map<number, (outcome: Answer) => void>();
  readonly #requests = new Map<number, (action: Extract<EngineAction, { type: 'reply' }>) => void>();

  constructor(name: string, time: VirtualTime, random: Random, options: SimNodeOptions) {
    this.name = name;
    this.#time = time;
    this.#options = options;
    const personKey = signingKeyFromSeed(random.bytes(32));
    this.person = personIdOf(personKey.publicKey);
    this.#config = {
      nodeKey: signingKeyFromSeed(random.bytes(32)),
      people: [
        {
          personKey,
          deviceKey: signingKeyFromSeed(random.bytes(32)),
          box: boxKeyPairFromSeed(random.bytes(32)),
          nickname: options.nickname,
        },
      ],
      domain: 'mesh.localhost',
      quotaBytes: options.quotaBytes ?? 64 * 1024 * 1024,
      random,
      log: SILENT,
      ...(options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes }),
      strategy: factoryOf(options.strategy ?? DEFAULT_STRATEGY),
      presenceModel: ageingModel(),
      timing: { ...DEFAULT_TIMING, ...options.timing },
    };
    this.#store = memoryStore(random);
  }

  get running(): boolean {
    return this.#engine !== undefined;
  }

  /** @throws Error while the laptop is off. */
  get engine(): Engine {
    if (this.#engine === undefined) throw new Error(`${this.name} is off`);
    return this.#engine;
  }

  get jid(): string {
    return this.engine.jidOf(this.person);
  }

  now(): Now {
    return {
      steady: this.#time.now,
      wall: wallTimeMs(this.#time.now + (this.#options.clockErrorMs ?? 0)),
      wallTrusted: this.#options.knowsClockIsWrong !== true,
    };
  }

  async start(): Promise<void> {
    this.#engine = new Engine(this.#config, await this.#store.load());
    this.#run += 1;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    await this.feed({ type: 'start' });
  }

  /** The power fails: everything in memory is gone, links drop, the disk stays as it was last synced. */
  crash(): void {
    this.#engine = undefined;
    this.#run += 1;
    this.#links.clear();
    this.#arrivals.clear();
    this.#requests.clear();
    this.#store = this.#store.crash();
  }

  /** The disk refuses what it is asked to write next. */
  failNextCommit(): void {
    this.#store.failNext();
  }

  /** What a start right now would find on the disk. */
  disk(): Promise<StoreSnapshot> {
    return this.#store.load();
  }

  async command(command: Command): Promise<CommandResult> {
    const request = this.#nextRequest++;
    const reply = new Promise<Extract<EngineAction, { type: 'reply' }>>((resolve) => {
      this.#requests.set(request, resolve);
    });
    await this.feed({ type: 'command', request, person: this.person, command });
    const { result } = await reply;
    if (!result.ok) throw result.error;
    return result.value;
  }

  async feed(event: EngineEvent): Promise<void> {
    if (this.#engine === undefined) return;
    for (const action of this.#engine.handle(event, this.now())) await this.#carryOut(action);
    this.#scheduleWake();
  }

  async linkUp(contact: Contact, end: Endpoint): Promise<void> {
    const link = this.#nextLink++;
    this.#links.set(link, { contact, end });
    end.link = link;
    await this.feed({ type: 'link-up', link, peerEid: `dtn://${contact.other(end).node.name}/`, gossip: true });
  }

  async linkDown(link: LinkId): Promise<void> {
    if (this.#links.delete(link)) await this.feed({ type: 'link-down', link });
  }

  /** A bundle has crossed the link, in `tookMs`; `answer` goes back to its sender. */
  async receiveBundle(
    link: LinkId,
    bytes: Uint8Array,
    tookMs: number,
    answer: (outcome: Answer) => void,
  ): Promise<void> {
    const transfer = this.#nextTransfer++;
    this.#arrivals.set(transfer, answer);
    await this.feed({ type: 'bundle', link, transfer, bytes, tookMs });
  }

  async #carryOut(action: EngineAction): Promise<void> {
    switch (action.type) {
      case 'commit':
        return this.#commit(action);
      case 'accept':
        return this.#answer(action.transfer, 'acked');
      case 'refuse':
        return this.#answer(action.transfer, action.reason);
      case 'send-frame': {
        const there = this.#links.get(action.link);
        return there?.contact.sendFrame(there.end, action.bytes);
      }
      case 'send-bundle':
        return this.#sendBundle(action);
      case 'read-bundles':
        return this.#readBundles(action);
      case 'close-link':
        return this.#links.get(action.link)?.contact.cut();
      case 'reply':
        this.#requests.get(action.request)?.(action);
        this.#requests.delete(action.request);
        return;
      case 'notify':
        this.events.push(action.event);
    }
  }

  #commit({ token, ops }: Extract<EngineAction, { type: 'commit' }>): void {
    const run = this.#run;
    this.#time.after(SYNC_MS, async () => {
      if (run !== this.#run) return;
      try {
        await this.#store.commit(ops);
      } catch (error) {
        return this.feed({ type: 'commit-failed', token, error });
      }
      return this.feed({ type: 'committed', token });
    });
  }

  #answer(transfer: number, outcome: Answer): void {
    this.#arrivals.get(transfer)?.(outcome);
    this.#arrivals.delete(transfer);
  }

  async #sendBundle(action: Extract<EngineAction, { type: 'send-bundle' }>): Promise<void> {
    const { link, entry } = action;
    const there = this.#links.get(link);
    const stored = await this.#store.read(entry.key);
    if (there === undefined || stored === undefined) return this.#sent(link, entry.key, 'cut');
    const bytes = forLink(stored, action, this.engine.node, this.#time.now);
    there.contact.sendBundle(there.end, bytes, (outcome) => this.#sent(link, entry.key, outcome));
  }

  async #readBundles({ message, keys }: Extract<EngineAction, { type: 'read-bundles' }>): Promise<void> {
    const bundles = await Promise.all(keys.map((key) => this.#store.read(key)));
    return this.feed({ type: 'bundles-read', message, bundles });
  }

  async #sent(
    link: LinkId,
    key: Extract<EngineEvent, { type: 'sent' }>['key'],
    outcome: Extract<EngineEvent, { type: 'sent' }>['outcome'],
  ): Promise<void> {
    if (this.#links.has(link)) await this.feed({ type: 'sent', link, key, outcome });
  }

  #scheduleWake(): void {
    const next = this.#engine?.nextWake();
    if (next === undefined || next >= this.#wakeAt) return;
    this.#wakeAt = next;
    const run = this.#run;
    this.#time.at(later(next, 0), async () => {
      if (run !== this.#run || this.#wakeAt !== next) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      await this.feed({ type: 'wake' });
    });
  }
}

function factoryOf(strategy: string | StrategyChoice | StrategyFactory): StrategyFactory {
  if (typeof strategy === 'function') return strategy;
  return strategyFor(typeof strategy === 'string' ? { name: strategy, parameters: {} } : strategy);
}
