/** Sessions over a pipe in memory, on a fake clock: two of ours, or one of ours and a peer that a test plays by hand. */
import { SILENT } from '../../../src/base/index.js';
import type { DownReason, IncomingTransfer } from '../../../src/link/index.js';
import { streamDecoder } from '../../../src/link/tcpcl/decoder.js';
import { DEFAULT_LIMITS, type SessionLimits } from '../../../src/link/tcpcl/limits.js';
import { encodeMessage, type TcpclMessage } from '../../../src/link/tcpcl/messages.js';
import { DEFAULT_RECEPTION_BYTES, ReceptionBudget } from '../../../src/link/tcpcl/reception-budget.js';
import { TcpclSession } from '../../../src/link/tcpcl/session.js';
import { type FakeTimers, fakeTimers } from './fake-timers.js';
import { type PipeEnd, pipe } from './memory-network.js';

export interface SessionWorld {
  readonly session: TcpclSession;
  readonly end: PipeEnd;
  readonly log: string[];
  readonly frames: Uint8Array[];
  readonly transfers: IncomingTransfer[];
  readonly closed: { reason: DownReason; detail: string }[];
}

export interface SessionSetup {
  readonly role: 'active' | 'passive';
  readonly nodeEid?: string;
  readonly gossip?: boolean;
  readonly limits?: Partial<SessionLimits>;
  /** What the consumer does with a bundle at once. @default keeps it for the test */
  readonly onBundle?: (transfer: IncomingTransfer) => void;
  readonly release?: boolean;
  readonly budget?: ReceptionBudget;
}

const offer = { version: 1, bootId: new Uint8Array(8).fill(7), dialNumber: 1 };

export function openSession(timers: FakeTimers, end: PipeEnd, setup: SessionSetup): SessionWorld {
  const log: string[] = [];
  const frames: Uint8Array[] = [];
  const transfers: IncomingTransfer[] = [];
  const closed: { reason: DownReason; detail: string }[] = [];
  const session = new TcpclSession(end, {
    role: setup.role,
    nodeEid: setup.nodeEid ?? `dtn://${setup.role}/`,
    limits: { ...DEFAULT_LIMITS, ...setup.limits },
    offer: setup.gossip === false ? undefined : offer,
    budget: setup.budget ?? new ReceptionBudget(DEFAULT_RECEPTION_BYTES),
    timers,
    log: SILENT,
    handlers: {
      up(up) {
        log.push(`up ${up.peerEid} ${up.gossip ? 'gossip' : 'plain'}`);
        if (setup.release !== false) up.release();
      },
      frame(_session, bytes) {
        log.push(`frame ${bytes.length}`);
        frames.push(bytes);
      },
      bundle(_session, transfer) {
        log.push(`bundle ${transfer.bytes.length}`);
        transfers.push(transfer);
        setup.onBundle?.(transfer);
      },
      cut(_session, { bytes, tookMs }) {
        log.push(`cut after ${bytes.length} in ${tookMs}`);
      },
      alive: () => log.push('alive'),
      closed(_session, reason, detail) {
        log.push(`closed ${reason}`);
        closed.push({ reason, detail });
      },
    },
  });
  return { session, end, log, frames, transfers, closed };
}

export interface Pair {
  readonly timers: FakeTimers;
  readonly active: SessionWorld;
  readonly passive: SessionWorld;
  /** Silence on the cable. */
  cut(): void;
}

/** Two of ours, with the session up. */
export async function openPair(
  active: Omit<SessionSetup, 'role'> = {},
  passive: Omit<SessionSetup, 'role'> = {},
  tap: (from: 'active' | 'passive', bytes: Uint8Array) => void = () => {},
): Promise<Pair> {
  const timers = fakeTimers();
  let isCut = false;
  const cable = pipe(timers, { host: 'passive', port: 1 }, { host: 'active', port: 2 }, () => isCut);
  cable[0].tap = (bytes) => tap('active', bytes);
  cable[1].tap = (bytes) => tap('passive', bytes);
  const pair = {
    timers,
    active: openSession(timers, cable[0], { ...active, role: 'active' }),
    passive: openSession(timers, cable[1], { ...passive, role: 'passive' }),
    cut() {
      isCut = true;
    },
  };
  await timers.advance(10);
  return pair;
}

/** A peer played by the test: it says what it is told to and remembers what it hears. */
export interface ScriptedPeer {
  readonly end: PipeEnd;
  readonly heard: string[];
  readonly messages: TcpclMessage[];
  isClosed: boolean;
  say(...messages: readonly (TcpclMessage | Uint8Array)[]): void;
}

export function scriptedPeer(end: PipeEnd): ScriptedPeer {
  const decoder = streamDecoder('contact');
  decoder.allowGossip();
  const peer: ScriptedPeer = {
    end,
    heard: [],
    messages: [],
    isClosed: false,
    say: (...messages) =>
      end.write(
        messages.map((each) => (each instanceof Uint8Array ? each : encodeMessage(each))),
        () => {},
      ),
  };
  let segment = '';
  end.attach({
    bytes(bytes) {
      decoder.push(bytes);
      for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
        if (item.type === 'segment-begin')
          segment = `segment ${item.transferId} flags ${item.flags} of ${item.dataLength}`;
        else if (item.type === 'segment-end') peer.heard.push(segment);
        else if (item.type !== 'segment-data') {
          peer.messages.push(item);
          peer.heard.push(describe(item));
        }
      }
    },
    closed() {
      peer.isClosed = true;
    },
  });
  return peer;
}

function describe(message: TcpclMessage): string {
  switch (message.type) {
    case 'xfer-ack':
      return `ack ${message.transferId} flags ${message.flags} to ${message.acknowledgedLength}`;
    case 'xfer-refuse':
      return `refuse ${message.transferId} reason ${message.reason}`;
    case 'sess-term':
      return `term flags ${message.flags} reason ${message.reason}`;
    case 'msg-reject':
      return `reject type ${message.rejectedType} reason ${message.reason}`;
    default:
      return message.type;
  }
}

export const CONTACT: TcpclMessage = { type: 'contact', version: 4, flags: 0 };

export function init(fields: Partial<Extract<TcpclMessage, { type: 'sess-init' }>> = {}): TcpclMessage {
  return {
    type: 'sess-init',
    keepaliveSeconds: 0,
    segmentMru: 1_000_000n,
    transferMru: 1_000_000n,
    nodeId: 'dtn://peer/',
    extensions: [],
    ...fields,
  };
}

export function segment(transferId: number, flags: number, data: Uint8Array, extensions = [] as const): TcpclMessage {
  return { type: 'xfer-segment', transferId: BigInt(transferId), flags, data, extensions };
}

/** One of ours facing a scripted peer, with the session up. */
export async function openScripted(setup: SessionSetup, peerInit = init()) {
  const timers = fakeTimers();
  const [near, far] = pipe(timers, { host: 'peer', port: 1 }, { host: 'us', port: 2 });
  const us = openSession(timers, near, setup);
  const peer = scriptedPeer(far);
  peer.say(CONTACT, peerInit);
  await timers.advance(10);
  peer.heard.splice(0);
  return { timers, us, peer };
}
