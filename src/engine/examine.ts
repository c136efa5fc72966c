/**
 * Looks at a bundle from outside before anything is believed or kept: cheap checks first, the signature last.
 *
 * What passes is a `Examined`: decoded once, its author proved, its class known. Nothing downstream checks again.
 */
import { DAY_MS, DecodeError, DTN_EPOCH_MS, later, type Now, type SteadyMs } from '../base/index.js';
import {
  ageOf,
  type Bundle,
  BundleFlag,
  type BundleKey,
  bundleKey,
  decodeBundle,
  encodeBundle,
  formatEid,
  hopCountOf,
  payloadOf,
  processUnknownBlocks,
  type SignatureClaim,
  type Topic,
  topicOf,
  verifyBundle,
} from '../bundle/index.js';
import type { CryptoSuite, Verify } from '../crypto/index.js';
import { type CertificateCache, MESH_NODE, type PersonId, personOf, SERVICE } from '../people/index.js';
import { BundleClass } from '../store/index.js';

export interface Examined {
  readonly bundle: Bundle;
  /** What is kept: the bundle as it came, without the unknown blocks that ask to be left out. */
  readonly bytes: Uint8Array;
  readonly key: BundleKey;
  readonly class: BundleClass;
  readonly author: PersonId;
  readonly device: string;
  readonly source: string;
  readonly destination: string;
  readonly topic?: Topic;
  readonly sizeBytes: number;
  readonly ageMs: number;
  readonly hops: number;
  readonly expiresAt: SteadyMs;
  readonly payload: Uint8Array;
}

/** Why a bundle from outside is not wanted; counted by name in `hearsay status`. */
export type Objection =
  | 'malformed'
  | 'foreign'
  | 'fragment'
  | 'expired'
  | 'hop-limit'
  | 'unsupported-block'
  | 'too-large'
  | 'bad-topic'
  | 'unsigned'
  | 'bad-signature'
  | 'bad-payload';

export type Examination =
  | { readonly ok: true; readonly examined: Examined }
  | { readonly ok: false; readonly objection: Objection };

/** Nothing is carried longer than this, whatever its author asked for. */
const MAX_LIFETIME_MS = 60 * DAY_MS;
const MAX_SMALL_BYTES = 8 * 1024;

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
  const { primary } = bundle;
  const author = personOf(primary.source);
  const bundleClass = classOf(bundle);
  if (author === undefined || primary.source.kind !== 'dtn' || bundleClass === undefined) return refuse('foreign');
  if ((primary.flags & BundleFlag.IsFragment) !== 0) return refuse('fragment');
  const topic = topicOf(bundle);
  if (topic?.name !== topicFor(bundleClass)) return refuse('bad-topic');
  if (bundleClass !== BundleClass.Message && bundleClass !== BundleClass.Bulk && bytes.length > MAX_SMALL_BYTES) {
    return refuse('too-large');
  }
  const hopCount = hopCountOf(bundle);
  if (hopCount !== undefined && hopCount.count > hopCount.limit) return refuse('hop-limit');
  const unknown = processUnknownBlocks(bundle);
  if (unknown.action === 'delete-bundle') return refuse('unsupported-block');
  const kept = unknown.action === 'keep' ? bytes : encodeBundle(unknown.bundle);
  const ageMs = ageNow(bundle, tookMs, now);
  const leftMs = Math.min(Number(primary.lifetimeMs), MAX_LIFETIME_MS) - ageMs;
  if (leftMs <= 0) return refuse('expired');
  return {
    ok: true,
    examined: {
      bundle,
      bytes: kept,
      key: bundleKey(primary),
      class: bundleClass,
      author,
      device: primary.source.service,
      source: formatEid(primary.source),
      destination: formatEid(primary.destination),
      ...(topic === undefined ? {} : { topic }),
      sizeBytes: kept.length + hollowBytes(payloadOf(bundle)),
      ageMs,
      hops: hopCount?.count ?? 1,
      expiresAt: later(now.steady, leftMs),
      payload: payloadOf(bundle),
    },
  };
}

/** @returns undefined when the author's device key signed it and the author's key vouches for that device. */
export function checkSignature(
  { bundle, source }: Examined,
  certificates: CertificateCache,
  verify: Verify,
): Objection | undefined {
  const resolve = (claim: SignatureClaim): Uint8Array | undefined => {
    if (claim.certificate === undefined || formatEid(claim.securitySource) !== source) return undefined;
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

function refuse(objection: Objection): Examination {
  return { ok: false, objection };
}

/** The class is read off the destination, which is signed and costs nothing to look at. */
function classOf({ primary: { destination } }: Bundle): BundleClass | undefined {
  if (destination.kind !== 'dtn') return undefined;
  if (destination.node === MESH_NODE) {
    if (destination.service === SERVICE.profile) return BundleClass.Certificate;
    return destination.service === SERVICE.presence ? BundleClass.Presence : undefined;
  }
  if (personOf(destination) === undefined) return undefined;
  if (destination.service === SERVICE.receipt) return BundleClass.Receipt;
  // A service that a later version invents is carried all the same, after everything that this version knows.
  return destination.service === SERVICE.chat ? BundleClass.Message : BundleClass.Bulk;
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
