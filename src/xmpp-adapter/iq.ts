/**
 * Requests and their answers (RFC 6120 §8.2.3, §10). The answer comes from this node, at once: nobody waits for the
 * mesh. What no handler takes is `service-unavailable`.
 */
import type { Element } from 'ltx';
import type { ContactView } from '../chat/index.js';
import { StanzaError } from './errors.js';
import { addressOf, bareOf, parseJid } from './jid.js';
import type { Session } from './session.js';
import { badRequest, resultReply } from './stanza.js';

export type IqType = 'get' | 'set';

/** Whom a request is for: this server, the person's own account, or somebody of the mesh. */
export type IqScope = 'server' | 'self' | 'contact';

export interface IqRequest {
  readonly type: IqType;
  readonly scope: IqScope;
  readonly payload: Element;
  readonly session: Session;
  /** Set when the scope is `contact` and the mesh knows of somebody there. */
  readonly contact: ContactView | undefined;
}

export interface IqHandler {
  /** The payload's name and namespace. */
  readonly name: string;
  readonly xmlns: string;
  readonly accepts: Readonly<Partial<Record<IqScope, readonly IqType[]>>>;
  /** What XEP-0030 says of whom; only what is here is advertised. */
  readonly features: Readonly<Partial<Record<IqScope, readonly string[]>>>;
  /** @returns the payload of the result, or undefined for an empty one. @throws StanzaError */
  handle(request: IqRequest): Element | undefined | Promise<Element | undefined>;
}

/** @returns the answer, or undefined when there is none to give: results and errors are never answered. */
export async function answerIq(
  iq: Element,
  session: Session,
  handlers: readonly IqHandler[],
): Promise<Element | undefined> {
  const { type, id } = iq.attrs;
  if (type === 'result' || type === 'error') {
    session.answered(id ?? '');
    return undefined;
  }
  if (id === undefined || id === '') badRequest('an iq needs an id');
  if (type !== 'get' && type !== 'set') badRequest('no such type of iq');
  const [payload, ...more] = iq.getChildElements();
  if (payload === undefined || more.length > 0) badRequest('a request has exactly one payload');

  const target = targetOf(iq.attrs.to, session);
  const handler = handlers.find(({ name, xmlns }) => payload.is(name, xmlns));
  if (handler?.accepts[target.scope]?.includes(type) !== true) throw new StanzaError('service-unavailable');
  const result = await handler.handle({ type, payload, session, ...target });
  return resultReply(iq, result);
}

interface Target {
  readonly scope: IqScope;
  readonly contact: ContactView | undefined;
}

function targetOf(to: string | undefined, session: Session): Target {
  const { account, domain } = session.person;
  if (to === undefined) return { scope: 'self', contact: undefined };
  const jid = parseJid(to);
  const address = addressOf(to);
  if (jid === undefined && address === undefined) throw new StanzaError('jid-malformed');
  if (jid !== undefined && jid.local === '' && jid.domain === domain && jid.resource === '') {
    return { scope: 'server', contact: undefined };
  }
  if (jid !== undefined && bareOf(jid) === account.jid) {
    // Another resource of one's own: requests between clients are not relayed.
    if (jid.resource !== '') throw new StanzaError('service-unavailable');
    return { scope: 'self', contact: undefined };
  }
  return { scope: 'contact', contact: address === undefined ? undefined : session.person.lookup(address) };
}
