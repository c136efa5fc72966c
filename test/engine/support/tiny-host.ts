/** The smallest host an engine can have: a disk that syncs when told to, a clock set by hand, every action on record. */
import { DAY_MS, type Now, SILENT, seededRandom, steadyMs, toHex, wallTimeMs } from '../../../src/base/index.js';
import { type Bundle, type BundleKey, bundleKeyOf, decodeBundle, encodeBundle } from '../../../src/bundle/index.js';
import type { AccountEvent } from '../../../src/chat/index.js';
import { boxKeyPairFromSeed, sha256, signingKeyFromSeed } from '../../../src/crypto/index.js';
import {
  type Command,
  Engine,
  type EngineAction,
  type EngineConfig,
  type EngineEvent,
  type LocalPersonKeys,
} from '../../../src/engine/index.js';
import { LocalPerson } from '../../../src/engine/local-person.js';
import { epidemic } from '../../../src/gossip/index.js';
import { encodeProfile, nodeIdOf, type PersonId, PROFILE_ENDPOINT } from '../../../src/people/index.js';
import { ageingModel } from '../../../src/presence/index.js';
import { type MemoryStore, memoryStore } from '../../../src/store/index.js';

export const DOMAIN = 'mesh.test';
export const START = Date.UTC(2027, 0, 1);

function seedOf(name: string): Uint8Array {
  return sha256(new TextEncoder().encode(name));
}

/** Keys made from a name. */
export function keysOf(name: string, device = 'first'): LocalPersonKeys {
  return {
    personKey: signingKeyFromSeed(seedOf(`${name} person`)),
    deviceKey: signingKeyFromSeed(seedOf(`${name} ${device} device`)),
    box: boxKeyPairFromSeed(seedOf(`${name} ${device} box`)),
    nickname: name,
  };
}

export function nodeKeyOf(name: string): ReturnType<typeof signingKeyFromSeed> {
  return signingKeyFromSeed(seedOf(`${name} node`));
}

/** Somebody far away who makes bundles. */
export class Stranger {
  readonly local: LocalPerson;
  readonly keys: LocalPersonKeys;
  readonly name: string;
  #sequence = 0;

  constructor(name: string, device?: string) {
    this.name = name;
    this.keys = keysOf(name, device);
    this.local = new LocalPerson(this.keys);
  }

  get id(): PersonId {
    return this.local.id;
  }

  bundle(spec: Partial<Parameters<LocalPerson['makeBundle']>[0]>): Bundle {
    this.#sequence += 1;
    return this.local.makeBundle({
      destination: PROFILE_ENDPOINT,
      payload: new Uint8Array(0),
      lifetimeMs: DAY_MS,
      creation: { time: 0, sequence: this.#sequence },
      ...spec,
    });
  }

  profile(version: number, change: { nickname?: string; boxKey?: Uint8Array; lifetimeMs?: number } = {}): Uint8Array {
    const payload = encodeProfile({
      nickname: change.nickname ?? this.name,
      boxKey: change.boxKey ?? this.local.box.publicKey,
      node: nodeIdOf(nodeKeyOf(this.name).publicKey),
    });
    const lifetimeMs = change.lifetimeMs ?? DAY_MS;
    return encodeBundle(
      this.bundle({ destination: PROFILE_ENDPOINT, payload, lifetimeMs, topic: { name: 'profile', version } }),
    );
  }
}

export function keyOf(bytes: Uint8Array): BundleKey {
  return bundleKeyOf(decodeBundle(bytes));
}

interface PendingCommit {
  readonly token: number;
  readonly ops: Extract<EngineAction, { type: 'commit' }>['ops'];
  readonly done: Promise<unknown>;
  readonly fails: boolean;
}

export interface TinyHostOptions {
  readonly people?: readonly LocalPersonKeys[];
  readonly config?: Partial<EngineConfig>;
  readonly wallTrusted?: boolean;
  readonly seed?: number;
}

export class TinyHost {
  engine!: Engine;
  readonly config: EngineConfig;
  /** Since the last {@link take}. */
  #actions: EngineAction[] = [];
  #store: MemoryStore;
  #pending: PendingCommit[] = [];
  #reads: Extract<EngineAction, { type: 'read-bundles' }>[] = [];
  #failNext = false;
  #nextTransfer = 1;
  #nextRequest = 1;
  readonly #wallTrusted: boolean;
  steady = START;
  wallError = 0;
  readonly events: AccountEvent[] = [];

  private constructor(options: TinyHostOptions) {
    const random = seededRandom(options.seed ?? 1);
    this.#wallTrusted = options.wallTrusted ?? true;
    this.config = {
      nodeKey: nodeKeyOf('here'),
      people: options.people ?? [keysOf('ana')],
      domain: DOMAIN,
      quotaBytes: 16 * 1024 * 1024,
      random,
      log: SILENT,
      strategy: epidemic,
      presenceModel: ageingModel(),
      timing: {
        messageLifetimeMs: 14 * DAY_MS,
        beaconIntervalMs: 600_000,
        beaconGapMs: 5_000,
        presenceCheckMs: 30_000,
      },
      ...options.config,
    };
    this.#store = memoryStore(random, { sync: 'when-settled' });
  }

