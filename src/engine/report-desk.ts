/**
 * Bundle status reports (RFC 9171 §5, §6.1): those that others ask this node for, and those that are sent to it.
 *
 * A report goes wherever a bundle says, and in a mesh it is carried by everybody: whoever could have reports made at will
 * would have the mesh work against somebody. So none is made about fragments, about what names a person it has not proved, or twice
 * about one handing on; none beyond the budget (`ReportBudget`); each is small, lives a day at most, and is stored as the mail
 * of an unknown author, never in the room of this node's people.
 */
import { DAY_MS, DecodeError, later, type Now, toDtnTime } from '../base/index.js';
import {
  BundleFlag,
  bundleKeyOf,
  createStatusReport,
  decodeAdminRecord,
  encodeBundle,
  formatEid,
  parseEid,
  type ReportableEvent,
  ReportBudget,
  type ReportOccasion,
  ReportReason,
  type ReportSubject,
  reportSubjectOf,
  signBundle,
} from '../bundle/index.js';
import { nodeEid } from '../people/index.js';
import { BundleClass, type Candidate, type DropReason, type LedgerEntry } from '../store/index.js';
import type { Core } from './core.js';
import type { Inspected } from './examine.js';
import type { Transaction } from './transaction.js';

/** A report that has not arrived by then tells nobody anything any more. */
const MAX_LIFETIME_MS = DAY_MS;
const HOP_LIMIT = 32;

/** Why bundles leave that somebody might have waited for. */
const DELETED: Partial<Readonly<Record<DropReason, number>>> = {
  expired: ReportReason.LifetimeExpired,
  evicted: ReportReason.DepletedStorage,
  'hop-limit': ReportReason.HopLimitExceeded,
};

export interface ReportCounts {
  readonly sent: Readonly<Record<ReportableEvent, number>>;
  /** Asked for and not made: over the budget, or without room. */
  readonly withheld: number;
  /** About bundles of others, to this node or one of its people. */
  readonly taken: number;
}

export class ReportDesk {
  readonly #core: Core;
  readonly #budget = new ReportBudget();
  readonly #sent: Record<ReportableEvent, number> = { received: 0, forwarded: 0, delivered: 0, deleted: 0 };
  #withheld = 0;
  #taken = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  get counts(): ReportCounts {
    return { sent: { ...this.#sent }, withheld: this.#withheld, taken: this.#taken };
  }

  /** It is being taken in, in this transaction. */
  received(transaction: Transaction, { bundle, occasions, fragment, expiresAt }: Inspected, now: Now): void {
    if (fragment !== undefined) return;
    const received = { event: 'received' as const, reason: ReportReason.NoInformation };
    // One report says that it came; which of the two asked for it makes no difference.
    const occasion = occasions.find(({ event }) => event === 'received') ?? received;
    this.#report(transaction, reportSubjectOf(bundle), occasion, expiresAt - now.steady, now);
  }

  /** It has been given to somebody's client. */
  delivered(transaction: Transaction, { bundle, expiresAt }: Inspected, now: Now): void {
    const occasion = { event: 'delivered' as const, reason: ReportReason.NoInformation };
    this.#report(transaction, reportSubjectOf(bundle), occasion, expiresAt - now.steady, now);
  }

  /** Another node has it: the first time this is said. */
  forwarded(transaction: Transaction, entry: LedgerEntry, now: Now): void {
    const { reports, expiresAt } = entry;
    if (reports === undefined || (reports.flags & BundleFlag.ReportForwarding) === 0) return;
    if (!this.#core.holds(entry.key)) return;
    const occasion = { event: 'forwarded' as const, reason: ReportReason.NoInformation };
    this.#report(transaction, subjectOf(entry, reports), occasion, expiresAt - now.steady, now);
    const flags = reports.flags - BundleFlag.ReportForwarding;
    const held = this.#core.state.ledger.get(entry.key) ?? entry;
    transaction.store({ op: 'update', entry: { ...held, reports: { ...reports, flags } } });
  }

  /** It leaves the store, in this transaction. */
  dropped(transaction: Transaction, entry: LedgerEntry, why: DropReason, now: Now): void {
    const reason = DELETED[why];
    if (entry.reports === undefined || reason === undefined) return;
    this.#report(transaction, subjectOf(entry, entry.reports), { event: 'deleted', reason }, MAX_LIFETIME_MS, now);
  }

  /** It was looked at and not taken in. */
  refused(subject: ReportSubject, occasions: readonly ReportOccasion[], now: Now): void {
    const transaction = this.#core.begin();
    for (const occasion of occasions) this.#report(transaction, subject, occasion, MAX_LIFETIME_MS, now);
    this.#core.commit(transaction);
  }

  /** An administrative record for this node or one of its people. @returns false when it can't be read. */
  take(transaction: Transaction, { payload, source, destination }: Inspected): boolean {
    try {
      const record = decodeAdminRecord(payload);
      transaction.afterCommit(() => {
        this.#taken++;
        const about = record.kind === 'status-report' ? formatEid(record.report.source) : record.kind;
        this.#core.config.log.debug('a report has come', { source, destination, about });
      });
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  #report(
    transaction: Transaction,
    subject: ReportSubject,
    occasion: ReportOccasion,
    lifetimeMs: number,
    now: Now,
  ): void {
    if (this.#core.isOwn(subject.reportTo)) return;
    const time = now.wallTrusted ? toDtnTime(now.wall) : 0;
    const report = createStatusReport(
      subject,
      { ...occasion, time },
      {
        node: nodeEid(this.#core.node),
        creation: this.#core.nextCreation(now),
        lifetimeMs: Math.max(1, Math.round(Math.min(lifetimeMs, MAX_LIFETIME_MS))),
        hopLimit: HOP_LIMIT,
      },
    );
    if (report === undefined) return;
    // The key itself is the key id: whoever gets it can check it against the laptop's id.
    const { nodeKey } = this.#core.config;
    const signer = { privateKey: nodeKey, keyId: nodeKey.publicKey, securitySource: nodeEid(this.#core.node) };
    const allowed = this.#budget.take(subject.reportTo, now.steady);
    if (!allowed || !this.#store(transaction, signBundle(report, signer), now)) {
      this.#withheld++;
      return;
    }
    transaction.afterCommit(() => {
      this.#sent[occasion.event]++;
    });
  }

  #store(transaction: Transaction, report: ReturnType<typeof signBundle>, now: Now): boolean {
    const { primary } = report;
    const bytes = encodeBundle(report);
    const copies = this.#core.routing.budget({ class: BundleClass.Bulk });
    const candidate: Candidate = {
      key: bundleKeyOf(report),
      class: BundleClass.Bulk,
      sizeBytes: bytes.length,
      source: formatEid(primary.source),
      destination: formatEid(primary.destination),
      createdAt: Number(primary.creation.time),
      receivedAt: now.steady,
      ageAtReceiptMs: 0,
      expiresAt: later(now.steady, Number(primary.lifetimeMs)),
      hops: 0,
      own: false,
      ...(copies === undefined ? {} : { copies }),
    };
    const admission = this.#core.state.ledger.admit(candidate, now.steady);
    // What would have to make room for it is worth more.
    if (!admission.admit || admission.evict.length > 0) return false;
    transaction.store({ op: 'put', bytes, entry: { ...candidate, seq: this.#core.state.ledger.nextSeq() } });
    return true;
  }
}

function subjectOf(
  entry: LedgerEntry,
  { flags, reportTo, creation }: NonNullable<LedgerEntry['reports']>,
): ReportSubject {
  return { flags, reportTo: parseEid(reportTo), source: parseEid(entry.source), creation };
}
