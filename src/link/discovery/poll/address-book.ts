/** Where nodes were met last: few addresses of few nodes, the newest first. The daemon keeps it in a file. */
import type { Endpoint } from '../../types.js';

export const MAX_NODES = 128;
export const MAX_ADDRESSES_PER_NODE = 4;

/** A node id (`dtn://…/`) and where it took connections. */
export type BookEntry = readonly [nodeEid: string, endpoints: readonly Endpoint[]];

export class AddressBook {
  /** The node met last is the last one. */
  readonly #byNode = new Map<string, readonly Endpoint[]>();

  /** @param entries as {@link entries} gave them: the node met last comes first. */
  constructor(entries: readonly BookEntry[] = []) {
    for (const [nodeEid, endpoints] of entries.slice(0, MAX_NODES).reverse()) {
      this.#byNode.set(nodeEid, endpoints.slice(0, MAX_ADDRESSES_PER_NODE));
    }
  }

  /** @returns whether that changed anything. */
  met(nodeEid: string, at: Endpoint): boolean {
    const before = this.#byNode.get(nodeEid) ?? [];
    const isNewest = [...this.#byNode.keys()].at(-1) === nodeEid;
    const [newest] = before;
    if (isNewest && newest !== undefined && isSame(newest, at)) return false;
    this.#byNode.delete(nodeEid);
    const others = before.filter((each) => !isSame(each, at));
    this.#byNode.set(nodeEid, [{ host: at.host, port: at.port }, ...others].slice(0, MAX_ADDRESSES_PER_NODE));
    const [oldest] = this.#byNode.keys();
    if (oldest !== undefined && this.#byNode.size > MAX_NODES) this.#byNode.delete(oldest);
    return true;
  }

  entries(): readonly BookEntry[] {
    return [...this.#byNode].reverse();
  }
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.host === b.host && a.port === b.port;
}
