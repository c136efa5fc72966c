/**
 * Looks at a bundle from outside before anything is believed or kept: cheap checks first, the signature last.
 *
 * What passes is decoded once, and nothing downstream checks again. An `Examined` has an author among Hearsay's people
 * (or is a report of one of its laptops), whose signature is still to be checked. Everything else is strangers' mail: carried in good
 * form under the `foreign` quota, and believed in nothing (docs/decisions/0012-strangers-mail.md).
 *
 * | source | whole | fragment |
 * | --- | --- | --- |
 * | looks like a person or a laptop | signed, or refused | strangers' mail, its source marked as unproven |
 * | anybody else, or nobody | strangers' mail | strangers' mail |
 */
import { DAY_MS, DecodeError, DTN_EPOCH_MS, invariant, later, type Now, type SteadyMs } from '../base/index.js';
import {
  ageOf,
  type Bundle,
  BundleFlag,
  type BundleKey,
  bundleKey,
  bundleKeyOf,
  DEFAULT_MAX_BUNDLE_BYTES,
  decodeBundle,
  type Eid,
  encodeBundle,
  formatEid,
  hopCountOf,
  payloadOf,
  processUnknownBlocks,
  type ReportOccasion,
  ReportReason,
  type ReportSubject,
  reportSubjectOf,
  type SignatureClaim,
  type Topic,
  topicOf,
  verifyBundle,
} from '../bundle/index.js';
import type { CryptoSuite, Verify } from '../crypto/index.js';
import { type CertificateCache, MESH_NODE, nodeIdOf, type PersonId, personOf, SERVICE } from '../people/index.js';
import { BundleClass, type FragmentPlace, type WantedReports } from '../store/index.js';

/** What is known of any bundle that passed. */
export interface Inspected {
  readonly bundle: Bundle;
  /** What is kept: the bundle as it came, without the unknown blocks that ask to be left out. */
  readonly bytes: Uint8Array;
  readonly key: BundleKey;
  readonly class: BundleClass;
  /** As the ledger has it: with a mark where it can't be held to what it claims. */
  readonly source: string;
  readonly destination: string;
  readonly sizeBytes: number;
  readonly ageMs: number;
  readonly hops: number;
  readonly expiresAt: SteadyMs;
  readonly payload: Uint8Array;
  readonly fragment?: FragmentPlace;
  readonly reports?: WantedReports;
  /** What its unknown blocks want to be reported. */
  readonly occasions: readonly ReportOccasion[];
}

/** A bundle of one of Hearsay's people, or a laptop's own, if the signature turns out to be good. */
export interface Examined extends Inspected {
  readonly author: PersonId;
  /** Empty for a laptop's own. */
  readonly device: string;
  readonly topic?: Topic;
}

/** Why a bundle from outside is not wanted; counted by name in `hearsay status`. */
export type Objection =
  | 'malformed'
  | 'foreign'
  | 'whole-too-large'
  | 'expired'
  | 'hop-limit'
  | 'unsupported-block'
  | 'too-large'
  | 'bad-topic'
  | 'unsigned'
  | 'bad-signature'
  | 'bad-payload';

export type Examination =
  | { readonly ok: true; readonly by: 'person'; readonly examined: Examined }
  | { readonly ok: true; readonly by: 'stranger'; readonly examined: Inspected }
  | Refused;

interface Refused {
  readonly ok: false;
  readonly objection: Objection;
  /** What may be reported of it. */
  readonly report?: { readonly subject: ReportSubject; readonly occasions: readonly ReportOccasion[] };
}

/** Nothing is carried longer than this, whatever its author asked for. */
const MAX_LIFETIME_MS = 60 * DAY_MS;
/** The same for strangers' mail: nobody here knows whom it is good for, and no receipt clears it. */
const MAX_FOREIGN_LIFETIME_MS = 14 * DAY_MS;
const MAX_SMALL_BYTES = 8 * 1024;
const PUBLIC_KEY_BYTES = 32;
/** The mark of a source that looks like one of Hearsay's and is not proved: no author of that name is anybody's contact. */
const UNPROVEN = 'unproven:';
const REPORTS =
  BundleFlag.ReportReception | BundleFlag.ReportForwarding | BundleFlag.ReportDelivery | BundleFlag.ReportDeletion;

/**
 * Everything short of the signature: what it is, and whether it is worth the cost of one.
 *
 * @param tookMs how long it was on the way from the last node, which could not know that.
 * @param hollowBytes what its payload takes beyond its bytes, in a simulation.
 */
