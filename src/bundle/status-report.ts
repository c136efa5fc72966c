/**
 * When a node answers with a bundle status report, RFC 9171 §5 and §6.2, and how seldom.
 *
 * A report goes to whomever a bundle names, so a forged bundle aims our reports at a victim. Hence only what was asked for
 * is reported, never about reports, never to nobody or to a group, and at a bounded rate.
 */
import type { SteadyMs } from '../base/index.js';
import { encodeAdminRecord, type StatusAssertion } from './admin-record.js';
import { payloadOf } from './blocks.js';
import { createBundle } from './create.js';
import { formatEid, isSingleton } from './eid.js';
import { type Bundle, BundleFlag, type CreationTimestamp, type Eid, type PrimaryBlock, type Uint64 } from './types.js';

export type ReportableEvent = 'received' | 'forwarded' | 'delivered' | 'deleted';

/** What happened to a bundle here. */
export interface ReportOccasion {
  readonly event: ReportableEvent;
  /** One of `ReportReason`. */
  readonly reason: number;
  /** A block that could not be processed asks for the report (block flag 1), whatever the bundle's flags say. */
  readonly blockAsks?: boolean;
  /** When it happened, as DTN time; 0 or absent without a clock that can be trusted. */
  readonly time?: Uint64;
}

/** All that a report says of its bundle: enough to report when the bundle itself is gone. */
export interface ReportSubject extends Pick<PrimaryBlock, 'flags' | 'source' | 'reportTo' | 'creation'> {
  readonly fragment?: { readonly offset: Uint64; readonly length: Uint64 };
}

/** Who reports. */
export interface Reporter {
  /** The node's administrative endpoint. */
  readonly node: Eid;
  /** Of the report itself; with time 0 it gets an age of 0. */
  readonly creation: CreationTimestamp;
  readonly lifetimeMs: number;
  readonly hopLimit?: number;
}

const FLAG_OF: Readonly<Record<ReportableEvent, number>> = {
  received: BundleFlag.ReportReception,
  forwarded: BundleFlag.ReportForwarding,
  delivered: BundleFlag.ReportDelivery,
  deleted: BundleFlag.ReportDeletion,
};

export function reportSubjectOf(bundle: Bundle): ReportSubject {
  const { flags, source, reportTo, creation, fragment } = bundle.primary;
  const subject = { flags, source, reportTo, creation };
  if (fragment === undefined) return subject;
  return { ...subject, fragment: { offset: fragment.offset, length: payloadOf(bundle).length } };
}

/** @returns the report as a bundle, unsigned; undefined where none may be made. */
export function createStatusReport(
  about: Bundle | ReportSubject,
  occasion: ReportOccasion,
  reporter: Reporter,
): Bundle | undefined {
  const subject = 'primary' in about ? reportSubjectOf(about) : about;
  if (!mayReport(subject, occasion)) return undefined;
  const { event, reason, time } = occasion;
  const wantsTime = (subject.flags & BundleFlag.StatusTimeRequested) !== 0;
  const happened: StatusAssertion = { asserted: true, ...(wantsTime ? { time: time ?? 0 } : {}) };
  const didNot: StatusAssertion = { asserted: false };
  const status = (item: ReportableEvent): StatusAssertion => (item === event ? happened : didNot);
  const payload = encodeAdminRecord({
    kind: 'status-report',
    report: {
      received: status('received'),
      forwarded: status('forwarded'),
      delivered: status('delivered'),
      deleted: status('deleted'),
      reason,
      source: subject.source,
      creation: subject.creation,
      ...(subject.fragment === undefined ? {} : { fragment: subject.fragment }),
    },
  });
  return createBundle({
    source: reporter.node,
    destination: subject.reportTo,
    flags: BundleFlag.IsAdminRecord,
    creation: reporter.creation,
    lifetimeMs: reporter.lifetimeMs,
    payload,
    ...(reporter.creation.time === 0 ? { ageMs: 0 } : {}),
    ...(reporter.hopLimit === undefined ? {} : { hopLimit: reporter.hopLimit }),
  });
}

/** The rules of RFC 9171 §4.2.3 and §5.7, and one of ours: no report to a group, which would multiply it. */
export function mayReport(about: Bundle | ReportSubject, { event, blockAsks }: ReportOccasion): boolean {
  const { flags, reportTo, source, fragment } = 'primary' in about ? about.primary : about;
  if ((flags & BundleFlag.IsAdminRecord) !== 0 || source.kind === 'null') return false;
  if (reportTo.kind === 'null' || !isSingleton(reportTo)) return false;
  // Only the whole is ever delivered; its fragments are not.
  if (event === 'delivered' && fragment !== undefined) return false;
  return blockAsks === true || (flags & FLAG_OF[event]) !== 0;
}

export interface ReportRate {
  /** Reports in a burst, to everybody together. @default 32 */
  readonly burst: number;
  /** Reports a minute after that. @default 30 */
  readonly perMinute: number;
  /** The same for each destination. @default 8 */
  readonly burstEach: number;
  /** @default 6 */
  readonly perMinuteEach: number;
  /** Destinations that are remembered; those not heard of for longest are forgotten first. @default 256 */
  readonly destinations: number;
}

const DEFAULT_RATE: ReportRate = { burst: 32, perMinute: 30, burstEach: 8, perMinuteEach: 6, destinations: 256 };

interface Bucket {
  tokens: number;
  at: SteadyMs;
}

/**
 * How many reports this node still sends: one token bucket for all, one for each destination.
 *
 * To forget a destination gives it a full bucket again; the bucket for all bounds what that can be abused for.
 */
export class ReportBudget {
  readonly #rate: ReportRate;
  readonly #each = new Map<string, Bucket>();
  #all: Bucket | undefined;

  constructor(rate: Partial<ReportRate> = {}) {
    this.#rate = { ...DEFAULT_RATE, ...rate };
  }

  /** @returns whether one more report may go there now; if so, it counts as sent. */
  take(reportTo: Eid, now: SteadyMs): boolean {
    const { burst, perMinute, burstEach, perMinuteEach, destinations } = this.#rate;
    const name = formatEid(reportTo);
    const all = refilled(this.#all, burst, perMinute, now);
    const each = refilled(this.#each.get(name), burstEach, perMinuteEach, now);
    this.#all = all;
    if (all.tokens < 1 || each.tokens < 1) return false;
    all.tokens--;
    each.tokens--;
    this.#each.delete(name);
    this.#each.set(name, each);
    if (this.#each.size > destinations) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const name of this.#each.keys()) {
      this.#each.delete(name);
      return;
    }
  }
}

function refilled(bucket: Bucket | undefined, burst: number, perMinute: number, now: SteadyMs): Bucket {
  if (bucket === undefined) return { tokens: burst, at: now };
  const gained = (Math.max(0, now - bucket.at) * perMinute) / 60_000;
  return { tokens: Math.min(burst, bucket.tokens + gained), at: Math.max(bucket.at, now) as SteadyMs };
}
