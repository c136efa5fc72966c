/** XEP-0280: what one client of a person says, the others show too. What comes in goes to all of them anyway. */
import { clone, type Element } from 'ltx';
import type { IqHandler } from '../iq.js';
import { NS } from '../namespaces.js';
import type { Session } from '../session.js';
import { el } from '../xml.js';

function toggle(name: string, wants: boolean): IqHandler {
  return {
    name,
    xmlns: NS.carbons,
    accepts: { self: ['set'], server: ['set'] },
    features: { server: [NS.carbons], self: [NS.carbons] },
    handle({ session }) {
      session.wantsCarbons = wants;
      return undefined;
    },
  };
}

export const carbonHandlers: readonly IqHandler[] = [toggle('enable', true), toggle('disable', false)];

/** §7: a copy of a chat message that `sender` sent, unless it asked for none (§10.3). */
export function carbonSent(message: Element, sender: Session): void {
  if (message.getChild('private', NS.carbons) !== undefined) return;
  for (const session of sender.person.sessions) {
    if (session === sender || !session.wantsCarbons || session.availability === undefined) continue;
    const copy = clone(message);
    copy.attrs.xmlns = NS.client;
    session.send(
      el(
        'message',
        { from: sender.person.account.jid, to: session.jid, type: message.attrs.type },
        el('sent', { xmlns: NS.carbons }, el('forwarded', { xmlns: NS.forward }, copy)),
      ),
    );
  }
}
