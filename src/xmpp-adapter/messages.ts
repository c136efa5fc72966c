/** Messages (RFC 6121 §5), with the mesh's times (XEP-0203) and receipts (XEP-0184). */
import { clone, type Element } from 'ltx';
import type { InboxMessage, SentMessage } from '../chat/index.js';
import { StanzaError } from './errors.js';
import { addressOf, parseJid } from './jid.js';
import { NS } from './namespaces.js';
import type { Session } from './session.js';
import { carbonSent } from './xep/carbons.js';
import { delayElement } from './xep/delay.js';
import { receiptElement, requestsReceipt } from './xep/receipts.js';
import { el } from './xml.js';

/** The port's bound on a client's own id; a longer one could not be echoed, so the message is refused instead. */
const MAX_ID_BYTES = 256;

/** @throws StanzaError, and what `Account.send` throws. */
export async function handleMessage(stanza: Element, session: Session): Promise<void> {
  const { to, type = 'normal', id } = stanza.attrs;
  if (type === 'error') return;
  if (type === 'groupchat') throw new StanzaError('service-unavailable', 'there are no rooms here yet');
  const { person } = session;
  const address = to === undefined ? person.account.jid : addressOf(to);
  const body = stanza.getChild('body', NS.client)?.getText() ?? '';
  if (address !== undefined && person.isSelf(address)) return noteToSelf(stanza, session);

  // Chat states, markers and receipts stay on this link: on the mesh they would cost more than they say (XEP-0085, 0184).
  if (body === '') return;
  if (address === undefined)
    throw new StanzaError(parseJid(to ?? '') === undefined ? 'jid-malformed' : 'service-unavailable');
  if (type === 'headline') throw new StanzaError('service-unavailable', 'headlines are not kept');
  if (id !== undefined && Buffer.byteLength(id) > MAX_ID_BYTES) {
    throw new StanzaError('bad-request', `an id may have ${MAX_ID_BYTES} bytes`);
  }
  await person.account.send({
    to: address,
    body,
    wantsReceipt: requestsReceipt(stanza),
    ...(id === undefined ? {} : { clientId: id }),
  });
  carbonSent(stanza, session);
}

/** To one's own JID: it never leaves the node (RFC 6121 §8.5.2, §8.5.3). */
function noteToSelf(stanza: Element, session: Session): void {
  const { person } = session;
  const resource = parseJid(stanza.attrs.to ?? '')?.resource ?? '';
  const takers = person.sessions.filter((other) =>
    resource === '' ? other.takesMessages : other.resource === resource,
  );
  if (takers.length === 0) {
    if (stanza.getChild('body', NS.client) !== undefined) throw new StanzaError('service-unavailable');
    return;
  }
  for (const taker of takers) {
    const copy = clone(stanza);
    copy.attrs.to = resource === '' ? person.account.jid : taker.jid;
    taker.send(copy);
  }
}

/** Somebody's message, as their own client would have sent it, with its true time. */
export function inboxStanza(message: InboxMessage, session: Session): Element {
  const { person } = session;
  return el(
    'message',
    { type: 'chat', id: message.messageId, from: message.fromJid, to: person.account.jid },
    el('body', {}, message.body),
    delayElement(message.writtenAt, person.domain),
  );
}

/** What became of a message of one's own: delivered, or never. */
export function outcomeStanza(message: SentMessage, session: Session): Element {
  const attrs = { from: message.toJid, to: session.jid };
  if (message.state.state === 'delivered') {
    return el(
      'message',
      { ...attrs, type: 'chat', id: `receipt-${message.localId}` },
      receiptElement(message.clientId ?? ''),
    );
  }
  const error = new StanzaError('remote-server-timeout', 'not delivered before it expired');
  return el('message', { ...attrs, type: 'error', id: message.clientId }, error.toElement());
}
