/**
 * Announces this node on one link: probes for its name, announces, answers, says goodbye (RFC 6762 §8, §6, §10.1).
 *
 * The set of records is small and always sent whole, so one answer at a time is under way and later askers share it.
 */
import type { Random } from '../../../base/index.js';
import type { Timers } from '../../timers.js';
import type { Turn } from '../airtime.js';
import { drawLabel } from '../label.js';
import {
  type Announcement,
  hostOf,
  instanceOf,
  pointerTo,
  SERVICE_LIST,
  SERVICE_LIST_RECORD,
  SERVICE_TYPE,
  type ServicePacket,
  type ServiceRecord,
  sameName,
  uniqueRecords,
} from './records.js';
import { MDNS_PORT, type MdnsSocket, type PacketSource } from './sockets.js';

const PROBE_WAIT_MS = 250;
const REANNOUNCE_MS = 1_000;
/** A record is not multicast more often than this (RFC 6762 §6). */
const ANSWER_GAP_MS = 1_000;
/** Others may answer the same question: nobody answers at once (RFC 6762 §6). */
const SHARED_DELAY_MS = { from: 20, to: 120 };
/** More known answers may follow (RFC 6762 §7.2). */
const TRUNCATED_DELAY_MS = { from: 400, to: 500 };
/** What an asker of plain DNS may cache (RFC 6762 §6.7). */
const LEGACY_TTL_S = 10;
/** Answers to askers of plain DNS per second: each goes to one address, which its packet may have forged. */
const LEGACY_PER_SECOND = 2;
/** A label is given up this often, until the next one is due anyway: random ones collide only by somebody's will. */
const MAX_RENAMINGS = 8;

export interface ResponderOptions {
  readonly label: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly socket: MdnsSocket;
  readonly timers: Timers;
  readonly random: Random;
  readonly turn: Turn;
  /** Another node has our label; from now on we use this one. */
  renamed(label: string): void;
}

export interface Responder {
  start(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** Takes the old names back and announces new ones. */
  relabel(label: string): void;
  /** Takes everything back and falls silent. */
  goodbye(): void;
  /** Falls silent; for a network that is gone already. */
  stop(): void;
}

export function createResponder(options: ResponderOptions): Responder {
  return new LinkResponder(options);
}

/** The answer that is about to go out. */
interface PendingAnswer {
  cancel(): void;
  /** False once somebody asks for what only we have: then known answers of others do not spare it. */
  isShared: boolean;
  withServiceList: boolean;
}

class LinkResponder implements Responder {
  readonly #options: ResponderOptions;
  #own: Announcement;
  #renamings = 0;
  #state: 'silent' | 'probing' | 'announced' = 'silent';
  #cancelNext: (() => void) | undefined;
  #answer: PendingAnswer | undefined;
  #lastMulticast = Number.NEGATIVE_INFINITY;
  #legacy = { second: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: ResponderOptions) {
    const { label, port, addresses } = options;
    this.#options = options;
    this.#own = { label, port, addresses };
  }

  start(): void {
    // Laptops that wake up together must not probe together (RFC 6762 §8.1).
    this.#after(this.#options.random.unit() * PROBE_WAIT_MS, () => this.#probe());
  }

  packet(packet: ServicePacket, from: PacketSource): void {
    if (packet.type === 'response') this.#watchForConflict(packet);
    else if (this.#state === 'announced') this.#onQuery(packet, from);
  }

  relabel(label: string): void {
    this.#renamings = 0;
    if (this.#state === 'announced') this.#takeBack();
    this.#become(label);
  }

  goodbye(): void {
    if (this.#state === 'announced') this.#takeBack();
    this.stop();
  }

  stop(): void {
    this.#cancelNext?.();
    this.#dropAnswer();
    this.#state = 'silent';
  }

  /** The list of service types is not ours to take back: other nodes are listed there too. */
  #takeBack(): void {
    const answers = this.#records().map((each) => ({ ...each, ttl: 0 }));
    this.#options.socket.send({ type: 'response', answers });
  }

  #become(label: string): void {
    this.#own = { ...this.#own, label };
    this.#dropAnswer();
    if (this.#state !== 'silent') this.#probe();
  }

  #probe(): void {
    this.#state = 'probing';
    const putOffMs = this.#options.turn.putOffMs();
    if (putOffMs > 0) {
      this.#after(putOffMs, () => this.#probe());
      return;
    }
    this.#options.socket.send({
      type: 'query',
      questions: [{ name: instanceOf(this.#own.label), type: 'ANY' }],
      authorities: uniqueRecords(this.#own),
    });
    this.#after(PROBE_WAIT_MS, () => {
      this.#state = 'announced';
      this.#announce();
      this.#after(REANNOUNCE_MS, () => this.#announceAgain());
    });
  }

  #announceAgain(): void {
    const putOffMs = this.#options.turn.putOffMs();
    if (putOffMs > 0) this.#after(putOffMs, () => this.#announceAgain());
    // An answer to somebody has said it all to everybody meanwhile (RFC 6762 §8.3 asks for two).
    else if (this.#options.timers.now() >= this.#lastMulticast + ANSWER_GAP_MS) this.#announce();
  }

  #announce(): void {
    const withServiceList = this.#answer?.withServiceList ?? false;
    this.#dropAnswer();
    this.#multicast(withServiceList);
  }