  static async start(options: TinyHostOptions = {}): Promise<TinyHost> {
    const host = new TinyHost(options);
    await host.boot();
    return host;
  }

  async boot(): Promise<void> {
    this.engine = new Engine(this.config, await this.#store.load());
    this.feed({ type: 'start' });
    await this.settle();
  }

  /** The power fails now; the laptop is started again. */
  async crash(): Promise<void> {
    this.#store = this.#store.crash();
    this.#pending = [];
    this.#reads = [];
    this.#actions = [];
    await this.boot();
  }

  now(): Now {
    return {
      steady: steadyMs(this.steady),
      wall: wallTimeMs(this.steady + this.wallError),
      wallTrusted: this.#wallTrusted,
    };
  }

  get me(): PersonId {
    return this.engine.people[0]?.personId as PersonId;
  }

  get unsettled(): number {
    return this.#pending.length;
  }

  feed(event: EngineEvent): void {
    for (const action of this.engine.handle(event, this.now())) {
      if (action.type === 'commit') this.#commit(action);
      else if (action.type === 'read-bundles') this.#reads.push(action);
      else {
        if (action.type === 'notify') this.events.push(action.event);
        this.#actions.push(action);
      }
    }
  }

  #commit({ token, ops }: Extract<EngineAction, { type: 'commit' }>): void {
    const fails = this.#failNext;
    this.#failNext = false;
    if (fails) this.#store.failNext();
    const done = this.#store.commit(ops).then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#pending.push({ token, ops, done, fails });
  }

  /** The next commit that the engine asks for will be refused by the disk. */
  failNext(): void {
    this.#failNext = true;
  }

  /** Brings the oldest commits to disk, reads what is to be read, and tells the engine. @default until nothing waits */
  async settle(count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let i = 0; i < count; i++) {
      const commit = this.#pending.shift();
      if (commit === undefined && this.#reads.length === 0) return;
      if (commit === undefined) {
        await this.#readNext();
        continue;
      }
      if (!commit.fails) this.#store.settle(1);
      const error = await commit.done;
      if (error === undefined) this.feed({ type: 'committed', token: commit.token });
      else this.feed({ type: 'commit-failed', token: commit.token, error });
    }
  }

  async #readNext(): Promise<void> {
    const read = this.#reads.shift();
    if (read === undefined) return;
    const bundles = await Promise.all(read.keys.map((key) => this.#store.read(key)));
    this.feed({ type: 'bundles-read', message: read.message, bundles });
  }

  /** What the engine wanted done since the last time, without the commits. */
  take(): readonly EngineAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  takeOf<Type extends EngineAction['type']>(type: Type): readonly Extract<EngineAction, { type: Type }>[] {
    return this.take().filter((action): action is Extract<EngineAction, { type: Type }> => action.type === type);
  }

  /** A bundle comes over a link. @returns what it is answered with once all is on disk. */
  async receive(bytes: Uint8Array, link = 1): Promise<string> {
    const transfer = this.begin(bytes, link);
    await this.settle();
    return this.answerTo(transfer) ?? 'none';
  }

  begin(bytes: Uint8Array, link = 1): number {
    const transfer = this.#nextTransfer++;
    this.feed({ type: 'bundle', link, transfer, bytes, tookMs: 0 });
    return transfer;
  }

  /** Looks through the actions on record without taking them. */
  answerTo(transfer: number): string | undefined {
    for (const action of this.#actions) {
      if (action.type === 'accept' && action.transfer === transfer) return 'accept';
      if (action.type === 'refuse' && action.transfer === transfer) return action.reason;
    }
    return undefined;
  }

  begun(command: Command, person = this.me): number {
    const request = this.#nextRequest++;
    this.feed({ type: 'command', request, person, command });
    return request;
  }

  replyTo(request: number): Extract<EngineAction, { type: 'reply' }>['result'] | undefined {
    for (const action of this.#actions) if (action.type === 'reply' && action.request === request) return action.result;
    return undefined;
  }

  async command(command: Command, person = this.me): Promise<unknown> {
    const request = this.begun(command, person);
    await this.settle();
    const result = this.replyTo(request);
    if (result === undefined) throw new Error('no reply');
    if (!result.ok) throw result.error;
    return result.value;
  }

  async pass(ms: number): Promise<void> {
    this.steady += ms;
    this.feed({ type: 'wake' });
    await this.settle();
  }

  /** The bytes of a stored bundle. */
  async read(key: BundleKey): Promise<Uint8Array | undefined> {
    return this.#store.read(key);
  }

  /** All that the disk has, as text. */
  async disk(): Promise<string> {
    const snapshot = await this.#store.load();
    const records = [...snapshot.records].map(([space, values]) => [
      space,
      [...values].map(([key, value]) => [key, toHex(value)]).sort(),
    ]);
    return JSON.stringify([
      [...snapshot.entries].map(({ key }) => key).sort(),
      [...snapshot.seen].map(({ key, reason }) => [key, reason]).sort(),
      records.sort(),
    ]);
  }
}
