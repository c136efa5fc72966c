/**
 * Messages and outcomes on their way to one client, without loss.
 *
 * TCP says nothing about what a client has read. So each batch is followed by a ping (XEP-0199), and because a client
 * works through its stream in order, the answer, a result or an error, says that it has the batch. Only then does the
 * account forget. If the stream dies first, everything unanswered is there for the next one; on the same stream
 * nothing is given twice.
 */
import type { Element } from 'ltx';
import { messageOf } from '../base/index.js';
import type { InboxMessage, SentMessage } from '../chat/index.js';
import { StreamError } from './errors.js';
import { inboxStanza, outcomeStanza } from './messages.js';
import { NS } from './namespaces.js';
import type { Session } from './session.js';
import { el } from './xml.js';

interface Batch {
  readonly inboxIds: readonly string[];
  readonly localIds: readonly string[];
  readonly units: number;
  readonly stopWaiting: () => void;
}

type Item =
  | { readonly kind: 'inbox'; readonly message: InboxMessage }
  | { readonly kind: 'outcome'; readonly message: SentMessage };

export class Handover {
  private readonly session: Session;
  /** Given on this stream, and still with the account. */
  private readonly given = new Set<string>();
  private readonly batches = new Map<string, Batch>();
  private over = false;

  constructor(session: Session) {
    this.session = session;
  }

  /** Gives the client whatever it should have and has not been given yet, as far as the window allows. */
  flush(): void {
    if (this.over || !this.session.takesMessages) return;
    const items = this.withinWindow(this.waiting());
    if (items.length === 0) return;
    const { person } = this.session;
    for (const item of items) {
      this.given.add(keyOf(item));
      this.session.send(stanzaOf(item, this.session));
    }
    const id = person.nextId('confirm');
    this.batches.set(id, {
      inboxIds: items.flatMap((item) => (item.kind === 'inbox' ? [item.message.inboxId] : [])),
      localIds: items.flatMap((item) => (item.kind === 'outcome' ? [item.message.localId] : [])),
      units: items.reduce((sum, item) => sum + unitsOf(item), 0),
      stopWaiting: person.context.timers.after(person.context.limits.confirmTimeoutMs, () => this.giveUp()),
    });
    this.session.send(
      el('iq', { type: 'get', id, from: person.domain, to: this.session.jid }, el('ping', { xmlns: NS.ping })),
    );
  }

  /** The client answered something. */
  answered(id: string): void {
    const batch = this.batches.get(id);
    if (batch === undefined) return;
    this.batches.delete(id);
    batch.stopWaiting();
    void this.confirm(batch);
    this.flush();
  }

  end(): void {
    this.over = true;
    for (const { stopWaiting } of this.batches.values()) stopWaiting();
    this.batches.clear();
  }

  private async confirm({ inboxIds, localIds }: Batch): Promise<void> {
    const { account, context } = this.session.person;
    try {
      if (inboxIds.length > 0) await account.confirmInbox(inboxIds);
      if (localIds.length > 0) await account.markOutcomeShown(localIds);
      for (const id of inboxIds) this.given.delete(`inbox ${id}`);
      for (const id of localIds) this.given.delete(`outcome ${id}`);
    } catch (error) {
      // They stay with the account, and are given again on another stream: twice is better than never.
      context.log.error('a confirmation was not kept', { error: messageOf(error) });
    }
  }

  private giveUp(): void {
    this.session.fail(new StreamError('connection-timeout', 'the client did not answer a ping'));
  }

  private waiting(): readonly Item[] {
    const { account } = this.session.person;
    const items: Item[] = [
      ...account.inbox().map((message): Item => ({ kind: 'inbox', message })),
      ...account
        .sent()
        .filter(hasNews)
        .map((message): Item => ({ kind: 'outcome', message })),
    ];
    return items.filter((item) => !this.given.has(keyOf(item)));
  }

  private withinWindow(items: readonly Item[]): readonly Item[] {
    const { maxUnconfirmed, maxUnconfirmedUnits } = this.session.person.context.limits;
    let count = 0;
    let units = 0;
    for (const batch of this.batches.values()) {
      count += batch.inboxIds.length + batch.localIds.length;
      units += batch.units;
    }
    const fitting: Item[] = [];
    for (const item of items) {
      units += unitsOf(item);
      count += 1;
      if (count > maxUnconfirmed || (count > 1 && units > maxUnconfirmedUnits)) break;
      fitting.push(item);
    }
    return fitting;
  }
}

/** Its end is one that the client has to hear of, and has not. */
export function hasNews({ state, wantsReceipt, outcomeShown }: SentMessage): boolean {
  return !outcomeShown && (state.state === 'expired' || (state.state === 'delivered' && wantsReceipt));
}

function keyOf(item: Item): string {
  return item.kind === 'inbox' ? `inbox ${item.message.inboxId}` : `outcome ${item.message.localId}`;
}

function unitsOf(item: Item): number {
  return item.kind === 'inbox' ? item.message.body.length : 0;
}

function stanzaOf(item: Item, session: Session): Element {
  return item.kind === 'inbox' ? inboxStanza(item.message, session) : outcomeStanza(item.message, session);
}
