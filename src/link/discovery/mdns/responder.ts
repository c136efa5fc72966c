/**
 * Announces this node on one link: probes for its name, announces, answers, says goodbye (RFC 6762 §8, §6, §10.1).
 *
 * The set of records is small and always sent whole, so one answer at a time is under way and later askers share it.
 */
import { type Random, utf8Decode } from '../../base/index.js';
import type { Timers } from '../timers.js';
import { MDNS_PORT, type MulticastSocket, type PacketSource } from './multicast.js';
import {
  type Announcement,
  namesOf,
  SERVICE_LIST,
  SERVICE_TYPE,
  type ServicePacket,
  type ServiceRecord,
  sameName,
  sharedRecords,
  uniqueRecords,
} from './records.js';

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
/** A name is given up this often before we settle for what we have. */
const MAX_ATTEMPTS = 9;

export interface ResponderOptions {
  readonly nodeEid: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly socket: MulticastSocket;
  readonly timers: Timers;
  readonly random: Random;
}

export interface Responder {
  start(): void;
  packet(packet: ServicePacket, from: PacketSource): void;
  /** Takes everything back and falls silent. */
  goodbye(): void;
  /** Falls silent; for a network that is gone already. */
  stop(): void;
  /** The instance name in use; it changes when another node has it. */
  readonly instance: string;
}

export function createResponder(options: ResponderOptions): Responder {
  return new LinkResponder(options);
}

class LinkResponder implements Responder {
  readonly #options: ResponderOptions;
  #own: Announcement;
  #attempt = 1;
  #state: 'silent' | 'probing' | 'announced' = 'silent';
  #cancelNext: (() => void) | undefined;
  /** The answer that is about to go out. */
  #answer: { cancel: () => void; isShared: boolean } | undefined;
  #lastMulticast = Number.NEGATIVE_INFINITY;

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.#own = this.#announcement();
  }

  get instance(): string {
    return this.#own.instance;
  }

  start(): void {
    // Laptops that wake up together must not probe together (RFC 6762 §8.1).
    this.#after(this.#options.random.unit() * PROBE_WAIT_MS, () => this.#probe());
  }

  packet(packet: ServicePacket, from: PacketSource): void {
    if (packet.type === 'response') this.#watchForConflict(packet);
    else if (this.#state === 'announced') this.#onQuery(packet, from);
  }

  goodbye(): void {
    if (this.#state === 'announced') {
      // The list of service types is not ours to take back: other nodes are listed there too.
      const answers = [...sharedRecords(this.#own), ...uniqueRecords(this.#own)];
      const taken = answers.filter(({ name }) => !sameName(name, SERVICE_LIST)).map((each) => ({ ...each, ttl: 0 }));
      this.#options.socket.send({ type: 'response', answers: taken });
    }
    this.stop();
  }

  stop(): void {
    this.#cancelNext?.();
    this.#answer?.cancel();
    this.#answer = undefined;
    this.#state = 'silent';
  }

  #announcement(): Announcement {
    const { nodeEid, port, addresses } = this.#options;
    return { ...namesOf(nodeEid, this.#attempt), nodeEid, port, addresses };
  }

  #probe(): void {
    this.#state = 'probing';
    this.#options.socket.send({
      type: 'query',
      questions: [{ name: this.#own.instance, type: 'ANY' }],
      authorities: uniqueRecords(this.#own),
    });
    this.#after(PROBE_WAIT_MS, () => {
      this.#state = 'announced';
      this.#announce();
      this.#after(REANNOUNCE_MS, () => this.#announce());
    });
  }

  #announce(): void {
    this.#lastMulticast = this.#options.timers.now();
    this.#options.socket.send({
      type: 'response',
      answers: [...sharedRecords(this.#own), ...uniqueRecords(this.#own)],
    });
  }

  /** Another node has our name when its records differ; our own packets come back to us and do not. */
  #watchForConflict(packet: ServicePacket): void {
    const isOther = [...packet.answers, ...packet.additionals].some(
      (record) =>
        record.type === 'TXT' &&
        record.ttl > 0 &&
        sameName(record.name, this.#own.instance) &&
        !record.data.some((entry) => utf8Decode(entry) === `node=${this.#options.nodeEid}`),
    );
    if (!isOther || this.#state === 'silent' || this.#attempt >= MAX_ATTEMPTS) return;
    this.#attempt++;
    this.#own = this.#announcement();
    this.#answer?.cancel();
    this.#answer = undefined;
    this.#probe();
  }

  #onQuery(packet: ServicePacket, from: PacketSource): void {
    const asked = packet.questions.map((question) => this.#asks(question.name, question.type));
    const isUnique = asked.includes('unique');
    const isShared = asked.includes('shared');
    const isKnown = packet.answers.some((record) => this.#isKnownAnswer(record));
    if (isKnown && this.#answer?.isShared) {
      // The rest of a long list of known answers, and we are on it.
      this.#answer.cancel();
      this.#answer = undefined;
    }
    if (!isUnique && (!isShared || isKnown)) return;
    if (from.port !== MDNS_PORT) this.#answerLegacy(packet, from);
    else this.#schedule(isUnique, packet.truncated);
  }

  #asks(name: string, type: string): 'unique' | 'shared' | 'other' {
    const isPtr = type === 'PTR' || type === 'ANY';
    if (isPtr && (sameName(name, SERVICE_TYPE) || sameName(name, SERVICE_LIST))) return 'shared';
    const isOurs = sameName(name, this.#own.instance) || sameName(name, this.#own.host);
    return isOurs && uniqueRecords(this.#own).some((each) => type === 'ANY' || each.type === type) ? 'unique' : 'other';
  }

  /** The asker has our record with at least half of its life left (RFC 6762 §7.1). */
  #isKnownAnswer(record: ServiceRecord): boolean {
    const ours = sharedRecords(this.#own)[0];
    if (record.type !== 'PTR' || ours === undefined || !sameName(record.name, ours.name)) return false;
    return sameName(record.data, this.#own.instance) && record.ttl >= ours.ttl / 2;
  }

  #schedule(isUnique: boolean, isTruncated: boolean): void {
    if (this.#answer !== undefined) {
      if (isUnique) this.#answer.isShared = false;
      return;
    }
    const { timers, random } = this.#options;
    const range = isTruncated ? TRUNCATED_DELAY_MS : SHARED_DELAY_MS;
    const delay = range.from + random.unit() * (range.to - range.from);
    const gap = this.#lastMulticast + ANSWER_GAP_MS - timers.now();
    const cancel = timers.after(Math.max(delay, gap), () => {
      this.#answer = undefined;
      this.#lastMulticast = timers.now();
      const answers = sharedRecords(this.#own);
      this.#options.socket.send({ type: 'response', answers, additionals: uniqueRecords(this.#own) });
    });
    this.#answer = { cancel, isShared: !isUnique };
  }

  #answerLegacy(packet: ServicePacket, from: PacketSource): void {
    const brief = (records: ServiceRecord[]) => records.map((each) => ({ ...each, ttl: LEGACY_TTL_S }));
    const answer = {
      type: 'response' as const,
      id: packet.id,
      questions: packet.questions.slice(0, 1),
      answers: brief(sharedRecords(this.#own)),
      additionals: brief(uniqueRecords(this.#own)),
    };
    this.#options.socket.send(answer, from);
  }

  #after(delayMs: number, task: () => void): void {
    this.#cancelNext?.();
    this.#cancelNext = this.#options.timers.after(delayMs, task);
  }
}
