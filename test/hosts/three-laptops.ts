/** Ana's laptop, Ben's, and the one that walks between them: never more than a cable, and Ana's and Ben's never meet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { Person } from './client.js';
import { Daemon, type Ended } from './daemon.js';
import { type Cable, Network } from './namespaces.js';

export type Host = 'ana' | 'walker' | 'ben';

/** The walker visits Ana. */
export const AT_ANAS: Cable = ['ana', 'walker'];
/** The walker visits Ben. */
export const AT_BENS: Cable = ['walker', 'ben'];

const PORT = 4556;

export interface Setting {
  /** How laptops find each other. */
  readonly find: 'by multicast DNS' | 'by --peer';
}

/** One laptop: its node can be killed and started again, its home stays. */
export class Laptop {
  readonly person: Person;
  readonly #start: (clock: string | undefined) => Promise<Daemon>;
  #daemon: Daemon | undefined;

  constructor(person: Person, start: (clock: string | undefined) => Promise<Daemon>) {
    this.person = person;
    this.#start = start;
  }

  get node(): Daemon {
    if (this.#daemon === undefined) throw new Error('this laptop was never switched on');
    return this.#daemon;
  }

  /** @param clock how far off the laptop's clock is, e.g. `-2y`. */
  async switchOn(clock?: string): Promise<Daemon> {
    this.#daemon = await this.#start(clock);
    return this.#daemon;
  }

  async kill(): Promise<void> {
    await this.#daemon?.kill();
  }

  stop(): Promise<Ended> {
    return this.node.stop();
  }
}

export class ThreeLaptops {
  readonly network = new Network([AT_ANAS, AT_BENS]);
  readonly ana: Laptop;
  readonly walker: Laptop;
  readonly ben: Laptop;
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearsay-hosts-'));
  readonly #log: string[] = [];
  readonly #startedAt = performance.now();

  private constructor(setting: Setting) {
    this.ana = this.#laptop('ana', setting);
    this.walker = this.#laptop('walker', setting);
    this.ben = this.#laptop('ben', setting);
  }

  /** They are taken down when the test ends; when it fails, their logs are shown. */
  static set({ onTestFinished, onTestFailed }: TestContext, setting: Setting): ThreeLaptops {
    const laptops = new ThreeLaptops(setting);
    onTestFinished(() => laptops.#takeDown());
    onTestFailed(() => console.error(laptops.#log.join('')));
    return laptops;
  }

  note(text: string): void {
    this.#log.push(`${this.#seconds()} ==== ${text}\n`);
  }

  #laptop(host: Host, setting: Setting): Laptop {
    const inside = this.network.inside(host);
    const folder = mkdtempSync(join(this.#folder, `${host}-`));
    const start = (clock: string | undefined) => {
      const options = { inside, folder, nick: host, flags: this.#flags(host, setting), clock };
      return Daemon.start(options, (text) => this.#log.push(text.replace(/^(?=.)/gm, `${this.#seconds()} ${host} `)));
    };
    return new Laptop(new Person(inside), start);
  }

  #flags(host: Host, { find }: Setting): readonly string[] {
    if (find === 'by multicast DNS') return ['--tcpcl', '[::]:0'];
    const neighbours = [AT_ANAS, AT_BENS].filter((cable) => cable.includes(host)).flat();
    const peers = neighbours.filter((other) => other !== host);
    return [
      ...['--tcpcl', `[::]:${PORT}`, '--no-discovery'],
      ...peers.flatMap((other) => ['--peer', `${this.network.address(other, host)}:${PORT}`]),
    ];
  }

  #seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(3).padStart(7);
  }

  async #takeDown(): Promise<void> {
    const laptops = [this.ana, this.walker, this.ben];
    await Promise.all(laptops.map(({ person }) => person.leave()));
    await Promise.all(laptops.map((laptop) => laptop.kill()));
    this.network.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
