/** A host: its radios, its links, what it holds. What it decides is in its router. */
import type { Router } from '../routers/router.js';
import type { MessageBuffer } from './buffer.js';
import { IdSet } from './id-set.js';
import type { Link } from './link.js';

export interface RadioType {
  /** The settings' name of the interface: only radios of the same name connect. */
  readonly name: string;
  /** Whole bytes per second. */
  readonly speed: number;
  readonly rangeM: number;
}

export class Host {
  readonly address: number;
  /** The group's id and the address, as reports print it. */
  readonly name: string;
  readonly buffer: MessageBuffer;
  readonly radios: readonly RadioType[];
  /** Radio by radio, in each in the order in which the links came up. */
  readonly links: Link[] = [];
  /** The ids of messages that arrived here for good. */
  readonly delivered = new IdSet();
  sending: Link | undefined;
  receiving: Link | undefined;

  /** Something that a routing decision depends on has changed since the router last looked. */
  changed = false;
  /** Waits for its turn in the present update. */
  waiting = false;
  /** Is noted for the next update. */
  noted = false;
  /** Mobility has something for this host's radios. */
  radioNews = false;

  #router: Router | undefined;

  constructor(address: number, name: string, buffer: MessageBuffer, radios: readonly RadioType[]) {
    this.address = address;
    this.name = name;
    this.buffer = buffer;
    this.radios = radios;
  }

  get router(): Router {
    if (this.#router === undefined) throw new Error(`host ${this.name} has no router`);
    return this.#router;
  }

  set router(router: Router) {
    this.#router = router;
  }

  get isBusy(): boolean {
    return this.sending !== undefined || this.receiving !== undefined;
  }

  linkTo(other: Host, radio: number): Link | undefined {
    return this.links.find((link) => link.other(this) === other && link.radioOf(this) === radio);
  }

  addLink(link: Link): void {
    const radio = link.radioOf(this);
    let at = this.links.length;
    while (at > 0 && (this.links[at - 1] as Link).radioOf(this) > radio) at -= 1;
    this.links.splice(at, 0, link);
  }

  removeLink(link: Link): void {
    const at = this.links.indexOf(link);
    if (at >= 0) this.links.splice(at, 1);
  }
}
