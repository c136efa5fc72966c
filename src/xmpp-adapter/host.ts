/** Who may log in, and who is connected. */
import type { Account } from '../chat/index.js';
import type { Connection, ConnectionHost } from './connection.js';
import { type EdgeContext, Person } from './person.js';
import type { ScramCredentials } from './sasl/index.js';

/** Somebody who may log in. */
export interface XmppAccount {
  readonly account: Account;
  /** From `scramCredentials`. */
  readonly credentials: ScramCredentials;
}

/** Asked with a localpart in lower case. */
export type FindAccount = (localpart: string) => XmppAccount | undefined;

/** @param settled told of every connection that is logged in or gone. */
export function createHost(
  context: EdgeContext,
  findAccount: FindAccount,
  fakeSaltKey: Uint8Array,
  settled: (connection: Connection) => void,
): ConnectionHost {
  const people = new Map<string, Person>();
  const { domain, random } = context;
  return {
    context,
    sasl: { domain, random, fakeSaltKey, credentials: (localpart) => findAccount(localpart)?.credentials },
    person(localpart) {
      const account = findAccount(localpart)?.account;
      if (account === undefined) return undefined;
      const connected = people.get(account.jid);
      if (connected !== undefined) return connected;
      const person = new Person(context, account, () => people.delete(account.jid));
      people.set(account.jid, person);
      return person;
    },
    settled,
  };
}