export function inspectBundle(
  bytes: Uint8Array,
  tookMs: number,
  now: Now,
  hollowBytes: CryptoSuite['hollowBytes'],
): Examination {
  let bundle: Bundle;
  try {
    bundle = decodeBundle(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return refuse('malformed');
    throw error;
  }
  const isFragment = (bundle.primary.flags & BundleFlag.IsFragment) !== 0;
  return personOf(bundle.primary.source) === undefined || isFragment
    ? inspectStrangers(bundle, bytes, tookMs, now)
    : inspectPersons(bundle, bytes, tookMs, now, hollowBytes);
}

function inspectPersons(
  bundle: Bundle,
  bytes: Uint8Array,
  tookMs: number,
  now: Now,
  hollowBytes: CryptoSuite['hollowBytes'],
): Examination {
  const { source } = bundle.primary;
  const author = personOf(source);
  invariant(author !== undefined && source.kind === 'dtn', 'the source is one of ours');
  const bundleClass = classOf(bundle);
  const topic = topicOf(bundle);
  if (topic?.name !== topicFor(bundleClass)) return refuse('bad-topic');
  if (bundleClass !== BundleClass.Message && bundleClass !== BundleClass.Bulk && bytes.length > MAX_SMALL_BYTES) {
    return refuse('too-large');
  }
  const inspected = inspect(bundle, bytes, { tookMs, maxLifetimeMs: MAX_LIFETIME_MS }, now);
  // Who names a person as its source and has not proved it yet has nothing reported to anybody.
  if (!inspected.ok) return refuse(inspected.objection);
  const { common } = inspected;
  return {
    ok: true,
    by: 'person',
    examined: {
      ...common,
      class: bundleClass,
      author,
      device: source.service,
      ...(topic === undefined ? {} : { topic }),
      sizeBytes: common.sizeBytes + hollowBytes(common.payload),
    },
  };
}

function inspectStrangers(bundle: Bundle, bytes: Uint8Array, tookMs: number, now: Now): Examination {
  const { source, destination, fragment } = bundle.primary;
  const claimed = personOf(source);
  // What Hearsay's own services take is signed: nobody could read it, and it could only be mistaken for something.
  if (claimed === undefined && isService(destination)) return refuse('foreign');
  if (fragment !== undefined && fragment.totalLength > DEFAULT_MAX_BUNDLE_BYTES) return refuse('whole-too-large');
  const inspected = inspect(bundle, bytes, { tookMs, maxLifetimeMs: MAX_FOREIGN_LIFETIME_MS }, now);
  if (!inspected.ok) return fragment === undefined ? inspected : refuse(inspected.objection);
  const { common } = inspected;
  const named = claimed === undefined ? common.source : UNPROVEN + common.source;
  return { ok: true, by: 'stranger', examined: { ...common, class: BundleClass.Bulk, source: named } };
}

/** Whether the ledger's source is a mere claim to be one of Hearsay's. */
export function isUnproven(source: string): boolean {
  return source.startsWith(UNPROVEN);
}

/** What is looked at whoever it is from. */
function inspect(
  bundle: Bundle,
  bytes: Uint8Array,
  { tookMs, maxLifetimeMs }: { readonly tookMs: number; readonly maxLifetimeMs: number },
  now: Now,
): Refused | { readonly ok: true; readonly common: Omit<Inspected, 'class'> } {
  const { primary } = bundle;
  const hopCount = hopCountOf(bundle);
  if (hopCount !== undefined && hopCount.count > hopCount.limit) {
    const occasions = [{ event: 'deleted' as const, reason: ReportReason.HopLimitExceeded }];
    return { ...refuse('hop-limit'), report: { subject: reportSubjectOf(bundle), occasions } };
  }
  const unknown = processUnknownBlocks(bundle);
  if (unknown.action === 'delete-bundle') {
    return {
      ...refuse('unsupported-block'),
      report: { subject: reportSubjectOf(bundle), occasions: unknown.reports },
    };
  }
  const kept = unknown.action === 'keep' ? bytes : encodeBundle(unknown.bundle);
  const ageMs = ageNow(bundle, tookMs, now);
  const leftMs = Math.min(Number(primary.lifetimeMs), maxLifetimeMs) - ageMs;
  if (leftMs <= 0) return refuse('expired');
  const payload = payloadOf(bundle);
  const fragment = placeOf(bundle, payload);
  return {
    ok: true,
    common: {
      bundle,
      bytes: kept,
      key: bundleKeyOf(bundle),
      source: formatEid(primary.source),
      destination: formatEid(primary.destination),
      sizeBytes: kept.length,
      ageMs,
      hops: hopCount?.count ?? 1,
      expiresAt: later(now.steady, leftMs),
      payload,
      ...(fragment === undefined
        ? { ...wantedReports(bundle), occasions: unknown.reports }
        : { fragment, occasions: [] }),
    },
  };
}

function placeOf({ primary }: Bundle, payload: Uint8Array): FragmentPlace | undefined {
  const { fragment } = primary;
  if (fragment === undefined) return undefined;
  return {
    whole: bundleKey(primary),
    offset: Number(fragment.offset),
    length: payload.length,
    totalLength: Number(fragment.totalLength),
  };
}

/** Nothing is reported of fragments: anybody can send any number of them in anybody's name. */
function wantedReports({ primary }: Bundle): { readonly reports?: WantedReports } {
  const { flags, reportTo, creation } = primary;
  if ((flags & REPORTS) === 0 || reportTo.kind === 'null') return {};
  return { reports: { flags, reportTo: formatEid(reportTo), creation } };
}

/**
 * @returns undefined when the author's device key signed it and the author's key vouches for that device, or when it is a
 * laptop's own and signed with the laptop's key.
 */
export function checkSignature(
  { bundle, source, author, device, class: bundleClass }: Examined,
  certificates: CertificateCache,
  verify: Verify,
): Objection | undefined {
  // A laptop reports; it is nobody who writes or is present.
  const isLaptops = device === '' && bundleClass === BundleClass.Bulk;
  const resolve = (claim: SignatureClaim): Uint8Array | undefined => {
    if (formatEid(claim.securitySource) !== source) return undefined;
    if (isLaptops) return laptopKey(claim, author);
    if (claim.certificate === undefined) return undefined;
    try {
      const certificate = certificates.read(claim.certificate);
      const certified = `dtn://${certificate.person}/${certificate.device}`;
      return certified === source ? certificate.deviceKey : undefined;
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  };
  const outcome = verifyBundle(bundle, resolve, verify);
  if (outcome.ok) return undefined;
  return outcome.code === 'unsigned' ? 'unsigned' : 'bad-signature';
}

/** A laptop's id is the hash of its key, so the key itself, as key id, is all the proof it takes. */
function laptopKey({ keyId }: SignatureClaim, node: string): Uint8Array | undefined {
  return keyId?.length === PUBLIC_KEY_BYTES && nodeIdOf(keyId) === node ? keyId : undefined;
}

function refuse(objection: Objection): Refused {
  return { ok: false, objection };
}

/** The class is read off the destination, which is signed and costs nothing to look at. */
function classOf({ primary: { destination } }: Bundle): BundleClass {
  if (destination.kind !== 'dtn') return BundleClass.Bulk;
  if (destination.node === MESH_NODE) {
    if (destination.service === SERVICE.profile) return BundleClass.Certificate;
    return destination.service === SERVICE.presence ? BundleClass.Presence : BundleClass.Bulk;
  }
  if (personOf(destination) === undefined) return BundleClass.Bulk;
  if (destination.service === SERVICE.receipt) return BundleClass.Receipt;
  // A service that a later version invents is carried all the same, after everything that this version knows.
  return destination.service === SERVICE.chat ? BundleClass.Message : BundleClass.Bulk;
}

/** Whether Hearsay's people, or all of them, are written to there. */
function isService(destination: Eid): boolean {
  if (destination.kind !== 'dtn') return false;
  const isOurs = destination.node === MESH_NODE || personOf(destination) !== undefined;
  return isOurs && destination.service.startsWith('~');
}

/** Only what is published to everybody replaces its older versions, and it always does. */
function topicFor(bundleClass: BundleClass): string | undefined {
  if (bundleClass === BundleClass.Certificate) return 'profile';
  return bundleClass === BundleClass.Presence ? 'presence' : undefined;
}

/**
 * By its age block, which adds up durations and needs no clock (RFC 9171 §4.4.2); only without one by its creation time.
 */
function ageNow(bundle: Bundle, tookMs: number, now: Now): number {
  const age = ageOf(bundle);
  if (age !== undefined) return age + Math.max(0, tookMs);
  return now.wallTrusted ? Math.max(0, now.wall - Number(bundle.primary.creation.time) - DTN_EPOCH_MS) : 0;
}