  #multicast(withServiceList: boolean): void {
    this.#lastMulticast = this.#options.timers.now();
    const answers = withServiceList ? [SERVICE_LIST_RECORD, ...this.#records()] : this.#records();
    this.#options.socket.send({ type: 'response', answers });
  }

  #records(): ServiceRecord[] {
    return [pointerTo(instanceOf(this.#own.label)), ...uniqueRecords(this.#own)];
  }

  /** Another node has our name when its SRV record differs; our own packets come back to us and do not. */
  #watchForConflict(packet: ServicePacket): void {
    const { label, port } = this.#own;
    const isOther = [...packet.answers, ...packet.additionals].some(
      (record) =>
        record.type === 'SRV' &&
        record.ttl > 0 &&
        sameName(record.name, instanceOf(label)) &&
        (record.data.port !== port || !sameName(record.data.target, hostOf(label))),
    );
    if (!isOther || this.#state === 'silent' || this.#renamings >= MAX_RENAMINGS) return;
    this.#renamings++;
    const fresh = drawLabel(this.#options.random);
    this.#options.renamed(fresh);
    this.#become(fresh);
  }

  #onQuery(packet: ServicePacket, from: PacketSource): void {
    const asked = packet.questions.map((question) => this.#asks(question.name, question.type));
    const isUnique = asked.includes('unique');
    const isListed = asked.includes('list');
    const isShared = asked.includes('shared') || isListed;
    const isKnown = !isListed && packet.answers.some((record) => this.#isKnownAnswer(record));
    // The rest of a long list of known answers, and we are on it.
    if (isKnown && this.#answer?.isShared) this.#dropAnswer();
    if (!isUnique && (!isShared || isKnown)) return;
    if (from.port !== MDNS_PORT) this.#answerLegacy(packet, from);
    else this.#schedule(isUnique, isListed, packet.truncated);
  }

  #asks(name: string, type: string): 'unique' | 'shared' | 'list' | 'other' {
    const isPtr = type === 'PTR' || type === 'ANY';
    if (isPtr && sameName(name, SERVICE_TYPE)) return 'shared';
    if (isPtr && sameName(name, SERVICE_LIST)) return 'list';
    const { label } = this.#own;
    const isOurs = sameName(name, instanceOf(label)) || sameName(name, hostOf(label));
    return isOurs && uniqueRecords(this.#own).some((each) => type === 'ANY' || each.type === type) ? 'unique' : 'other';
  }

  /** The asker has our record with at least half of its life left (RFC 6762 §7.1). */
  #isKnownAnswer(record: ServiceRecord): boolean {
    const ours = pointerTo(instanceOf(this.#own.label));
    if (record.type !== 'PTR' || ours.type !== 'PTR' || !sameName(record.name, ours.name)) return false;
    return sameName(record.data, ours.data) && record.ttl >= ours.ttl / 2;
  }

  #schedule(isUnique: boolean, withServiceList: boolean, isTruncated: boolean): void {
    if (this.#answer !== undefined) {
      if (isUnique) this.#answer.isShared = false;
      if (withServiceList) this.#answer.withServiceList = true;
      return;
    }
    const { timers, random } = this.#options;
    const range = isTruncated ? TRUNCATED_DELAY_MS : SHARED_DELAY_MS;
    const delay = range.from + random.unit() * (range.to - range.from);
    const gap = this.#lastMulticast + ANSWER_GAP_MS - timers.now();
    this.#answer = { cancel: () => {}, isShared: !isUnique, withServiceList };
    this.#answerIn(this.#answer, Math.max(delay, gap));
  }

  #answerIn(answer: PendingAnswer, delayMs: number): void {
    answer.cancel = this.#options.timers.after(delayMs, () => {
      const putOffMs = this.#options.turn.putOffMs();
      if (putOffMs > 0) {
        this.#answerIn(answer, putOffMs);
        return;
      }
      this.#answer = undefined;
      this.#multicast(answer.withServiceList);
    });
  }

  #dropAnswer(): void {
    this.#answer?.cancel();
    this.#answer = undefined;
  }

  #answerLegacy(packet: ServicePacket, from: PacketSource): void {
    const now = this.#options.timers.now();
    if (now - this.#legacy.second >= 1_000) this.#legacy = { second: now, count: 0 };
    if (++this.#legacy.count > LEGACY_PER_SECOND) return;
    const brief = (records: ServiceRecord[]) => records.map((each) => ({ ...each, ttl: LEGACY_TTL_S }));
    const answer = {
      type: 'response' as const,
      id: packet.id,
      questions: packet.questions.slice(0, 1),
      answers: brief([pointerTo(instanceOf(this.#own.label)), SERVICE_LIST_RECORD]),
      additionals: brief(uniqueRecords(this.#own)),
    };
    this.#options.socket.send(answer, from);
  }

  #after(delayMs: number, task: () => void): void {
    this.#cancelNext?.();
    this.#cancelNext = this.#options.timers.after(delayMs, task);
  }
}
