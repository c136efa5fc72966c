/** A DTN node of somebody else's at the other end of a link, and what it makes. */
import { DTN_EPOCH_MS } from '../../../src/base/index.js';
import {
  type Bundle,
  type BundleSpec,
  createBundle,
  decodeBundle,
  encodeBundle,
  type FragmentPlan,
  fragmentBundle,
  parseEid,
} from '../../../src/bundle/index.js';
import { START, type TinyHost } from './tiny-host.js';

export const STATION = 'dtn://station/';
export const HARBOUR = 'dtn://harbour/';

export interface ForeignSpec extends Partial<Omit<BundleSpec, 'source' | 'destination' | 'reportTo'>> {
  readonly source?: string;
  readonly destination?: string;
  readonly reportTo?: string;
}

let sequence = 0;

/** Unsigned, from a station to a harbour unless something else is said. */
export function foreignBundle({ source, destination, reportTo, ...spec }: ForeignSpec = {}): Bundle {
  sequence += 1;
  return createBundle({
    source: parseEid(source ?? `${STATION}log`),
    destination: parseEid(destination ?? `${HARBOUR}inbox`),
    ...(reportTo === undefined ? {} : { reportTo: parseEid(reportTo) }),
    creation: { time: START - DTN_EPOCH_MS, sequence },
    lifetimeMs: 3_600_000,
    payload: new Uint8Array(100).fill(7),
    ...spec,
  });
}

/** The pieces of a bundle as they come over a link. */
export function cut(bundle: Bundle, plan: FragmentPlan): readonly Uint8Array[] {
  const result = fragmentBundle(bundle, plan);
  if (!result.ok) throw new Error(result.reason);
  return result.fragments.map((fragment) => encodeBundle(fragment));
}

/** A link to a node that speaks no gossip. */
export async function meetForeign(host: TinyHost, link: number, peerEid: string): Promise<void> {
  host.feed({ type: 'link-up', link, peerEid, gossip: false });
  await host.settle();
}

/** What the engine wants sent over a link since it was last asked, as it is in the store. */
export async function pushedTo(host: TinyHost, link: number): Promise<readonly Bundle[]> {
  const entries = host.takeOf('send-bundle').filter((action) => action.link === link);
  const bytes = await Promise.all(entries.map(({ entry }) => host.read(entry.key)));
  return bytes.flatMap((each) => (each === undefined ? [] : [decodeBundle(each)]));
}
