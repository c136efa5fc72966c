/** Messages of and for local people: sending, sealing, delivering, receipts, and what becomes of each. */
import { DecodeError, HearsayError, later, type Now, type SteadyMs, toHex, utf8, wallTimeMs } from '../base/index.js';
import { type BundleKey, type CreationTimestamp, parseEid } from '../bundle/index.js';
import {
  chunkOf,
  decodeMessage,
  decodeReceipt,
  encodeMessage,
  encodeReceipt,
  type InboxRecord,
  MAX_BODY_BYTES,
  MAX_MESSAGE_ID_BYTES,
  type OutboxRecord,
  type OutgoingMessage,
  originTime,
  type SentMessage,
} from '../chat/index.js';
import { boxKeyIdOf, jidOfAddress, type PersonId, personOf, receiptEndpoint } from '../people/index.js';
import { BundleClass, type Counts, type LedgerEntry, Tally } from '../store/index.js';
import { makeRoom } from './bounds.js';
import { Carriers } from './carriers.js';
import { publishContent } from './chunking.js';
import { type Core, rememberUntil } from './core.js';
import type { Examined } from './examine.js';
import type { LocalPerson } from './local-person.js';
import { recordKey } from './state.js';
import type { Transaction } from './transaction.js';
import type { Views } from './views.js';

/** Text that waits for its recipient's key may not fill the disk. */
const WAITING_SHARE = 0.25;
/** A receipt outlives its message a little, to clear the copies that live longest. */
const RECEIPT_MARGIN_MS = 86_400_000;
/** Receipts remembered before their message came. One that is forgotten costs a copy carried in vain. */
const MAX_EARLY_RECEIPTS = 50_000;
/** How long the story of a finished message is kept. */
const HISTORY_MS = 60 * 86_400_000;

/** Sealed content that came for one of our people, whole, and what is known of its bundle. */
export interface Content {
  readonly key: BundleKey;
  readonly author: PersonId;
  readonly payload: Uint8Array;
  readonly creation: CreationTimestamp;
  /** Now. */
  readonly ageMs: number;
  readonly expiresAt: SteadyMs;
}

export type Delivery = 'delivered' | 'not-for-us' | 'no-room' | 'bad-payload';

export class Messaging {
  readonly #core: Core;
  readonly #views: Views;
  /** Who has what of our messages. */
  readonly carriers: Carriers;
  readonly #inboxRefusals = new Tally<'inbox-quota'>();

