/** PRoPHETv2 (Grasic and others, 2011): meetings in quick succession count less (rule 23). */
import type { Host } from '../world/host.js';
import type { Link } from '../world/link.js';
import type { World } from '../world/world.js';
import { PredictingRouter } from './prophet.js';
import type { Ageing } from './prophet-table.js';
import type { RouterOptions } from './router.js';

const MEETING_MAX = 0.5;
/** How long it usually is between meetings, in seconds. */
const USUAL_INTERVAL_S = 1800;

export interface ProphetV2Options extends Ageing {
  /** @default 0.9 */
  readonly beta: number;
}

export class ProphetV2Router extends PredictingRouter {
  readonly #beta: number;
  readonly #metAt = new Map<number, number>();

  constructor(host: Host, world: World, options: RouterOptions, prophet: ProphetV2Options) {
    super(host, world, options, prophet);
    this.#beta = prophet.beta;
  }

  protected isWorthwhile(theirs: number, ours: number): boolean {
    return theirs >= ours;
  }

  override linkUp(link: Link): void {
    // Neighbours that found this host no better than themselves may find it so now.
    this.world.touchNeighbours(this.host);
    const peer = link.other(this.host);
    const { now } = this.world;
    const metAt = this.#metAt.get(peer.address);
    const since = metAt === undefined ? Number.POSITIVE_INFINITY : now - metAt;
    const weight = since < USUAL_INTERVAL_S ? MEETING_MAX * (since / USUAL_INTERVAL_S) : MEETING_MAX;
    const old = this.predictability(peer);
    const met = old + (1 - old) * weight;
    this.table.set(peer.address, met);
    this.#metAt.set(peer.address, now);
    if (!(peer.router instanceof ProphetV2Router)) return;
    peer.router.table.age();
    const theirs = peer.router.table.values;
    for (let address = 0; address < theirs.length; address++) {
      const toThird = theirs[address] as number;
      if (toThird === 0 || address === this.host.address) continue;
      this.table.set(address, Math.max(this.table.get(address), met * toThird * this.#beta));
    }
  }
}
