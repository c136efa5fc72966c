/** What routing strategies are told of the mesh: who lives where, by the profiles that came. */
import type { Now } from '../base/index.js';
import { type Eid, formatEid, parseEid } from '../bundle/index.js';
import type { MeshView } from '../gossip/index.js';
import { type NodeId, personOf } from '../people/index.js';
import type { LedgerEntry } from '../store/index.js';
import type { NodeState } from './state.js';

/** What the view looks at. */
export interface Mesh {
  readonly node: NodeId;
  readonly now: Now;
  readonly state: NodeState;
}

export class KnownMesh implements MeshView {
  readonly quotaBytes: number;
  readonly #mesh: Mesh;
  /** Good while one event is handled: strategies ask the same for thousands of entries then. */
  #at: Now | undefined;
  readonly #nodes = new Map<string, readonly string[]>();
  #population: number | undefined;

  constructor(mesh: Mesh, quotaBytes: number) {
    this.#mesh = mesh;
    this.quotaBytes = quotaBytes;
  }

  get self(): string {
    return this.#mesh.node;
  }

  nodesOf(destination: string): readonly string[] {
    this.#refresh();
    const known = this.#nodes.get(destination);
    if (known !== undefined) return known;
    const nodes = this.#findNodes(parseEid(destination));
    this.#nodes.set(destination, nodes);
    return nodes;
  }

  #findNodes(eid: Eid): readonly string[] {
    const person = personOf(eid);
    const devices = person === undefined ? [] : this.#mesh.state.directory.devicesOf(person);
    if (devices.length > 0) return [...new Set(devices.map(({ node }) => node))];
    // People and laptops are named alike: it may be a laptop itself.
    return person === undefined ? foreignNodes(eid) : [person];
  }

  population(): number {
    this.#refresh();
    this.#population ??= new Set<string>([this.self, ...this.#mesh.state.directory.nodes()]).size;
    return this.#population;
  }

  held(): Iterable<LedgerEntry> {
    return this.#mesh.state.ledger.entries();
  }

  #refresh(): void {
    if (this.#at === this.#mesh.now) return;
    this.#at = this.#mesh.now;
    this.#nodes.clear();
    this.#population = undefined;
  }
}

/** Foreign nodes go by their administrative endpoint, which they name when a session begins. */
function foreignNodes(eid: Eid): readonly string[] {
  if (eid.kind === 'dtn') return [formatEid({ ...eid, service: '' })];
  return eid.kind === 'ipn' ? [formatEid({ ...eid, service: 0, elements: 2 })] : [];
}
