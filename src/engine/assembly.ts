/**
 * Messages that come in chunks, at the laptop of the one they are for: kept as they come, put together when all are here.
 *
 * | a message's parts | what happens |
 * | --- | --- |
 * | its bundle, with a manifest | stored, with a record of what is to come, if the inbox will have room |
 * | a chunk, before or after | stored; refused when it can't be one of that message's |
 * | all of them | read, one message at a time; hashed, opened, delivered and let go, in one commit |
 * | not what the manifest says | let go, and remembered so that they do not come again |
 * | sealed to other devices | carried on to them |
 * | some, until the lifetime ends | let go as any bundle is |
 *
 * All of it is on disk, so a crash at any point costs nothing but a second reading.
 */
import { DecodeError, type Now } from '../base/index.js';
import { type BundleKey, decodeBundle, parseEid, payloadOf } from '../bundle/index.js';
import {
  type AssemblyRecord,
  assemble,
  type Chunk,
  chunkCount,
  chunkKeys,
  chunkLength,
  chunkOf,
  decodeChunk,
  decodeManifest,
  type Manifest,
  messageOfChunk,
} from '../chat/index.js';
import { type PersonId, personOf } from '../people/index.js';
import type { DropReason, LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import type { Examined } from './examine.js';
import type { LocalPerson } from './local-person.js';
import type { Delivery, Messaging } from './messaging.js';
import type { Transaction } from './transaction.js';

/** What a chunk's bundle may have beside its content; more would fill memory when all are read. */
const MAX_BUNDLE_OVERHEAD_BYTES = 4096;

interface Parts {
  readonly message: LedgerEntry;
  readonly record: AssemblyRecord;
  readonly recipient: LocalPerson;
  readonly author: PersonId;
  /** By index. */
  readonly chunks: readonly LedgerEntry[];
}

export class Assembly {
  readonly #core: Core;
  readonly #messaging: Messaging;
  /** Whole, and waiting for those before them. */
  readonly #due = new Set<BundleKey>();
  #reading: BundleKey | undefined;
  /** Whole, and not delivered: for want of room, or because the disk refused. */
  readonly #stalled = new Set<BundleKey>();

  constructor(core: Core, messaging: Messaging) {
    this.#core = core;
    this.#messaging = messaging;
  }

  /** Whether something waits that {@link retry} may help. */
  get hasStalled(): boolean {
    return this.#stalled.size > 0;
  }

  /** What was whole before a restart is put together after it. */
  start(): void {
    for (const [message] of this.#core.state.assemblies.entries()) this.#consider(message as BundleKey);
  }

  /** The inbox may have room by now, and the disk too. */
  retry(): void {
    const stalled = [...this.#stalled];
    this.#stalled.clear();
    for (const message of stalled) this.#consider(message);
  }

  /** A message with a manifest, for one of our people. The caller stores its bundle. */
  begin(transaction: Transaction, examined: Examined): 'carry' | 'no-room' | 'bad-payload' {
    const manifest = orUndefined(() => decodeManifest(examined.payload));
    const { source, creation } = examined.bundle.primary;
    if (manifest === undefined || chunkKeys(source, creation, manifest) === undefined) return 'bad-payload';
    if (!this.#messaging.hasRoomFor(examined.author, manifest.totalBytes)) return 'no-room';
    const record = { manifest, creation, forOthers: false };
    transaction.set(this.#core.state.assemblies, examined.key, record);
    transaction.afterCommit(() => this.#consider(examined.key));
    return 'carry';
  }

  /** A chunk of anybody's message. The caller stores it. */
  takeChunk(transaction: Transaction, examined: Examined): 'carry' | 'bad-payload' {
    const of = chunkOf(examined.destination);
    // Another service, that this version does not know.
    if (of === undefined) return 'carry';
    const chunk = orUndefined(() => decodeChunk(examined.payload));
    if (chunk === undefined || messageOfChunk(examined.bundle.primary, chunk.index) !== of.message)
      return 'bad-payload';
    if (!this.#core.locals.has(of.person)) return 'carry';
    const manifest = this.#core.state.assemblies.get(of.message)?.manifest;
    if (manifest !== undefined && chunk.bytes.length !== chunkLength(manifest, chunk.index)) return 'bad-payload';
    transaction.afterCommit(() => this.#consider(of.message));
    return 'carry';
  }

  /** If the message is whole it is put together, now or after those before it. */
  #consider(message: BundleKey): void {
    if (this.#reading === message || this.#whole(message) === undefined) return;
    this.#due.add(message);
    this.#readNext();
  }

  #readNext(): void {
    while (this.#reading === undefined) {
      const [message] = this.#due;
      if (message === undefined) return;
      this.#due.delete(message);
      const parts = this.#whole(message);
      if (parts !== undefined) this.#read(parts);
    }
  }

  #read({ message, record, author, chunks }: Parts): void {
    const { totalBytes } = record.manifest;
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    if (sizeBytes > totalBytes + chunks.length * MAX_BUNDLE_OVERHEAD_BYTES) return this.#giveUp(message.key);
    if (!this.#messaging.hasRoomFor(author, totalBytes)) {
      this.#stalled.add(message.key);
      return;
    }
    this.#reading = message.key;
    this.#core.emit({ type: 'read-bundles', message: message.key, keys: chunks.map(({ key }) => key) });
  }

  /** What was asked for is here: `bundles` in the order of the chunks. */
  onRead(message: BundleKey, bundles: readonly (Uint8Array | undefined)[], now: Now): void {
    if (this.#reading !== message) return;
    this.#reading = undefined;
    const parts = this.#whole(message);
    // A part has gone meanwhile, or the disk does not give it.
    if (bundles.some((bytes) => bytes === undefined)) this.#stalled.add(message);
    else if (parts !== undefined) this.#finish(parts, bundles as readonly Uint8Array[], now);
    this.#readNext();
  }

  #finish(parts: Parts, bundles: readonly Uint8Array[], now: Now): void {
    const { message, record } = parts;
    const payload = putTogether(record.manifest, bundles);
    if (payload === undefined) return this.#giveUp(message.key);
    const transaction = this.#core.begin();
    switch (this.#deliver(transaction, parts, payload, now)) {
      case 'delivered':
        break;
      case 'not-for-us':
        transaction.set(this.#core.state.assemblies, message.key, { ...record, forOthers: true });
        break;
      case 'no-room':
        transaction.abandon();
        this.#stalled.add(message.key);
        return;
      case 'bad-payload':
        transaction.abandon();
        return this.#giveUp(message.key);
    }
    transaction.afterFailure(() => this.#stalled.add(message.key));
    this.#core.commit(transaction);
  }

  #deliver(transaction: Transaction, parts: Parts, payload: Uint8Array, now: Now): Delivery {
    const { message, record, recipient, author } = parts;
    const { key, expiresAt, ageAtReceiptMs, receivedAt } = message;
    const content = {
      key,
      author,
      payload,
      creation: record.creation,
      ageMs: ageAtReceiptMs + Math.max(0, now.steady - receivedAt),
      expiresAt,
    };
    const delivery = this.#messaging.deliver(transaction, recipient, content, now);
    if (delivery === 'delivered') this.#drop(transaction, message, 'delivered');
    return delivery;
  }

  /** Its author has announced something else than they sent. */
  #giveUp(message: BundleKey): void {
    const entry = this.#core.state.ledger.get(message);
    if (entry === undefined) return;
    this.#core.config.log.warn('a message in chunks is not what it says, and is let go', { message });
    const transaction = this.#core.begin();
    this.#drop(transaction, entry, 'bad-payload');
    this.#core.commit(transaction);
  }

  #drop(transaction: Transaction, message: LedgerEntry, reason: DropReason): void {
    const person = personOf(parseEid(message.destination));
    const chunks = person === undefined ? [] : this.#core.chunksOf(person, message.key);
    for (const entry of [message, ...chunks]) this.#core.drop(transaction, entry, reason);
  }

  /** @returns all parts of a message of which every one is on disk. */
  #whole(message: BundleKey): Parts | undefined {
    const { ledger, assemblies } = this.#core.state;
    const [entry, record] = [ledger.get(message), assemblies.get(message)];
    if (entry === undefined || record === undefined || record.forOthers || !this.#core.holds(message)) return undefined;
    const [source, destination] = [parseEid(entry.source), parseEid(entry.destination)];
    const [author, person] = [personOf(source), personOf(destination)];
    const recipient = person && this.#core.locals.get(person);
    if (author === undefined || recipient === undefined) return undefined;
    // Counting is cheap, and nearly always enough to tell.
    if (this.#core.chunksOf(recipient.id, message).length < chunkCount(record.manifest)) return undefined;
    const chunks: LedgerEntry[] = [];
    for (const key of chunkKeys(source, record.creation, record.manifest) ?? []) {
      const chunk = ledger.get(key);
      if (chunk === undefined || !this.#core.holds(key)) return undefined;
      chunks.push(chunk);
    }
    return { message: entry, record, recipient, author, chunks };
  }
}

/** @returns undefined when these are not the chunks of the content that was announced. */
function putTogether(manifest: Manifest, bundles: readonly Uint8Array[]): Uint8Array | undefined {
  return orUndefined(() => assemble(manifest, chunksIn(bundles)));
}

function* chunksIn(bundles: readonly Uint8Array[]): Iterable<Chunk> {
  for (const bytes of bundles) yield decodeChunk(payloadOf(decodeBundle(bytes)));
}

/** What comes from outside may be anything. */
function orUndefined<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