  constructor(core: Core, views: Views) {
    this.#core = core;
    this.#views = views;
    this.carriers = new Carriers(core, (transaction, key, record) => this.#update(transaction, key, record));
  }

  /** Messages for our people that the inbox had no room for, by the tier of their author. */
  get inboxRefusals(): Counts<'inbox-quota'> {
    return this.#inboxRefusals.read();
  }

  /**
   * Takes a message over; the caller commits.
   *
   * @throws HearsayError `ERR_ADDRESS`, `ERR_TOO_LARGE`, `ERR_QUOTA`
   */
  send(transaction: Transaction, sender: LocalPerson, message: OutgoingMessage, now: Now): SentMessage {
    if (utf8(message.body).length > MAX_BODY_BYTES) {
      throw new HearsayError('ERR_TOO_LARGE', `a message may have ${MAX_BODY_BYTES} bytes at most`);
    }
    const address = this.#views.parse(message.to);
    const person = this.#views.resolve(sender.id, address);
    const { domain, timing, random } = this.#core.config;
    const record: OutboxRecord = {
      localId: `${Math.round(now.steady).toString(36).padStart(9, '0')}-${toHex(random.bytes(6))}`,
      to: message.to,
      toJid: person === undefined ? jidOfAddress(address, domain) : this.#views.jidFor(sender.id, person),
      person,
      clientId: message.clientId,
      writtenAt: now.wall,
      keptSince: now.steady,
      expiresAt: later(now.steady, message.lifetimeMs ?? timing.messageLifetimeMs),
      body: message.body,
      bundle: undefined,
      carriers: [],
      promises: [],
      outcome: undefined,
      wantsReceipt: message.wantsReceipt ?? false,
      outcomeShown: false,
    };
    const kept = this.#sendOn(transaction, sender, record, now);
    if (kept.body !== undefined) this.#requireRoomToWait(kept.body);
    transaction.set(this.#core.state.outbox, recordKey(sender.id, record.localId), kept);
    return this.#views.sentMessage(kept);
  }

  /** Text that waits for a key is not in the ledger, so it has a share of its own. */
  #requireRoomToWait(body: string): void {
    const waiting = this.#core.state.waitingBytes + body.length;
    if (waiting <= this.#core.config.quotaBytes * WAITING_SHARE) return;
    throw new HearsayError('ERR_QUOTA', 'too much is waiting for recipients that have not been heard of yet');
  }

  /** @returns the record as it is after whatever can be done for it now; unchanged when it has to wait. */
  #sendOn(transaction: Transaction, sender: LocalPerson, record: OutboxRecord, now: Now): OutboxRecord {
    const recipient = record.person === undefined ? undefined : this.#core.locals.get(record.person);
    return recipient === undefined
      ? this.#sealIfPossible(transaction, sender, record, now)
      : this.#handOver(transaction, sender, recipient, record, now);
  }

  /** Both people use this node: nothing needs to travel. */
  #handOver(
    transaction: Transaction,
    sender: LocalPerson,
    recipient: LocalPerson,
    record: OutboxRecord,
    now: Now,
  ): OutboxRecord {
    this.#fillInbox(transaction, recipient, {
      inboxId: record.localId,
      from: sender.id,
      messageId: messageIdOf(record),
      body: record.body ?? '',
      writtenAt: record.writtenAt,
      receivedAt: now.wall,
    });
    const delivered: OutboxRecord = { ...record, body: undefined, outcome: { state: 'delivered', at: now.wall } };
    transaction.afterCommit(() => {
      this.#core.notify(sender.id, { type: 'message-state', message: this.#views.sentMessage(delivered) });
    });
    return delivered;
  }

  /** @returns the record with its bundle, or unchanged while no key of the recipient is known. */
  #sealIfPossible(transaction: Transaction, sender: LocalPerson, record: OutboxRecord, now: Now): OutboxRecord {
    if (record.person === undefined || record.body === undefined) return record;
    const devices = this.#core.state.directory.devicesOf(record.person);
    if (devices.length === 0) return record;
    const content = encodeMessage({
      author: sender.id,
      id: messageIdOf(record),
      body: record.body,
      heldMs: Math.max(0, now.steady - record.keptSince),
    });
    const recipients = devices.map(({ boxKey }) => ({ keyId: boxKeyIdOf(boxKey), publicKey: boxKey }));
    const outgoing = {
      sender,
      to: record.person,
      content: this.#core.crypto.seal(content, recipients, this.#core.config.random),
      lifetimeMs: Math.max(1, Math.round(record.expiresAt - now.steady)),
    };
    const entry = publishContent(this.#core, transaction, outgoing, now);
    return { ...record, body: undefined, bundle: entry.key };
  }

  /** What waited for a key that is known by now, or for room, goes on its way. */
  sealWaiting(transaction: Transaction, now: Now): void {
    for (const key of this.#core.state.waiting()) {
      const record = this.#core.state.outbox.get(key);
      const sender = this.#senderOf(key);
      if (record === undefined || sender === undefined) continue;
      const person = record.person ?? this.#views.resolve(sender.id, this.#views.parse(record.to));
      if (person === undefined) continue;
      try {
        this.#update(transaction, key, this.#sendOn(transaction, sender, { ...record, person }, now));
      } catch (error) {
        if (!(error instanceof HearsayError) || error.code !== 'ERR_QUOTA') throw error;
        this.#core.config.log.warn('a message waits on: the store is full', { localId: record.localId });
      }
    }
  }

  /** Whether the inbox will take a text of about this size. A refusal is counted. */
  hasRoomFor(author: PersonId, textBytes: number): boolean {
    if (this.#core.state.inboxBudget.hasRoomFor(author, textBytes)) return true;
    this.#inboxRefusals.count('inbox-quota', this.#core.state.standing.tierOfAuthor(author));
    return false;
  }

  /** Sealed content for one of our people: opens it, and puts it and its receipt into the transaction. */
  deliver(transaction: Transaction, recipient: LocalPerson, content: Content, now: Now): Delivery {
    const opened = this.#core.crypto.openSealed(content.payload, (keyId) =>
      toHex(keyId) === toHex(recipient.boxKeyId) ? recipient.box.secretKey : undefined,
    );
    if (!opened.ok) return opened.code === 'not-for-us' ? 'not-for-us' : 'bad-payload';
    let message: ReturnType<typeof decodeMessage>;
    try {
      message = decodeMessage(opened.plaintext);
    } catch (error) {
      if (error instanceof DecodeError) return 'bad-payload';
      throw error;
    }
    if (message.author !== content.author) return 'bad-payload';
    if (!this.hasRoomFor(content.author, message.body.length)) return 'no-room';
    if (!this.#publishReceipt(transaction, recipient, content, now)) return 'no-room';
    const composedAt = originTime(content.creation.time, content.ageMs, now) - message.heldMs;
    this.#fillInbox(transaction, recipient, {
      inboxId: content.key,
      from: content.author,
      messageId: message.id,
      body: message.body,
      writtenAt: wallTimeMs(composedAt),
      receivedAt: now.wall,
    });
    transaction.store({
      op: 'see',
      key: content.key,
      reason: 'delivered',
      rememberUntil: rememberUntil({ expiresAt: content.expiresAt, receivedAt: now.steady }),
      author: content.author,
    });
    return 'delivered';
  }

  /** @returns false when the store has no room for it: then the message is not taken either, or its author never knew. */
  #publishReceipt(transaction: Transaction, recipient: LocalPerson, content: Content, now: Now): boolean {
    const spec = {
      destination: receiptEndpoint(content.author),
      payload: encodeReceipt([content.key]),
      lifetimeMs: Math.round(Math.max(0, content.expiresAt - now.steady)) + RECEIPT_MARGIN_MS,
    };
    try {
      this.#core.publish(transaction, recipient, BundleClass.Receipt, spec, now);
      return true;
    } catch (error) {
      if (error instanceof HearsayError && error.code === 'ERR_QUOTA') return false;
      throw error;
    }
  }

  #fillInbox(transaction: Transaction, recipient: LocalPerson, record: InboxRecord): void {
    transaction.set(this.#core.state.inbox, recordKey(recipient.id, record.inboxId), record);
    transaction.afterCommit(() => {
      this.#core.notify(recipient.id, { type: 'inbox', message: this.#views.inboxMessage(recipient.id, record) });
    });
  }

  /**
   * A verified receipt: clears the copies it names that were meant for its author, and tells ours that they arrived.
   *
   * @returns false when its payload is not a receipt.
   */
  takeReceipt(transaction: Transaction, examined: Examined, now: Now): boolean {
    let keys: readonly BundleKey[];
    try {
      keys = decodeReceipt(examined.payload);
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
    for (const key of keys) {
      const entry = this.#core.state.ledger.get(key);
      // Only the one it was for can say that it arrived.
      if (entry !== undefined && recipientOf(entry) === examined.author)
        this.#core.drop(transaction, entry, 'receipted');
      for (const chunk of this.#core.chunksOf(examined.author, key)) this.#core.drop(transaction, chunk, 'receipted');
      for (const piece of [...this.#core.state.ledger.fragmentsOf(key)]) {
        if (recipientOf(piece) === examined.author) this.#core.drop(transaction, piece, 'receipted');
      }
      if (entry === undefined && !this.#isDone(key)) {
        const { receipts } = this.#core.state;
        makeRoom(transaction, receipts, recordKey(key, examined.author), MAX_EARLY_RECEIPTS);
        transaction.set(receipts, recordKey(key, examined.author), Math.round(examined.expiresAt));
      }
      const outboxKey = this.#core.state.outboxKeyOf(key);
      const record = outboxKey === undefined ? undefined : this.#core.state.outbox.get(outboxKey);
      if (outboxKey === undefined || record?.person !== examined.author || record.outcome?.state === 'delivered')
        continue;
      const at = originTime(examined.bundle.primary.creation.time, examined.ageMs, now);
      // A client that was told it had expired must hear that it arrived after all.
      this.#update(transaction, outboxKey, { ...record, outcome: { state: 'delivered', at }, outcomeShown: false });
    }
    return true;
  }

  /** Whether the recipient has said already that this bundle, or the message whose chunk it is, arrived. */
  isReceipted(examined: Pick<Examined, 'bundle' | 'class' | 'destination' | 'key'>): boolean {
    const chunk = examined.class === BundleClass.Bulk ? chunkOf(examined.destination) : undefined;
    if (chunk !== undefined && this.#isDone(chunk.message)) return true;
    const recipient = personOf(examined.bundle.primary.destination);
    const message = chunk?.message ?? examined.key;
    return recipient !== undefined && this.#core.state.receipts.get(recordKey(message, recipient)) !== undefined;
  }

  /** Whether a message need not come any more, nor its chunks: what made room, or moved on, may still have some about. */
  #isDone(message: BundleKey): boolean {
    const reason = this.#core.state.ledger.seen(message)?.reason;
    return reason !== undefined && reason !== 'evicted' && reason !== 'forwarded';
  }

  /** A bundle's time is up; if it was a message of ours, its author is told. */
  expired(transaction: Transaction, entry: LedgerEntry, now: Now): void {
    const key = this.#core.state.outboxKeyOf(entry.key);
    if (key !== undefined) this.#expire(transaction, key, now);
  }

  #expire(transaction: Transaction, key: string, now: Now): void {
    const record = this.#core.state.outbox.get(key);
    if (record === undefined || record.outcome !== undefined) return;
    this.#update(transaction, key, { ...record, body: undefined, outcome: { state: 'expired', at: now.wall } });
  }

  /** Expires what waited in vain for a key, and forgets finished stories. */
  sweep(transaction: Transaction, now: Now): void {
    for (const key of this.#core.state.waiting()) {
      if ((this.#core.state.outbox.get(key)?.expiresAt ?? Number.POSITIVE_INFINITY) <= now.steady) {
        this.#expire(transaction, key, now);
      }
    }
    for (const [key, record] of [...this.#core.state.outbox.entries()]) {
      if (record.outcome !== undefined && record.keptSince + HISTORY_MS < now.steady) {
        transaction.unset(this.#core.state.outbox, key);
      }
    }
    for (const [key, until] of [...this.#core.state.receipts.entries()]) {
      if (until <= now.steady) transaction.unset(this.#core.state.receipts, key);
    }
  }

  /** A client has these: they leave the inbox. */
  confirm(transaction: Transaction, owner: LocalPerson, inboxIds: readonly string[]): undefined {
    for (const id of inboxIds) transaction.unset(this.#core.state.inbox, recordKey(owner.id, id));
    return undefined;
  }

  /** A client was told how these ended. */
  markShown(transaction: Transaction, owner: LocalPerson, localIds: readonly string[]): undefined {
    for (const id of localIds) {
      const key = recordKey(owner.id, id);
      const record = this.#core.state.outbox.get(key);
      if (record !== undefined && !record.outcomeShown) {
        transaction.set(this.#core.state.outbox, key, { ...record, outcomeShown: true });
      }
    }
    return undefined;
  }

  #update(transaction: Transaction, key: string, record: OutboxRecord): void {
    const before = this.#core.state.outbox.get(key);
    const sender = this.#senderOf(key);
    if (record === before || sender === undefined) return;
    transaction.set(this.#core.state.outbox, key, record);
    transaction.afterCommit(() => {
      this.#core.notify(sender.id, { type: 'message-state', message: this.#views.sentMessage(record) });
    });
  }

  #senderOf(outboxKey: string): LocalPerson | undefined {
    return this.#core.locals.get(outboxKey.split(' ', 1)[0] as PersonId);
  }
}

function recipientOf(entry: LedgerEntry): PersonId | undefined {
  return personOf(parseEid(entry.destination));
}

/** The id that the message has everywhere: its client's, unless that is too long to carry. */
function messageIdOf(record: OutboxRecord): string {
  const id = record.clientId;
  return id !== undefined && id !== '' && utf8(id).length <= MAX_MESSAGE_ID_BYTES ? id : record.localId;
}
