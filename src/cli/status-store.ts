/** What `hearsay status` says of the store: who has how much room, what was promised, refused and let go, and why. */
import type { NodeStatus, StoreStatus } from '../daemon/index.js';
import { plural, size } from './table.js';

type Tier = keyof StoreStatus['byTier'];

/** The authors of a tier, in the words of whoever reads the screen. */
const TIER_WORDS: Readonly<Record<Tier, string>> = {
  own: 'yours',
  provisioned: 'of the school',
  met: 'of people met',
  introduced: 'of contacts',
  unknown: 'of strangers',
  foreign: 'of other networks',
};

/** Why something was refused; what was not needed at all is nothing to worry about, and left out. */
const REFUSAL_WORDS: Readonly<Record<string, string>> = {
  quota: 'the store is full',
  'author-quota': 'its author’s share is full',
  'depositor-quota': 'the share of the laptop that brought it is full',
  'tier-quota': 'the share of all such authors is full',
  'inbox-quota': 'the inbox is full',
  evicted: 'it had to make room a short while ago',
  malformed: 'malformed',
  foreign: 'for Hearsay’s own services, and not from one of its people',
  'whole-too-large': 'a fragment of something too large',
  expired: 'expired',
  'hop-limit': 'too many hops',
  'unsupported-block': 'it asks for what is not known here',
  'too-large': 'too large for what it is',
  'bad-topic': 'a topic that it may not have',
  unsigned: 'not signed',
  'bad-signature': 'a bad signature',
  'bad-payload': 'content that can’t be read',
};

const DROP_WORDS: Readonly<Record<string, string>> = {
  expired: 'expired',
  receipted: 'arrived',
  superseded: 'replaced by something newer',
  delivered: 'delivered here',
  evicted: 'made room for something worth more',
  'hop-limit': 'too many hops',
  forwarded: 'handed on',
  reassembled: 'fragments, put together',
  'bad-payload': 'large messages that were not what they said',
};

/** Rows for the table at the top. */
export function storeRows(store: StoreStatus): readonly (readonly string[])[] {
  const { custody, byTier } = store;
  const tiers = (Object.keys(TIER_WORDS) as Tier[])
    .filter((tier) => byTier[tier].bytes > 0)
    .map((tier) => `${size(byTier[tier].bytes)} ${TIER_WORDS[tier]}`);
  return [
    ...(tiers.length === 0 ? [] : [['room', tiers.join(', ')]]),
    ...(custody.bytes === 0 ? [] : [['promised', `${size(custody.bytes)} are kept until a promised time`]]),
    ...counted('let go', store.dropped, DROP_WORDS, store.droppedByTier),
    ...counted('refused', store.refused, REFUSAL_WORDS, store.refusedByTier),
    ...(store.forgotten === 0 ? [] : [['forgotten', `${plural(store.forgotten, 'bundle')} that had been here`]]),
  ];
}

/** Rows about bundles of other networks, once there were any. */
export function dtnRows({ fragments, reports }: NodeStatus['dtn']): readonly (readonly string[])[] {
  const { held, reassembled, spoilt } = fragments;
  const parts = [
    ...(held === 0 ? [] : [`${held} here`]),
    ...(reassembled === 0 ? [] : [`${plural(reassembled, 'bundle')} put together`]),
    ...(spoilt === 0 ? [] : [`${spoilt} that did not fit together`]),
  ];
  const sent = Object.entries(reports.sent).filter(([, count]) => count > 0);
  const told = [
    ...sent.map(([event, count]) => `${count} ${event}`),
    ...(reports.withheld === 0 ? [] : [`${reports.withheld} held back`]),
    ...(reports.taken === 0 ? [] : [`${reports.taken} came`]),
  ];
  return [
    ...(parts.length === 0 ? [] : [['fragments', parts.join(', ')]]),
    ...(told.length === 0 ? [] : [['reports', told.join(', ')]]),
  ];
}

function counted(
  title: string,
  counts: Readonly<Record<string, number>>,
  words: Readonly<Record<string, string>>,
  byTier: StoreStatus['refusedByTier'],
): readonly (readonly string[])[] {
  return Object.entries(counts)
    .filter(([reason, count]) => count > 0 && words[reason] !== undefined)
    .map(([reason, count], index) => [index === 0 ? title : '', `${count}: ${words[reason]}${whose(byTier[reason])}`]);
}

function whose(tiers: StoreStatus['refusedByTier'][string] | undefined): string {
  if (tiers === undefined) return '';
  const parts = (Object.keys(TIER_WORDS) as Tier[]).filter((tier) => tiers[tier] > 0);
  return ` (${parts.map((tier) => `${tiers[tier]} ${TIER_WORDS[tier]}`).join(', ')})`;
}
