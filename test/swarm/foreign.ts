/**
 * A DTN node that speaks no gossip: it keeps what it is given, hands it to everybody, and has mail of its own, some of
 * which claims to come from a laptop's person.
 */
import type { Random } from '../../src/base/index.js';
import { type Bundle, createBundle, dtnEid, encodeBundle, fragmentBundle } from '../../src/bundle/index.js';
import type { LinkId } from '../../src/gossip/index.js';
import type { Answer, Parcel, Party, Wire } from './wire.js';

const MAX_KEPT = 400;

export class ForeignNode implements Party {
  readonly gossips = false;
  readonly #random: Random;
  readonly #kept: Uint8Array[] = [];
  readonly #links = new Map<LinkId, { readonly wire: Wire; readonly end: 0 | 1 }>();
  #nextLink = 1;
  #sequence = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Makes mail. @param impersonated a person in whose name some of it is. */
  write(bytes: number, impersonated: string): void {
    const isForged = this.#random.unit() < 0.3;
    const bundle = createBundle({
      source: isForged ? dtnEid(impersonated, 'abcdefgh') : dtnEid('somebody.example', 'out'),
      destination: isForged ? dtnEid(impersonated, '~chat') : dtnEid('elsewhere.example', 'in'),
      creation: { time: 0, sequence: ++this.#sequence },
      lifetimeMs: 3_600_000,
      ageMs: 0,
      payload: this.#random.bytes(bytes),
    });
    for (const piece of this.#pieces(bundle)) this.#keep(encodeBundle(piece));
  }

  #pieces(bundle: Bundle): readonly Bundle[] {
    if (this.#random.unit() < 0.5) return [bundle];
    const cut = fragmentBundle(bundle, { maxPayloadBytes: 2_000 });
    return cut.ok ? cut.fragments : [bundle];
  }

  connect(wire: Wire, end: 0 | 1): LinkId {
    const link = this.#nextLink++;
    this.#links.set(link, { wire, end });
    return link;
  }

  begin(link: LinkId): void {
    const there = this.#links.get(link);
    for (const bytes of this.#kept) there?.wire.sendBundle(there.end, { bytes }, () => {});
  }

  linkDown(link: LinkId): void {
    this.#links.delete(link);
  }

  onFrame(): void {}

  onCut(): void {}

  onBundle(_link: LinkId, { bytes }: Parcel, _tookMs: number, answer: (answer: Answer) => void): void {
    this.#keep(bytes);
    answer('acked');
  }

  #keep(bytes: Uint8Array): void {
    if (this.#kept.length < MAX_KEPT) this.#kept.push(bytes);
  }
}
