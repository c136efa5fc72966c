/** What goes into the engine and what comes out. The daemon and the simulator carry the actions out. */
import type { HearsayError, Logger, Random } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { AccountEvent, ContactView, OutgoingMessage, SentMessage, Show } from '../chat/index.js';
import type { BoxKeyPair, CryptoSuite, SigningKey } from '../crypto/index.js';
import type { LinkChannel, LinkId, StrategyFactory, TransferOutcome } from '../gossip/index.js';
import type { Directory, PersonId } from '../people/index.js';
import type { PresenceModel } from '../presence/index.js';
import type { LedgerEntry, QuotaShares, StoreOp } from '../store/index.js';
import type { Objection } from './examine.js';

/** The keys of one person whom this node serves. */
export interface LocalPersonKeys {
  readonly personKey: SigningKey;
  readonly deviceKey: SigningKey;
  readonly box: BoxKeyPair;
  readonly nickname: string;
}

export interface EngineConfig {
  /** @default the real one */
  readonly crypto?: CryptoSuite;
  /** In a simulated world everybody knows everybody from the beginning, by this; then no profile is published. */
  readonly introduced?: Directory;
  readonly nodeKey: SigningKey;
  readonly people: readonly LocalPersonKeys[];
  /** The mesh domain in JIDs. */
  readonly domain: string;
  readonly quotaBytes: number;
  /** Who may take how much of it. @default what docs/custody.md says */
  readonly quotas?: QuotaShares;
  /**
   * Sealed content above this size travels in chunks of this size, of 4 to 64 KiB; with Infinity it never does.
   *
   * @default 16 KiB
   */
  readonly chunkBytes?: number;
  readonly random: Random;
  readonly log: Logger;
  readonly strategy: StrategyFactory;
  readonly presenceModel: PresenceModel;
  readonly timing: EngineTiming;
}

export interface EngineTiming {
  /** How long a message is worth carrying. @default 14 days */
  readonly messageLifetimeMs: number;
  /** How often a present person's device says so. @default 10 min */
  readonly beaconIntervalMs: number;
  /** The least time between two beacons, however often a client changes its mind. @default 5 s */
  readonly beaconGapMs: number;
  /** How often the confidence shown to clients is looked at. @default 30 s */
  readonly presenceCheckMs: number;
}

/** The host's name for an incoming transfer; unique within its link. */
export type TransferId = number;
/** The host's name for a request; it comes back in the reply. */
export type RequestId = number;

export type Command =
  | { readonly command: 'send'; readonly message: OutgoingMessage }
  | {
      readonly command: 'put-contact';
      readonly address: string;
      readonly change: { readonly petname?: string; readonly groups?: readonly string[] };
    }
  | { readonly command: 'remove-contact'; readonly address: string }
  | { readonly command: 'confirm-inbox'; readonly inboxIds: readonly string[] }
  | { readonly command: 'mark-outcome-shown'; readonly localIds: readonly string[] };

/** What a command's reply holds, by command. */
export interface CommandResults {
  readonly send: SentMessage;
  readonly 'put-contact': ContactView;
  readonly 'remove-contact': boolean;
  readonly 'confirm-inbox': undefined;
  readonly 'mark-outcome-shown': undefined;
}

export type CommandResult = CommandResults[keyof CommandResults];

export type EngineEvent =
  /** Once, before anything else. */
  | { readonly type: 'start' }
  /** Once, after everything else: people sign off. */
  | { readonly type: 'stop' }
  /** The time that `nextWake` asked for has come (or any other). */
  | { readonly type: 'wake' }
  /** `forgetful`: what the other end acknowledges may be gone at the next meeting (a medium), so all is offered again. */
  | {
      readonly type: 'link-up';
      readonly link: LinkId;
      readonly peerEid: string;
      readonly gossip: boolean;
      /** What gossip's proof is bound to. @default nothing */
      readonly channel?: LinkChannel;
      readonly forgetful?: boolean;
    }
  | { readonly type: 'link-down'; readonly link: LinkId }
  | { readonly type: 'frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** A whole bundle came, and was `tookMs` on the way; it is answered with `accept` or `refuse`. */
  | {
      readonly type: 'bundle';
      readonly link: LinkId;
      readonly transfer: TransferId;
      readonly bytes: Uint8Array;
      readonly tookMs: number;
    }
  /** The start of a bundle: the link was cut before the rest came. Before its `link-down`. */
  | { readonly type: 'bundle-cut'; readonly link: LinkId; readonly bytes: Uint8Array; readonly tookMs: number }
  /** How a `send-bundle` ended. */
  | {
      readonly type: 'sent';
      readonly link: LinkId;
      readonly key: BundleKey;
      readonly outcome: TransferOutcome | 'unexpanded';
    }
  /** What `read-bundles` asked for, in its order; undefined for what the store does not have or can't read. */
  | {
      readonly type: 'bundles-read';
      readonly message: BundleKey;
      readonly bundles: readonly (Uint8Array | undefined)[];
    }
  | { readonly type: 'committed'; readonly token: number }
  | { readonly type: 'commit-failed'; readonly token: number; readonly error: unknown }
  | { readonly type: 'command'; readonly request: RequestId; readonly person: PersonId; readonly command: Command }
  | { readonly type: 'set-presence'; readonly person: PersonId; readonly show: Show; readonly status: string };

/** Why a bundle is refused, in the core's words; the link turns it into its protocol's reason. */
export type Refusal = Exclude<TransferOutcome, 'acked' | 'cut'> | 'unexpanded';

export type EngineAction =
  /** Commit, then feed `committed` or `commit-failed` with the token. Commits keep their order. */
  | { readonly type: 'commit'; readonly token: number; readonly ops: readonly StoreOp[] }
  /** The bundle is on disk (or known to be): acknowledge it. */
  | { readonly type: 'accept'; readonly link: LinkId; readonly transfer: TransferId }
  | {
      readonly type: 'refuse';
      readonly link: LinkId;
      readonly transfer: TransferId;
      readonly reason: Refusal;
      /** What exactly made it unacceptable. */
      readonly objection?: Objection;
    }
  | { readonly type: 'send-frame'; readonly link: LinkId; readonly bytes: Uint8Array }
  /** Read the bundle, bring it up to date with `forLink`, send it, and feed `sent`. */
  | { readonly type: 'send-bundle'; readonly link: LinkId; readonly entry: LedgerEntry; readonly compact: boolean }
  /** Read these, then feed `bundles-read` with the same `message`. Two at a time are asked for at most. */
  | { readonly type: 'read-bundles'; readonly message: BundleKey; readonly keys: readonly BundleKey[] }
  /** `backOffMs`: the neighbour broke the rules; to meet it again before would be in vain. */
  | { readonly type: 'close-link'; readonly link: LinkId; readonly reason: string; readonly backOffMs?: number }
  | {
      readonly type: 'reply';
      readonly request: RequestId;
      readonly result:
        | { readonly ok: true; readonly value: CommandResult }
        | { readonly ok: false; readonly error: HearsayError };
    }
  | { readonly type: 'notify'; readonly person: PersonId; readonly event: AccountEvent };
