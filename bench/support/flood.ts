/**
 * A flood over a mesh of laptops on virtual time: somebody is a neighbour of everybody and pours bundles, while the
 * others meet in pairs and write to each other. The same script runs with and without the flood; the test of the quotas
 * runs a small one, the benchmark the whole.
 */
import { Mesh, type SimNode } from '../../sim/index.js';
import { DAY_MS, type Random, seededRandom } from '../../src/base/index.js';
import { encodeBundle } from '../../src/bundle/index.js';
import { boxKeyPairFromSeed, signingKeyFromSeed } from '../../src/crypto/index.js';
import { LocalPerson } from '../../src/engine/local-person.js';
import { chatEndpoint, type PersonId, personIdOf } from '../../src/people/index.js';

export interface FloodOptions {
  readonly seed: number;
  readonly laptops: number;
  readonly quotaBytes: number;
  /** Bundles poured. */
  readonly bundles: number;
  /** Whose they are: one author, or many identities in turn. */
  readonly identities: number;
  /** How many messages the others write to each other. */
  readonly messages: number;
  /** Each way, while two laptops meet. */
  readonly bytesPerSecond: number;
}

export interface FloodResult {
  /** For each message, how long it took; undefined when it did not arrive. */
  readonly delaysMs: readonly (number | undefined)[];
  /** The fullest any store ever was, as a share of its quota. */
  readonly fullest: number;
  /** How much of the flood was taken somewhere, and how much was refused, over all laptops. */
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
}

const SLOT_MS = 60_000;
const MEETING_MS = 20_000;
/** Time for everybody to hear of everybody. */
const INTRODUCTIONS = 30;
const FLOOD_SLOTS = 20;
const REST_SLOTS = 30;
/** Beyond the numbers that the laptops give their own links. */
const POURING_LINK = 1_000_000;
const PAYLOAD_BYTES = 300;

interface Posted {
  readonly to: SimNode;
  readonly body: string;
  readonly at: number;
}

export async function flood(options: FloodOptions): Promise<FloodResult> {
  const mesh = new Mesh({ seed: options.seed });
  const script = seededRandom(options.seed + 1);
  const nodes: SimNode[] = [];
  for (let n = 0; n < options.laptops; n++) {
    nodes.push(await mesh.addNode(`n${n}`, { quotaBytes: options.quotaBytes, strategy: 'epidemic' }));
  }
  const posted: Posted[] = [];
  let fullest = 0;
  const slots = INTRODUCTIONS + FLOOD_SLOTS + REST_SLOTS;
  const pour = new Pourer(mesh, nodes, options);
  for (let slot = 0; slot < slots; slot++) {
    const flooding = slot >= INTRODUCTIONS && slot < INTRODUCTIONS + FLOOD_SLOTS;
    if (flooding) {
      await pour.slot(slot - INTRODUCTIONS);
      for (let n = 0; n < options.messages / FLOOD_SLOTS; n++) posted.push(post(mesh, nodes, script, posted.length));
    }
    for (const [a, b] of pairs(nodes, script)) {
      await mesh.meet(a, b, { forMs: MEETING_MS, bytesPerSecond: options.bytesPerSecond });
    }
    for (let part = 0; part < 4; part++) {
      await mesh.run(SLOT_MS / 4);
      for (const node of nodes) {
        const { bytes, quotaBytes } = node.engine.status(node.now()).store;
        fullest = Math.max(fullest, bytes / quotaBytes);
      }
    }
  }
  const refused: Record<string, number> = {};
  let accepted = 0;
  for (const node of nodes) {
    const { store } = node.engine.status(node.now());
    accepted += store.accepted;
    for (const [reason, count] of Object.entries(store.refused)) refused[reason] = (refused[reason] ?? 0) + count;
  }
  return { delaysMs: posted.map(delayOf), fullest, accepted, refused };
}

/** Everybody meets somebody, drawn anew each time. */
function pairs(nodes: readonly SimNode[], script: Random): readonly (readonly [SimNode, SimNode])[] {
  const order = [...nodes];
  for (let n = order.length - 1; n > 0; n--) {
    const other = Math.floor(script.unit() * (n + 1));
    [order[n], order[other]] = [order[other] as SimNode, order[n] as SimNode];
  }
  return Array.from({ length: order.length >> 1 }, (_, n) => [order[2 * n] as SimNode, order[2 * n + 1] as SimNode]);
}

function post(mesh: Mesh, nodes: readonly SimNode[], script: Random, number: number): Posted {
  const from = Math.floor(script.unit() * nodes.length);
  const to = (from + 1 + Math.floor(script.unit() * (nodes.length - 1))) % nodes.length;
  const [writer, reader] = [nodes[from] as SimNode, nodes[to] as SimNode];
  const body = `letter ${number}`;
  void writer.command({ command: 'send', message: { to: `${reader.person}@mesh.localhost`, body } });
  return { to: reader, body, at: mesh.time.now };
}

function delayOf({ to, body, at }: Posted): number | undefined {
  for (const event of to.events) {
    if (event.type === 'inbox' && event.message.body === body) return event.message.receivedAt - at;
  }
  return undefined;
}

/** A neighbour of everybody that listens to nobody: refusals do not slow it down. */
class Pourer {
  readonly #mesh: Mesh;
  readonly #nodes: readonly SimNode[];
  readonly #options: FloodOptions;
  readonly #authors: readonly LocalPerson[];
  readonly #nobody: PersonId;
  #sequence = 0;

  constructor(mesh: Mesh, nodes: readonly SimNode[], options: FloodOptions) {
    this.#mesh = mesh;
    this.#nodes = nodes;
    this.#options = options;
    const random = seededRandom(options.seed + 2);
    this.#nobody = personIdOf(signingKeyFromSeed(random.bytes(32)).publicKey);
    this.#authors = Array.from(
      { length: options.bundles === 0 ? 0 : options.identities },
      () =>
        new LocalPerson({
          personKey: signingKeyFromSeed(random.bytes(32)),
          deviceKey: signingKeyFromSeed(random.bytes(32)),
          box: boxKeyPairFromSeed(random.bytes(32)),
          nickname: 'flood',
        }),
    );
  }

  /** Spreads this slot's share over the slot, to one laptop after the other. */
  async slot(slot: number): Promise<void> {
    if (this.#authors.length === 0) return;
    if (slot === 0) {
      for (const [n, node] of this.#nodes.entries()) {
        const up = { type: 'link-up', link: POURING_LINK + n, peerEid: 'dtn://pourer/', gossip: false } as const;
        await node.feed(up);
      }
    }
    const share = Math.ceil(this.#options.bundles / FLOOD_SLOTS);
    for (let n = 0; n < share && this.#sequence < this.#options.bundles; n++) {
      const sequence = ++this.#sequence;
      const at = sequence % this.#nodes.length;
      this.#mesh.time.after((n * SLOT_MS) / share, () => {
        const bytes = this.#bundle(sequence);
        return (this.#nodes[at] as SimNode).receiveBundle(POURING_LINK + at, bytes, 0, () => {});
      });
    }
  }

  #bundle(sequence: number): Uint8Array {
    const author = this.#authors[sequence % this.#authors.length] as LocalPerson;
    return encodeBundle(
      author.makeBundle({
        destination: chatEndpoint(this.#nobody),
        payload: new Uint8Array(PAYLOAD_BYTES).fill(sequence & 0xff),
        lifetimeMs: DAY_MS,
        creation: { time: 0, sequence },
      }),
    );
  }
}
