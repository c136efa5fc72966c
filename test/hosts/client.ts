/** One person with a stock XMPP client, over as many logins as it takes. */
import { SlixmppClient, type SlixmppEvent } from '../interop/slixmpp-driver.js';
import type { Daemon } from './daemon.js';

export interface Written {
  readonly id: string;
  /** By the clock of the test, which is right. */
  readonly writtenAt: number;
  readonly sha256: string;
}

export class Person {
  readonly #inside: readonly string[];
  readonly #sessions: SlixmppClient[] = [];

  /** @param inside put before the client's command: the namespace. */
  constructor(inside: readonly string[]) {
    this.#inside = inside;
  }

  async logIn({ report }: Daemon): Promise<void> {
    const { jid, password, xmpp } = report;
    const client = new SlixmppClient({ jid, password, ...xmpp, inside: this.#inside });
    this.#sessions.push(client);
    await client.waitFor({ event: 'roster' });
  }

  async logOut(): Promise<void> {
    await this.#client.quit();
  }

  async add(jid: string, name: string): Promise<void> {
    const result = await this.#client.ask({ cmd: 'add', jid, name });
    if (result.ok !== true) throw new Error(`the contact was not taken: ${JSON.stringify(result)}`);
  }

  /** Comes back when all that the node sent before has arrived. */
  async ping(): Promise<void> {
    await this.#client.ask({ cmd: 'ping' });
  }

  /** Writes a message that asks for a receipt. */
  async write(
    to: string,
    id: string,
    what: { readonly body: string } | { readonly bodyBytes: number },
  ): Promise<Written> {
    const writtenAt = Date.now();
    const { sha256 } = await this.#client.ask({ cmd: 'send', to, id, receipt: true, ...what });
    return { id, writtenAt, sha256: String(sha256) };
  }

  /** The message as it arrived, as soon as it is there. */
  reads(id: string, limitMs?: number): Promise<SlixmppEvent> {
    return this.#client.waitFor({ event: 'message', id }, undefined, limitMs);
  }

  /** The delivery receipt (XEP-0184) for a message that this person wrote. */
  learnsOfDelivery(id: string, limitMs?: number): Promise<SlixmppEvent> {
    return this.#client.waitFor({ event: 'receipt', id }, undefined, limitMs);
  }

  /** How often it was shown, over all logins. */
  timesRead(id: string): number {
    return this.#count('message', id);
  }

  timesToldOfDelivery(id: string): number {
    return this.#count('receipt', id);
  }

  async leave(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.kill()));
  }

  #count(event: string, id: string): number {
    return this.#sessions.flatMap(({ events }) => events).filter((each) => each.event === event && each.id === id)
      .length;
  }

  get #client(): SlixmppClient {
    const client = this.#sessions.at(-1);
    if (client === undefined) throw new Error('nobody has logged in');
    return client;
  }
}
