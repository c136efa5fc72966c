/** The roster: whom a local person wants to see and talk to. In memory; the engine keeps its records in the store. */
import { DecodeError } from '../base/index.js';
import { decodeCbor, encodeCbor } from '../cbor/index.js';
import { isPersonId } from './ids.js';
import type { ContactTrust, PersonId } from './types.js';

export interface Contact {
  /** The JID it was added by; it stays, whatever its person calls themselves later. */
  readonly jid: string;
  /** Undefined until somebody who fits the JID has been heard of; then it never changes. */
  readonly person: PersonId | undefined;
  readonly petname: string;
  readonly groups: readonly string[];
  /** Typing in an address says that one was told it: nothing more. */
  readonly trust: ContactTrust;
}

/** By their numbers in records; only ever append. */
const TRUSTS: readonly ContactTrust[] = ['introduced', 'met', 'provisioned'];

export class Roster {
  readonly #byJid = new Map<string, Contact>();
  readonly #byPerson = new Map<PersonId, Contact>();

  all(): readonly Contact[] {
    return [...this.#byJid.values()];
  }

  byJid(jid: string): Contact | undefined {
    return this.#byJid.get(jid);
  }

  byPerson(person: PersonId): Contact | undefined {
    return this.#byPerson.get(person);
  }

  put(contact: Contact): void {
    this.remove(contact.jid);
    this.#byJid.set(contact.jid, contact);
    if (contact.person !== undefined) this.#byPerson.set(contact.person, contact);
  }

  remove(jid: string): void {
    const contact = this.#byJid.get(jid);
    this.#byJid.delete(jid);
    if (contact?.person !== undefined && this.#byPerson.get(contact.person) === contact) {
      this.#byPerson.delete(contact.person);
    }
  }
}

export function encodeContact(contact: Contact): Uint8Array {
  return encodeCbor([
    contact.jid,
    contact.person ?? null,
    contact.petname,
    contact.groups,
    TRUSTS.indexOf(contact.trust),
  ]);
}

/** @throws DecodeError `ERR_RECORD`. */
export function decodeContact(bytes: Uint8Array): Contact {
  const value = decodeCbor(bytes);
  const [jid, person, petname, groups, trust] = Array.isArray(value) ? value : [];
  if (typeof jid !== 'string' || typeof petname !== 'string' || !Array.isArray(groups)) {
    throw new DecodeError('ERR_RECORD', 'not the record of a contact', 0);
  }
  return {
    jid,
    person: typeof person === 'string' && isPersonId(person) ? person : undefined,
    petname,
    groups: groups.filter((group) => typeof group === 'string'),
    // The first records said nothing of it.
    trust: (typeof trust === 'number' ? TRUSTS[trust] : undefined) ?? 'introduced',
  };
}
