/**
 * Whole meshes under cuts, crashes, bad cables, wrong clocks and full disks keep the three promises.
 *
 * HEARSAY_SWARM_RUNS=500 runs more scripts, drawn afresh; a failure prints the seed and the path that repeat it.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Mesh, type SimNode } from '../../sim/index.js';
import { DAY_MS, type Random, seededRandom } from '../../src/base/index.js';
import type { BundleKey } from '../../src/bundle/index.js';
import type { InboxMessage, SentMessage } from '../../src/chat/index.js';
import { epidemic, type RoutingStrategy } from '../../src/gossip/index.js';
import { BundleClass } from '../../src/store/index.js';
import { certainty } from './oracle.js';
import { anyScript, type Letter, MEETING_MS, type Script, SLOT_MS } from './script.js';

const RUNS = Number(process.env.HEARSAY_SWARM_RUNS ?? 0);
const FIXED = { seed: 2027, numRuns: 48 };

interface Posted {
  readonly letter: Letter;
  readonly body: string;
  readonly slot: number;
  /** What the client was told. */
  kept: SentMessage | undefined;
}

/** Shorter than a disk takes to sync: an acknowledgement that does not wait for the disk is heard before it. */
const LATENCY_MS = 1;

/** Epidemic, and a witness of what neighbours acknowledged. */
function witness(
  acknowledged: { readonly key: BundleKey; readonly by: string }[],
  onAcknowledged: (by: string) => void,
): RoutingStrategy {
  return {
    ...epidemic(),
    onForwarded: ({ key, class: bundleClass }, { id }) => {
      if (bundleClass !== BundleClass.Message && bundleClass !== BundleClass.Receipt) return;
      acknowledged.push({ key, by: id });
      onAcknowledged(id);
    },
  };
}

class Swarm {
  readonly script: Script;
  readonly mesh: Mesh;
  readonly nodes: SimNode[] = [];
  readonly posted: Posted[] = [];
  readonly acknowledged: { readonly key: BundleKey; readonly by: string }[] = [];
  /** Read and confirmed, by node: it must never come again. */
  readonly confirmed: InboxMessage[][] = [];
  readonly #random: Random;
  /** Laptops whose power fails as soon as somebody hears an acknowledgement of theirs. */
  readonly #fated = new Set<SimNode>();

  constructor(script: Script) {
    this.script = script;
    this.mesh = new Mesh({ seed: script.seed });
    this.#random = seededRandom(script.seed);
  }

