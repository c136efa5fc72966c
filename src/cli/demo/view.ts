/** What there is to see at one moment: plain values, asked of the three nodes. */
import { NAMES, type Name, type Stage } from './stage.js';
import type { Spot } from './story.js';
import type { StoryClock } from './story-clock.js';

export interface View {
  /** Story time, in ms since midnight. */
  readonly now: number;
  readonly binta: { readonly at: Spot };
  readonly laptops: readonly LaptopView[];
  /** What Ana's client shows. */
  readonly ana: { readonly message: MessageView | undefined; readonly ben: BenView };
  /** What Ben's client shows. */
  readonly ben: readonly ReadMessage[];
}

export interface LaptopView {
  readonly name: Name;
  /** Those with whom a session stands. */
  readonly near: readonly Name[];
  /** Bundles in the store, by class, as `hearsay status` counts them. */
  readonly store: Readonly<Record<string, number>>;
}

export interface MessageView {
  readonly body: string;
  readonly state: 'kept' | 'carried' | 'delivered' | 'expired';
  /** As `hearsay status` words it: `kept`, `carried by 1`, `delivered`, `expired`. */
  readonly words: string;
}

export interface BenView {
  /** P(reachable now), as the model has it. */
  readonly confidence: number;
  /** In story time. */
  readonly heardAgoMs: number | undefined;
  readonly hops: number;
}

export interface ReadMessage {
  readonly body: string;
  /** Story times. */
  readonly writtenAt: number;
  readonly receivedAt: number;
}

/** @param bintaAt what only the script knows; everything else is asked. */
export function look(stage: Stage, clock: StoryClock, bintaAt: Spot): View {
  const owners = new Map(NAMES.map((name) => [stage.node(name).report.nodeId, name]));
  const laptops = NAMES.map((name) => {
    const { neighbours, store } = stage.node(name).status();
    return { name, near: neighbours.flatMap(({ node }) => owners.get(node) ?? []), store: store.byClass };
  });
  return {
    now: clock.now(),
    binta: { at: bintaAt },
    laptops,
    ana: { message: messageView(stage), ben: benView(stage, clock) },
    ben: stage.read.map(({ body, writtenAt, receivedAt }) => ({
      body,
      writtenAt: clock.at(writtenAt),
      receivedAt: clock.at(receivedAt),
    })),
  };
}

function messageView(stage: Stage): MessageView | undefined {
  const state = stage.message?.state;
  if (state === undefined) return undefined;
  const words = state.state === 'carried' ? `carried by ${state.by}` : state.state;
  return { body: stage.written, state: state.state, words };
}

function benView(stage: Stage, clock: StoryClock): BenView {
  const presence = stage.node('Ana').account.lookup(stage.node('Ben').report.jid)?.presence;
  const heardAgoMs = presence?.heardAgoMs;
  return {
    confidence: presence?.confidence ?? 0,
    heardAgoMs: heardAgoMs === undefined ? undefined : clock.duration(heardAgoMs),
    hops: presence?.hops ?? 0,
  };
}
