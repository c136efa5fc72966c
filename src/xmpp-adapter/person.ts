/** One local person, as long as a client of theirs is connected: their clients, and what the account says to them. */

import type { Timers } from '../base/index.js';
import { HearsayError, type Logger, type Random, toBase32 } from '../base/index.js';
import type { Account, AccountEvent, AddressText, ContactView, Show } from '../chat/index.js';
import { announce } from './contact-presence.js';
import { StreamError } from './errors.js';
import { hasNews } from './handover.js';
import type { IqHandler } from './iq.js';
import type { XmppLimits } from './limits.js';
import { mergedPresence } from './own-presence.js';
import { PushLog, pushItem, pushRemoval } from './roster.js';
import { type ClientStream, Session } from './session.js';

/** What all people of one server share. */
export interface EdgeContext {
  readonly domain: string;
  readonly softwareVersion: string;
  readonly log: Logger;
  readonly random: Random;
  readonly timers: Timers;
  readonly limits: XmppLimits;
  readonly handlers: readonly IqHandler[];
  /** When the server began, by its timers' clock. */
  readonly startedAt: number;
}

export class Person {
  readonly context: EdgeContext;
  readonly account: Account;
  private readonly byResource = new Map<string, Session>();
  private readonly unsubscribe: () => void;
  private readonly onEmpty: () => void;
  readonly pushes = new PushLog();
  private nextSerial = 1;
  private published: { readonly show: Show; readonly status: string } = { show: 'offline', status: '' };

  /** @param onEmpty called once, when the last client is gone. */
  constructor(context: EdgeContext, account: Account, onEmpty: () => void) {
    this.context = context;
    this.account = account;
    this.onEmpty = onEmpty;
    this.unsubscribe = account.subscribe((event) => this.onEvent(event));
  }

  get domain(): string {
    return this.context.domain;
  }

  get sessions(): readonly Session[] {
    return [...this.byResource.values()];
  }

  /**
   * Binds a resource; whoever has it already is closed (RFC 6120 §7.7.2.2).
   *
   * @returns undefined when the person has too many.
   */
  attach(wanted: string | undefined, stream: ClientStream): Session | undefined {
    const resource = wanted ?? this.newResource();
    const older = this.byResource.get(resource);
    if (older === undefined && this.byResource.size >= this.context.limits.maxResources) return undefined;
    const session = new Session(this, resource, stream);
    this.byResource.set(resource, session);
    older?.fail(new StreamError('conflict', 'another client took this resource'));
    return session;
  }

  detach(session: Session): void {
    if (this.byResource.get(session.resource) === session) this.byResource.delete(session.resource);
    if (this.byResource.size === 0) {
      this.unsubscribe();
      this.onEmpty();
    }
  }

  nextPresenceSerial(): number {
    return this.nextSerial++;
  }

  /** Tells the mesh what the person's clients say together, when that changed. */
  publishPresence(): void {
    const { show, status } = mergedPresence(this.sessions);
    if (show === this.published.show && status === this.published.status) return;
    this.published = { show, status };
    this.account.setPresence(show, status);
  }

  /** @returns undefined, too, when nobody of this mesh can have such an address. */
  lookup(address: AddressText): ContactView | undefined {
    try {
      return this.account.lookup(address);
    } catch (error) {
      if (error instanceof HearsayError && error.code === 'ERR_ADDRESS') return undefined;
      throw error;
    }
  }

  isSelf(address: AddressText): boolean {
    const { jid, personId } = this.account;
    if (address === jid || address === `${personId}@${this.domain}`) return true;
    return address.startsWith(`dtn://${personId}/`) || this.lookup(address)?.personId === personId;
  }

  /** An id for a request of ours, unique among those of this person. */
  nextId(purpose: string): string {
    return `${purpose}-${this.nextSerial++}-${toBase32(this.context.random.bytes(5))}`;
  }

  private handOver(): void {
    for (const session of this.sessions) session.handover.flush();
  }

  private newResource(): string {
    return `hearsay-${toBase32(this.context.random.bytes(5))}`;
  }

  private onEvent(event: AccountEvent): void {
    switch (event.type) {
      case 'inbox':
        this.handOver();
        return;
      case 'message-state':
        if (hasNews(event.message)) this.handOver();
        return;
      case 'contact-changed':
        pushItem(this, event.contact);
        announce(this, event.contact);
        return;
      case 'contact-removed':
        pushRemoval(this, event.jid);
        return;
      case 'presence':
        announce(this, event.contact);
        return;
    }
  }
}