  async run(): Promise<void> {
    for (const [index, { errorDays, known }] of this.script.clocks.entries()) {
      const strategy = (): RoutingStrategy => witness(this.acknowledged, (by) => this.#onAcknowledged(by));
      const options = { clockErrorMs: errorDays * DAY_MS, knowsClockIsWrong: known && errorDays !== 0, strategy };
      this.nodes.push(await this.mesh.addNode(`n${index}`, options));
      this.confirmed.push([]);
    }
    for (const slot of this.script.slots.keys()) await this.#play(slot);
    // The power fails everywhere: what counts is what is on the disks.
    for (const node of this.nodes) {
      await this.mesh.crash(node);
      await node.start();
    }
    await this.mesh.run(1000);
  }

  async #play(slot: number): Promise<void> {
    const { meetings, letters, faults } = this.script.slots[slot] ?? { meetings: [], letters: [], faults: [] };
    for (const letter of letters) this.#post(letter, slot);
    this.#fated.clear();
    for (const { node: index, kind, atMs } of faults) {
      const node = this.node(index);
      if (kind === 'crash-on-ack') {
        this.#fated.add(node);
        continue;
      }
      this.mesh.time.after(atMs, () => (kind === 'crash' ? this.#crash(node) : this.#refuse(node)));
    }
    await this.mesh.run(100);
    for (const { a, b, kind, flashMs } of meetings) {
      if (!this.node(a).running || !this.node(b).running) continue;
      const forMs = kind === 'flash' ? flashMs : MEETING_MS;
      const corrupt = kind === 'corrupt' ? { corrupt: (bytes: Uint8Array) => this.#spoil(bytes) } : {};
      await this.mesh.meet(this.node(a), this.node(b), { forMs, latencyMs: LATENCY_MS, ...corrupt });
    }
    await this.mesh.run(SLOT_MS - 100);
    if (slot % 3 === 2) this.#read();
  }

  node(index: number): SimNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no laptop ${index}`);
    return node;
  }

  #post(letter: Letter, slot: number): void {
    const body = `${this.posted.length} `.padEnd(letter.bytes, '.');
    const posted: Posted = { letter, body, slot, kept: undefined };
    this.posted.push(posted);
    const to = `${this.node(letter.to).person}@mesh.localhost`;
    const reply = this.node(letter.from).command({ command: 'send', message: { to, body } });
    // A refused commit is an answer too; a crash gives none.
    void reply.then(
      (kept) => {
        posted.kept = kept as SentMessage;
      },
      () => {},
    );
  }

  #onAcknowledged(by: string): void {
    for (const node of this.#fated) {
      if (!node.running || node.engine.node !== by) continue;
      this.#fated.delete(node);
      this.mesh.time.after(0, () => this.#crash(node));
    }
  }

  async #crash(node: SimNode): Promise<void> {
    await this.mesh.crash(node);
    this.mesh.time.after(MEETING_MS, () => node.start());
  }

  async #refuse(node: SimNode): Promise<void> {
    node.failNextCommit();
    // Something is written in this slot for certain.
    const show = this.#random.unit() < 0.5 ? 'available' : 'away';
    await node.feed({ type: 'set-presence', person: node.person, show, status: `${this.mesh.time.now}` });
  }

  #spoil(bytes: Uint8Array): Uint8Array {
    if (this.#random.unit() < 0.4) return bytes;
    const spoilt = bytes.slice();
    const at = Math.floor(this.#random.unit() * spoilt.length);
    spoilt[at] = (spoilt[at] ?? 0) ^ (1 << Math.floor(this.#random.unit() * 8));
    return spoilt;
  }

  /** Clients read and confirm what is there, the reply pending: a crash may take it back, and then it is there again. */
  #read(): void {
    for (const [index, node] of this.nodes.entries()) {
      const messages = node.engine.inbox(node.person);
      if (messages.length === 0) continue;
      const inboxIds = messages.map(({ inboxId }) => inboxId);
      void node.command({ command: 'confirm-inbox', inboxIds }).then(
        () => this.confirmed[index]?.push(...messages),
        () => {},
      );
    }
  }

  /** Everything that a laptop ever got, read or not. */
  received(index: number): readonly InboxMessage[] {
    const node = this.node(index);
    return [...(this.confirmed[index] ?? []), ...node.engine.inbox(node.person)];
  }
}

async function keepsItsPromises(script: Script): Promise<void> {
  const swarm = new Swarm(script);
  await swarm.run();
  const people = swarm.nodes.map(({ person }) => person);

  // Nothing forged, nothing twice.
  for (const index of swarm.nodes.keys()) {
    const received = swarm.received(index).map(({ from, body }) => `${people.indexOf(from)} ${body}`);
    const genuine = swarm.posted.filter(({ letter }) => letter.to === index);
    expect(genuine.map(({ letter, body }) => `${letter.from} ${body}`)).toEqual(expect.arrayContaining(received));
    expect(new Set(received).size).toBe(received.length);
    const told = swarm.node(index).events.flatMap((event) => (event.type === 'inbox' ? [event.message.inboxId] : []));
    expect(new Set(told).size).toBe(told.length);
  }

  // What was kept is kept; delivered is no lie; and what surely had a way has arrived.
  for (const { letter, body, slot, kept } of swarm.posted) {
    const sender = swarm.node(letter.from);
    const sent = sender.engine.sent(sender.person).find(({ localId }) => localId === kept?.localId);
    const arrived = swarm.received(letter.to).some((message) => message.body === body);
    if (kept !== undefined) expect(sent).toBeDefined();
    if (sent?.state.state === 'delivered') expect(arrived).toBe(true);
    if (kept === undefined) continue;
    const { delivered, receiptKnown } = certainty(script, letter, slot);
    if (delivered) expect(arrived, `letter "${body.trim()}" of slot ${slot} had a way`).toBe(true);
    if (receiptKnown) expect(sent?.state.state, `receipt of "${body.trim()}" had a way`).toBe('delivered');
  }

  // What was acknowledged is on a disk: held, or known to be done with.
  const disks = new Map<string, ReadonlySet<string>>();
  for (const node of swarm.nodes) {
    const { entries, seen, records } = await node.disk();
    const receipted = [...(records.get('receipts')?.keys() ?? [])].map((key) => key.split(' ', 1)[0] ?? '');
    disks.set(node.engine.node, new Set([...entries, ...seen].map(({ key }) => key as string).concat(receipted)));
  }
  for (const { key, by } of swarm.acknowledged) expect(disks.get(by)?.has(key), `${key} at ${by}`).toBe(true);
}

it('a mesh loses nothing, forges nothing, repeats nothing, and says nothing untrue', {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(fc.asyncProperty(anyScript, keepsItsPromises), RUNS > 0 ? { numRuns: RUNS } : FIXED);
});
