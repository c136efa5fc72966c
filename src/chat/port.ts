/**
 * What an edge (XMPP, later IRC and the web) may ask of the core, on behalf of one local person.
 *
 * An edge never sees bundles, keys or links. Everything here is in the core's own terms; how a stanza looks is the
 * edge's business. Calls that promise durability resolve once the promise is on disk.
 */
import type { WallTimeMs } from '../base/index.js';
import type { PersonId } from '../people/index.js';
import type { Show } from '../presence/index.js';

/** Text that an edge or a person uses to name somebody: a JID, a `dtn:` address, or a bare PersonId. */
export type AddressText = string;

export type { Show };

/** What is known of somebody's reachability, as of now. */
export interface PresenceView {
  /** What they last said of themselves; `offline` when they signed off or were never heard. */
  readonly show: Show;
  /** Their own status line, as they wrote it. */
  readonly status: string;
  /** P(reachable now), in (0, 1); exactly 1 only while a link to their own device is up. */
  readonly confidence: number;
  /** Milliseconds since the newest evidence was made; undefined when there is none. */
  readonly heardAgoMs: number | undefined;
  /** Hops that the newest evidence made to get here. */
  readonly hops: number;
}

/** One roster item. The roster is ours: edges may write it only through this port. */
export interface ContactView {
  /** Stable for as long as the contact exists, e.g. `ben.k3xq2a@mesh.localhost`. */
  readonly jid: string;
  /** Undefined until somebody who fits the address has been heard of. */
  readonly personId: PersonId | undefined;
  /** The petname that the local person chose, or '' when none. */
  readonly petname: string;
  /** The nickname that they give themselves, unverified; '' when not heard yet. */
  readonly nickname: string;
  readonly groups: readonly string[];
  readonly presence: PresenceView;
}

/** The life of a message of our own. */
export type MessageState =
  /** `waitingForKey`: no profile of the recipient has been heard yet, so it cannot be sealed; it waits here. */
  | { readonly state: 'kept'; readonly waitingForKey: boolean }
  /**
   * `by`: laptops that have it on disk. `promised`: some of them have promised to keep it, and until when the longest of
   * these promises holds; the others keep it as long as they have room.
   */
  | {
      readonly state: 'carried';
      readonly by: number;
      readonly promised?: { readonly by: number; readonly until: WallTimeMs };
    }
  /** `at`: by the recipient's clock, corrected when that clock is plainly wrong. */
  | { readonly state: 'delivered'; readonly at: WallTimeMs }
  | { readonly state: 'expired'; readonly at: WallTimeMs };

export interface OutgoingMessage {
  readonly to: AddressText;
  readonly body: string;
  /** The client's own id for it (the stanza id), echoed in state changes; at most 256 bytes of UTF-8. */
  readonly clientId?: string;
  /** The client asked to be told of its delivery (XEP-0184). @default false */
  readonly wantsReceipt?: boolean;
  /** How long it is worth carrying. @default what the node is configured to */
  readonly lifetimeMs?: number;
}

/** A message of somebody else, waiting for a client. */
export interface InboxMessage {
  /** Local, unique, stable over restarts. */
  readonly inboxId: string;
  readonly from: PersonId;
  /** The contact's roster JID, or the JID that their profile or PersonId gives. */
  readonly fromJid: string;
  readonly body: string;
  /** The author's client id, or one derived from the bundle: the same wherever and whenever it is shown. */
  readonly messageId: string;
  /** When its author wrote it, in this node's wall time, whatever the author's clock said. */
  readonly writtenAt: WallTimeMs;
  /** When this node got it. */
  readonly receivedAt: WallTimeMs;
}

export interface SentMessage {
  /** Local, unique, stable over restarts. */
  readonly localId: string;
  readonly to: AddressText;
  readonly toJid: string;
  readonly clientId: string | undefined;
  readonly writtenAt: WallTimeMs;
  readonly state: MessageState;
  /** As it was asked when the message was sent. */
  readonly wantsReceipt: boolean;
  /** A client was told that it was delivered, or that it expired: see {@link Account.markOutcomeShown}. */
  readonly outcomeShown: boolean;
}

export type AccountEvent =
  | { readonly type: 'inbox'; readonly message: InboxMessage }
  | { readonly type: 'message-state'; readonly message: SentMessage }
  | { readonly type: 'contact-changed'; readonly contact: ContactView }
  | { readonly type: 'contact-removed'; readonly jid: string }
  /** Only the presence of this contact changed, by enough that a person would care. */
  | { readonly type: 'presence'; readonly contact: ContactView };

export interface Account {
  readonly personId: PersonId;
  /** The bare JID. */
  readonly jid: string;
  readonly nickname: string;

  contacts(): readonly ContactView[];
  /**
   * Adds or changes a roster item. An address that nobody is known for yet is kept and resolves by itself.
   *
   * @throws HearsayError `ERR_ADDRESS` when the text can't be an address of this mesh.
   */
  putContact(
    address: AddressText,
    change: { readonly petname?: string; readonly groups?: readonly string[] },
  ): Promise<ContactView>;
  /** @returns false when there was no such contact. */
  removeContact(address: AddressText): Promise<boolean>;
  /** The best current view of anybody that fits the address, in the roster or not. */
  lookup(address: AddressText): ContactView | undefined;

  /**
   * Takes a message over. Resolves once it is kept: on disk, synced.
   *
   * @throws HearsayError `ERR_ADDRESS`, `ERR_QUOTA` (the store is full), `ERR_TOO_LARGE`.
   */
  send(message: OutgoingMessage): Promise<SentMessage>;
  sent(): readonly SentMessage[];
  /** A client knows the end (delivered or expired) of these: it is not told again. Resolves once that is on disk. */
  markOutcomeShown(localIds: readonly string[]): Promise<void>;

  /** Messages that no client has confirmed yet, oldest first. */
  inbox(): readonly InboxMessage[];
  /** A client has it: it leaves the inbox. Resolves once that is on disk. */
  confirmInbox(inboxIds: readonly string[]): Promise<void>;

  /** What the person's clients say together; published to the mesh, signed. */
  setPresence(show: Show, status: string): void;

  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: AccountEvent) => void): () => void;
}
