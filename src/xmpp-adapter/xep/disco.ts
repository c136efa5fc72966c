/**
 * XEP-0030: what is here. The answers are made from the handlers themselves, so nothing is advertised that does not
 * answer.
 */
import type { Element } from 'ltx';
import { StanzaError } from '../errors.js';
import type { IqHandler, IqScope } from '../iq.js';
import { NS } from '../namespaces.js';
import { el } from '../xml.js';

interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
}

const IDENTITIES: Readonly<Record<IqScope, Identity>> = {
  server: { category: 'server', type: 'im', name: 'Hearsay' },
  self: { category: 'account', type: 'registered' },
  contact: { category: 'client', type: 'pc', name: 'Hearsay' },
};

/** What holds without an IQ handler: somebody's node answers a message with a receipt when asked. */
const MORE_FEATURES: Readonly<Record<IqScope, readonly string[]>> = { server: [], self: [], contact: [NS.receipts] };

const EVERYWHERE = { server: ['get'], self: ['get'], contact: ['get'] } as const;

/** @param others every handler but these two. */
export function discoHandlers(others: readonly IqHandler[]): readonly IqHandler[] {
  const both = [NS.discoInfo, NS.discoItems];
  const features = (scope: IqScope): readonly string[] => [
    ...new Set([...both, ...others.flatMap((handler) => handler.features[scope] ?? []), ...MORE_FEATURES[scope]]),
  ];
  const info: IqHandler = {
    name: 'query',
    xmlns: NS.discoInfo,
    accepts: EVERYWHERE,
    features: {},
    handle({ scope, payload, contact }) {
      refuseNode(payload);
      if (scope === 'contact' && contact === undefined) throw new StanzaError('service-unavailable');
      return el(
        'query',
        { xmlns: NS.discoInfo },
        el('identity', { ...IDENTITIES[scope] }),
        ...features(scope).map((feature) => el('feature', { var: feature })),
      );
    },
  };
  const items: IqHandler = {
    name: 'query',
    xmlns: NS.discoItems,
    accepts: EVERYWHERE,
    features: {},
    handle({ payload }) {
      refuseNode(payload);
      return el('query', { xmlns: NS.discoItems });
    },
  };
  return [info, items];
}

/** There are no nodes below anything here (§3.2). */
function refuseNode(payload: Element): void {
  if ((payload.attrs.node ?? '') !== '') throw new StanzaError('item-not-found');
}
