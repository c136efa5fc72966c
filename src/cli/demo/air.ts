/**
 * Who is in reach of whom. Everything else between the demo's laptops is real: DNS-SD is replaced by the script, and TCP
 * on the loopback is cut and refused where two laptops would not hear each other.
 */
import { formatHostPort, type HostPort, type Surroundings } from '../../daemon/index.js';
import {
  type Connection,
  type ConnectionHandlers,
  type Discovery,
  type DiscoveryStart,
  type Transport,
  tcpTransport,
} from '../../link/index.js';

interface Place {
  readonly address: HostPort;
  readonly nodeEid: string;
}

export class Air<Name extends string> {
  readonly #tcp = tcpTransport();
  readonly #seekers = new Map<Name, DiscoveryStart>();
  readonly #places = new Map<Name, Place>();
  /** By pair: the connections that were dialled while the two were in reach. */
  readonly #inReach = new Map<string, Set<Cuttable>>();

  /** What the laptop of that name gets in place of a network. */
  around(name: Name): Surroundings {
    return { transport: this.#transport(name), discovery: this.#discovery(name) };
  }

  /** Its node runs now, and listens there. */
  arrive(name: Name, place: Place): void {
    this.#places.set(name, place);
  }

  /** They come into reach of each other, and find each other as they would by multicast DNS. */
  meet(a: Name, b: Name): void {
    if (this.#inReach.has(pair(a, b))) return;
    this.#inReach.set(pair(a, b), new Set());
    this.#announce(a, b);
    this.#announce(b, a);
  }

  /** They are out of reach: what stood between them breaks without a word. */
  part(a: Name, b: Name): void {
    const connections = this.#inReach.get(pair(a, b)) ?? [];
    this.#inReach.delete(pair(a, b));
    for (const connection of connections) connection.cut();
  }

  #announce(seeker: Name, found: Name): void {
    const place = this.#places.get(found);
    if (place === undefined) return;
    this.#seekers.get(seeker)?.onPeer({ ...place.address, nodeEid: place.nodeEid });
  }

  #discovery(name: Name): Discovery {
    return {
      start: (options) => void this.#seekers.set(name, options),
      doubt: () => undefined,
      met: () => undefined,
      stop: async () => void this.#seekers.delete(name),
    };
  }

  #transport(name: Name): Transport {
    const { listen } = this.#tcp;
    return {
      listen,
      dial: (to, timeoutMs, { opened, failed }) => {
        const reach = this.#reach(name, to);
        if (reach === undefined) {
          const timer = setTimeout(() => failed(new Error('nobody is there')), 0);
          return () => clearTimeout(timer);
        }
        return this.#tcp.dial(to, timeoutMs, {
          failed,
          opened: (connection) => {
            const cuttable = new Cuttable(connection);
            // They may have parted while it was dialled: then the connection is of no use to anybody.
            if (this.#reach(name, to) === reach) reach.add(cuttable);
            else setTimeout(() => cuttable.cut(), 0);
            opened(cuttable);
          },
        });
      },
    };
  }

  /** @returns undefined when nobody who listens there is in reach. */
  #reach(name: Name, to: HostPort): Set<Cuttable> | undefined {
    for (const [other, { address }] of this.#places) {
      if (formatHostPort(address) === formatHostPort(to)) return this.#inReach.get(pair(name, other));
    }
    return undefined;
  }
}

/** A connection that can break as if the other laptop had been carried off. */
class Cuttable implements Connection {
  readonly #connection: Connection;
  #handlers: ConnectionHandlers | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get remote(): HostPort {
    return this.#connection.remote;
  }

  get local(): string {
    return this.#connection.local;
  }

  attach(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#connection.attach({
      bytes: (bytes) => handlers.bytes(bytes),
      closed: () => this.#gone(),
    });
  }

  write(chunks: readonly Uint8Array[], taken: () => void): void {
    this.#connection.write(chunks, taken);
  }

  setReading(on: boolean): void {
    this.#connection.setReading(on);
  }

  startTls(...args: Parameters<Connection['startTls']>): void {
    this.#connection.startTls(...args);
  }

  finish(): void {
    this.#handlers = undefined;
    this.#connection.finish();
  }

  drop(): void {
    this.#handlers = undefined;
    this.#connection.drop();
  }

  cut(): void {
    this.#connection.drop();
    this.#gone();
  }

  #gone(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.closed();
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
