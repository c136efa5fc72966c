/** Everybody we have heard of, by their profiles. In memory; the engine keeps the records behind it in the store. */
import { DecodeError } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import { type Address, fullJid, shortJid, slug } from './address.js';
import { decodeProfile, encodeProfile, type Profile } from './profile.js';
import type { NodeId, PersonId } from './types.js';

export interface KnownDevice {
  readonly version: number;
  readonly profile: Profile;
}

/** Messages are sealed to this many of a person's devices, the newest ones: certifying a thousand costs only the certifier. */
export const MAX_DEVICES = 16;

export class Directory {
  readonly #people = new Map<PersonId, Map<string, KnownDevice>>();
  readonly #byPrefix = new Map<string, Set<PersonId>>();
  /** How many devices of each person a laptop serves. */
  readonly #byNode = new Map<NodeId, Map<PersonId, number>>();
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
  }

  /** What is known of a device now; undefined forgets it. Which of two profiles is the newer is the caller's to judge. */
  put(person: PersonId, device: string, known: KnownDevice | undefined): void {
    const devices = this.#people.get(person) ?? new Map<string, KnownDevice>();
    const prefix = person.slice(0, 6);
    const sharers = this.#byPrefix.get(prefix) ?? new Set();
    const before = devices.get(device)?.profile.node;
    if (before !== undefined) this.#countServed(before, person, -1);
    if (known !== undefined) this.#countServed(known.profile.node, person, 1);
    if (known !== undefined) {
      this.#people.set(person, devices.set(device, known));
      this.#byPrefix.set(prefix, sharers.add(person));
      return;
    }
    devices.delete(device);
    if (devices.size > 0) return;
    this.#people.delete(person);
    sharers.delete(person);
    if (sharers.size === 0) this.#byPrefix.delete(prefix);
  }

  #countServed(node: NodeId, person: PersonId, change: number): void {
    const served = this.#byNode.get(node) ?? new Map<PersonId, number>();
    const devices = (served.get(person) ?? 0) + change;
    if (devices > 0) this.#byNode.set(node, served.set(person, devices));
    else if (served.delete(person) && served.size === 0) this.#byNode.delete(node);
  }

  /** Newest first, {@link MAX_DEVICES} at most. */
  devicesOf(person: PersonId): readonly Profile[] {
    const newestFirst = [...(this.#people.get(person)?.values() ?? [])].sort((a, b) => b.version - a.version);
    return newestFirst.slice(0, MAX_DEVICES).map((known) => known.profile);
  }

  /** The names of a person's devices, the one with the oldest profile first. */
  deviceNamesOf(person: PersonId): readonly string[] {
    const oldestFirst = [...(this.#people.get(person) ?? [])].sort(([, a], [, b]) => a.version - b.version);
    return oldestFirst.map(([device]) => device);
  }

  knows(person: PersonId): boolean {
    return this.#people.has(person);
  }

  /** @returns the nickname on the person's newest profile, or '' when none was heard. */
  nicknameOf(person: PersonId): string {
    let newest: KnownDevice | undefined;
    for (const known of this.#people.get(person)?.values() ?? []) {
      if (newest === undefined || known.version > newest.version) newest = known;
    }
    return newest?.profile.nickname ?? '';
  }

  /** Every laptop that a profile names, once for each device. */
  *nodes(): Iterable<NodeId> {
    for (const devices of this.#people.values()) for (const { profile } of devices.values()) yield profile.node;
  }

  /** The people that a laptop says it serves. */
  servedBy(node: NodeId): Iterable<PersonId> {
    return this.#byNode.get(node)?.keys() ?? [];
  }

  /**
   * @returns whom an address means, or undefined while nobody, or more than one, fits. The nickname only decides
   * between people who share a prefix: anybody may call themselves anything, so it proves nothing.
   */
  resolve(address: Address): PersonId | undefined {
    if (address.kind === 'person') return address.person;
    const sharers = [...(this.#byPrefix.get(address.prefix) ?? [])];
    if (sharers.length === 1) return sharers[0];
    const named = sharers.filter((person) => slug(this.nicknameOf(person)) === slug(address.nickname));
    return named.length === 1 ? named[0] : undefined;
  }

  jidOf(person: PersonId): string {
    const nickname = this.nicknameOf(person);
    return nickname === '' ? fullJid(person, this.#domain) : shortJid(nickname, person, this.#domain);
  }
}

/** The record that the store keeps of a device's profile. */
export function encodeKnownDevice(version: number, profile: Profile): Uint8Array {
  return encodeCbor([version, encodeProfile(profile)]);
}

/** @throws DecodeError `ERR_RECORD` when the record is not one of ours. */
export function decodeKnownDevice(bytes: Uint8Array): KnownDevice {
  const value = decodeCbor(bytes);
  const [version, profile] = Array.isArray(value) ? value : [];
  if (typeof version !== 'number' || !(profile instanceof Uint8Array)) {
    throw new DecodeError('ERR_RECORD', 'not the record of a device', 0);
  }
  return { version, profile: decodeProfile(profile) };
}
