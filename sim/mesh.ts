/**
 * A mesh in memory on virtual time: N engines, contacts by script, one seed, one result.
 *
 * The seed of the simulator (architecture §8): the very engine that laptops run, with this as its host.
 */
import { type Random, type SteadyMs, seededRandom, steadyMs } from '../src/base/index.js';
import { Contact, type ContactOptions } from './contact.js';
import { SimNode, type SimNodeOptions } from './sim-node.js';
import { VirtualTime } from './virtual-time.js';

export interface MeshOptions {
  readonly seed: number;
  /** Where virtual time begins, also as Unix time. @default 2027-01-01T00:00:00Z */
  readonly start?: number;
}

const DEFAULT_START = Date.UTC(2027, 0, 1);

export class Mesh {
  readonly time: VirtualTime;
  readonly #random: Random;
  readonly #nodes = new Map<string, SimNode>();
  readonly #contacts: { readonly contact: Contact; readonly ends: readonly [SimNode, SimNode] }[] = [];

  constructor(options: MeshOptions) {
    this.time = new VirtualTime(steadyMs(options.start ?? DEFAULT_START));
    this.#random = seededRandom(options.seed);
  }

  get nodes(): readonly SimNode[] {
    return [...this.#nodes.values()];
  }

  async addNode(name: string, options: Partial<SimNodeOptions> = {}): Promise<SimNode> {
    const own = seededRandom(Math.floor(this.#random.unit() * 0x1_0000_0000));
    const node = new SimNode(name, this.time, own, { nickname: name, ...options });
    this.#nodes.set(name, node);
    await node.start();
    return node;
  }

  /** Puts two laptops into reach of each other now, until {@link part} or the time given. */
  async meet(a: SimNode, b: SimNode, options: ContactOptions & { readonly forMs?: number } = {}): Promise<Contact> {
    const contact = new Contact(this.time, a, b, options);
    this.#contacts.push({ contact, ends: [a, b] });
    if (options.forMs !== undefined) this.time.after(options.forMs, () => contact.cut());
    await contact.start();
    return contact;
  }

  /** Ends every contact between the two. */
  async part(a: SimNode, b: SimNode): Promise<void> {
    for (const { contact, ends } of this.#contacts) {
      if (ends.includes(a) && ends.includes(b)) await contact.cut();
    }
  }

  /** A crash takes the laptop's contacts with it: the other ends see them drop. */
  async crash(node: SimNode): Promise<void> {
    node.crash();
    for (const { contact, ends } of this.#contacts) if (ends.includes(node)) await contact.cut();
  }

  /** Lets `ms` of virtual time pass. */
  async run(ms: number): Promise<void> {
    await this.time.runUntil((this.time.now + ms) as SteadyMs);
  }
}
