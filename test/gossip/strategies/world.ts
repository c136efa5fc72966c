/** A small world for strategies: nodes by name, people who live on one node each. */
import { type SteadyMs, steadyMs } from '../../../src/base/index.js';
import type { BundleKey } from '../../../src/bundle/index.js';
import { idOfKey } from '../../../src/crypto/index.js';
import type { MeshView, Neighbour } from '../../../src/gossip/index.js';
import { BundleClass, type LedgerEntry } from '../../../src/store/index.js';

/** The node id that stands for a name in a test. */
export function nodeNamed(name: string): string {
  return idOfKey(new TextEncoder().encode(name.padEnd(32)));
}

export function neighbourNamed(name: string): Neighbour {
  return { id: nodeNamed(name), foreign: false };
}

/** Where a message for whoever lives on that node goes. */
export function homeOf(name: string): string {
  return `dtn://${name}/~chat`;
}

export class SmallMesh implements MeshView {
  readonly self: string;
  quotaBytes = 10_000;
  nodes = 4;
  entries: LedgerEntry[] = [];

  constructor(self: string) {
    this.self = nodeNamed(self);
  }

  nodesOf(destination: string): readonly string[] {
    const name = /^dtn:\/\/(.+)\/~chat$/.exec(destination)?.[1];
    return name === undefined ? [] : [nodeNamed(name)];
  }

  population(): number {
    return this.nodes;
  }

  held(): Iterable<LedgerEntry> {
    return this.entries;
  }
}

let made = 0;

export function messageTo(name: string, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  made += 1;
  return {
    key: made.toString(16).padStart(16, '0').padEnd(32, '0') as BundleKey,
    seq: made,
    class: BundleClass.Message,
    sizeBytes: 100,
    source: 'dtn://author/laptop',
    destination: homeOf(name),
    createdAt: made,
    receivedAt: steadyMs(0),
    ageAtReceiptMs: 0,
    expiresAt: at(24 * 60),
    hops: 1,
    own: false,
    ...fields,
  };
}

/** The time so many minutes after the start. */
export function at(minutes: number): SteadyMs {
  return steadyMs(1_000_000 + minutes * 60_000);
}
