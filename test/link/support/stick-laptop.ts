/** A laptop with a real engine and its real host, but no network: all that reaches it comes on a stick. */
import { onTestFinished } from 'vitest';
import { DAY_MS, type Now, type Random, SILENT, seededRandom, steadyMs, wallTimeMs } from '../../../src/base/index.js';
import type { InboxMessage, SentMessage } from '../../../src/chat/index.js';
import { EngineHost } from '../../../src/daemon/engine-host.js';
import { Engine } from '../../../src/engine/index.js';
import { epidemic } from '../../../src/gossip/index.js';
import { type VisitOptions, type VisitReport, visitStick } from '../../../src/link/sneakernet/visit.js';
import type { PersonId } from '../../../src/people/index.js';
import { ageingModel } from '../../../src/presence/index.js';
import { type MemoryStore, memoryStore } from '../../../src/store/index.js';
import { DOMAIN, keysOf, nodeKeyOf, START } from '../../engine/support/tiny-host.js';
import type { MemoryStick } from './memory-stick.js';

/** Time in the village; each laptop's clock may be off. */
export interface VillageTime {
  now: number;
}

export interface LaptopOptions {
  readonly clockErrorMs?: number;
  readonly wallTrusted?: boolean;
  readonly quotaBytes?: number;
}

export class StickLaptop {
  readonly host: EngineHost;
  readonly store: MemoryStore;
  readonly person: PersonId;
  readonly #random: Random;

  private constructor(host: EngineHost, store: MemoryStore, random: Random, person: PersonId) {
    this.host = host;
    this.store = store;
    this.#random = random;
    this.person = person;
  }

  static async start(name: string, time: VillageTime, options: LaptopOptions = {}): Promise<StickLaptop> {
    const random = seededRandom(name.length * 1000 + name.charCodeAt(0));
    const store = memoryStore(random);
    const now = (): Now => ({
      steady: steadyMs(time.now),
      wall: wallTimeMs(time.now + (options.clockErrorMs ?? 0)),
      wallTrusted: options.wallTrusted ?? true,
    });
    const engine = new Engine(
      {
        nodeKey: nodeKeyOf(name),
        people: [keysOf(name)],
        domain: DOMAIN,
        quotaBytes: options.quotaBytes ?? 64 * 1024 * 1024,
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
      },
      await store.load(),
    );
    const host = new EngineHost({ engine, store, now, log: SILENT });
    await host.start();
    onTestFinished(() => host.stop());
    const person = engine.people[0]?.personId as PersonId;
    return new StickLaptop(host, store, random, person);
  }

  get jid(): string {
    return this.host.engine.jidOf(this.person);
  }

  get inbox(): readonly InboxMessage[] {
    return this.host.engine.inbox(this.person);
  }

  get sent(): readonly SentMessage[] {
    return this.host.engine.sent(this.person);
  }

  write(to: StickLaptop, body: string): Promise<SentMessage> {
    return this.host.request(this.person, { command: 'send', message: { to: to.jid, body } });
  }

  /** Takes and gives, unless told otherwise. */
  visit(stick: MemoryStick, options: Partial<VisitOptions> = {}): Promise<VisitReport> {
    return visitStick(stick, 'the stick', this.host, { take: true, give: true, random: this.#random, ...options });
  }
}

export function villageTime(): VillageTime {
  return { now: START };
}
