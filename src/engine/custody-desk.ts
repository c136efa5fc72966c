/**
 * Tells depositors of promises that are on disk (docs/custody.md). The promise holds whether or not it is heard of: what
 * could not be told because the link was gone by then is told when the neighbour comes again.
 */
import type { Now } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import { encodeFrame, type Gossip, type LinkId, MAX_CUSTODY_KEYS } from '../gossip/index.js';
import type { NodeId } from '../people/index.js';
import { CUSTODY_MARGIN_MS, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';

/** Promises that wait to be told, in memory: one that is forgotten is still kept. */
const MAX_WAITING = 10_000;

export class CustodyDesk {
  readonly #core: Core;
  readonly #gossip: Gossip;
  readonly #waiting = new Map<string, Set<BundleKey>>();
  #count = 0;

  constructor(core: Core, gossip: Gossip) {
    this.#core = core;
    this.#gossip = gossip;
  }

  /** The entry, and the promise in it, has come to disk. */
  promised(link: LinkId, entry: LedgerEntry, now: Now): void {
    const neighbour = this.#gossip.neighbourOn(link);
    if (neighbour !== undefined && !neighbour.foreign) return this.#tell(link, [entry.key], now);
    if (entry.depositor === undefined || this.#count >= MAX_WAITING) return;
    const waiting = this.#waiting.get(entry.depositor) ?? new Set();
    this.#waiting.set(entry.depositor, waiting.add(entry.key));
    this.#count++;
  }

  /** A neighbour has proved who it is: it hears what it could not be told before. */
  onOpened(link: LinkId, node: NodeId, now: Now): void {
    const waiting = this.#waiting.get(node);
    if (waiting === undefined) return;
    this.#waiting.delete(node);
    this.#count -= waiting.size;
    this.#tell(link, [...waiting], now);
  }

  #tell(link: LinkId, keys: readonly BundleKey[], now: Now): void {
    const { ledger } = this.#core.state;
    const byTime = new Map<number, BundleKey[]>();
    for (const key of keys) {
      const until = ledger.get(key)?.custodyUntil;
      if (until === undefined) continue;
      const forMs = Math.floor(until - CUSTODY_MARGIN_MS - now.steady);
      if (forMs <= 0) continue;
      const together = byTime.get(forMs) ?? [];
      byTime.set(forMs, together);
      together.push(key);
    }
    for (const [forMs, together] of byTime) {
      for (let at = 0; at < together.length; at += MAX_CUSTODY_KEYS) {
        const frame = { kind: 'custody' as const, forMs, keys: together.slice(at, at + MAX_CUSTODY_KEYS) };
        this.#core.emit({ type: 'send-frame', link, bytes: encodeFrame(frame) });
      }
    }
  }
}
