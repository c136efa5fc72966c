/**
 * The whole TCPCL session machine, with a peer that says anything at any time: nothing is thrown, every bundle handed in
 * is settled exactly once, memory for incoming bundles is given back, and nothing happens after the end.
 */

import { fromHex } from '../../src/base/index.js';
import type { LinkSecurity, PeerCertificate, TlsPolicy } from '../../src/link/security/index.js';
import { DEFAULT_LIMITS } from '../../src/link/tcpcl/limits.js';
import { SessionMachine } from '../../src/link/tcpcl/machine.js';
import type { SessionAction, SessionEvent } from '../../src/link/tcpcl/machine-events.js';
import { ReceptionBudget } from '../../src/link/tcpcl/reception-budget.js';
import { holds } from '../engine/target.js';

export const dictionary = [
  '0664746e210400',
  '0664746e210401',
  '07000a',
  '0000000000010000',
  '0108646e3a2f2f622f',
  '140103000000000000000000000000000000000004',
  '0a0200',
  '040500',
  '0000000d0000',
  'e48a000f01',
  '0d',
  '0e',
  '0f',
  '09',
].map(fromHex);

const BUDGET_BYTES = 4_096;
const LIMITS = {
  ...DEFAULT_LIMITS,
  segmentBytes: 64,
  transferBytes: 2_048,
  unacceptedTransfers: 3,
  windowTransfers: 2,
};
const OFFER = { version: 1, bootId: new Uint8Array(8).fill(5), dialNumber: 1 };
const POLICIES: readonly TlsPolicy[] = ['off', 'offer', 'require'];
const CERTIFICATE: PeerCertificate = {
  nodeIds: ['dtn://b/'],
  nodeKey: undefined,
  validFrom: 0,
  validTo: 1,
  trusted: false,
};

function securityOf(policy: TlsPolicy): LinkSecurity {
  return { policy, credentials: { certificate: '', privateKey: '' }, wallTime: () => 1 };
}

/** Operations with a number below this are chunks of the stream of that many bytes. */
const FIRST_EVENT = 200;

/** The first byte says who we are; then chunks of the peer's stream and things that happen here take turns. */
export function fuzz(input: Uint8Array): void {
  const [who = 0] = input;
  const budget = new ReceptionBudget(BUDGET_BYTES);
  const world = new World(who, budget);
  world.tell({ type: 'open' });
  for (let at = 1; at < input.length; at++) {
    const op = input[at] ?? 0;
    if (op >= FIRST_EVENT) world.happen(op - FIRST_EVENT);
    else {
      world.tell({ type: 'bytes', bytes: input.slice(at + 1, at + 1 + op) });
      at += op;
    }
  }
  world.tell({ type: 'lost' });
  holds(world.sent === world.settled.size, 'every bundle is settled in the end');
  holds(world.machine.state === 'closed', 'a session whose connection is gone is closed');
  holds(budget.take(BUDGET_BYTES), 'the memory for incoming bundles is given back');
}

class World {
  readonly machine: SessionMachine;
  readonly settled = new Set<number>();
  readonly #waiting: bigint[] = [];
  sent = 0;
  #now = 0;
  #unflushed = 0;
  #closed = false;
  #handshake = false;

  constructor(who: number, budget: ReceptionBudget) {
    this.machine = new SessionMachine({
      role: (who & 1) === 0 ? 'passive' : 'active',
      nodeEid: 'dtn://a/',
      limits: LIMITS,
      offer: (who & 2) === 0 ? OFFER : undefined,
      security: securityOf(POLICIES[(who >> 2) & 3] ?? 'off'),
      budget,
    });
  }

  happen(what: number): void {
    const transferId = this.#waiting[0] ?? 0n;
    if (this.#handshake && what % 3 !== 0) return this.#secured(what);
    switch (what % 10) {
      case 0:
        this.#now += 1_000;
        return this.tell({ type: 'time' });
      case 1:
        this.#now = Math.max(this.#now, this.machine.deadline ?? this.#now);
        return this.tell({ type: 'time' });
      case 2:
        return this.tell({ type: 'release' });
      case 3:
        return this.tell({ type: 'send', token: this.sent++, bytes: new Uint8Array(what * 5) });
      case 4:
        return this.tell({ type: 'send-frame', bytes: Uint8Array.of(1) });
      case 5:
        this.#waiting.shift();
        return this.tell({ type: 'accept', transferId });
      case 6:
        this.#waiting.shift();
        return this.tell({ type: 'refuse', transferId, reason: 2 });
      case 7:
        return this.tell({ type: 'probe' });
      case 8: {
        const length = this.#unflushed;
        this.#unflushed = 0;
        return this.tell({ type: 'flushed', length });
      }
      default:
        return this.tell({ type: 'terminate', code: 0, reason: 'terminated', drainMs: 500 });
    }
  }

  #secured(what: number): void {
    this.#handshake = false;
    const certificate = what % 5 === 0 ? undefined : { ...CERTIFICATE, trusted: what % 2 === 0 };
    const secured = { ok: true as const, certificate, channel: new Uint8Array(32) };
    this.tell({ type: 'secured', secured: what % 7 === 0 ? { ok: false, why: 'noise' } : secured });
  }

  tell(event: SessionEvent): void {
    for (const action of this.machine.handle(event, this.#now)) this.#perform(action);
    const due = this.machine.deadline;
    holds(due === undefined || due >= 0, 'a deadline is a time');
  }

  #perform(action: SessionAction): void {
    if (action.type === 'settled') {
      holds(!this.settled.has(action.token), 'a bundle is settled once');
      this.settled.add(action.token);
      return;
    }
    holds(!this.#closed, `nothing follows the end, not even ${action.type}`);
    holds(!this.#handshake || action.type === 'closed', `nothing is done during a handshake, not even ${action.type}`);
    if (action.type === 'closed') this.#closed = true;
    else if (action.type === 'start-tls') this.#handshake = true;
    else if (action.type === 'write') this.#unflushed += action.bytes.length;
    else if (action.type === 'transfer') this.#waiting.push(action.transferId);
  }
}
