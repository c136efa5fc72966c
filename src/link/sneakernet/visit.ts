/**
 * One visit of a laptop to a stick: take what it carries, clear what is done with, give what others lack, and at the very
 * end write down what we hold.
 *
 * Whatever instant the stick is pulled out at: what was taken is on our disk, since nothing counts as taken before; what
 * was given has its name and its content on the medium; and the manifest still says what was true the last time.
 */
import { setImmediate } from 'node:timers/promises';
import { DecodeError, HearsayError, type Now, type Random } from '../../base/index.js';
import { type BundleKey, bundleKeyOf, decodeBundle } from '../../bundle/index.js';
import type { Engine, Objection } from '../../engine/index.js';
import { BundleClass } from '../../store/index.js';
import { RefuseReason } from '../tcpcl/codes.js';
import type { LinkEvents } from '../types.js';
import { CARRIERS, Carriers } from './carriers.js';
import { type StickFiles, stickError } from './files.js';
import { addTo, emptyFilter, MAX_FILTER_KEYS, SALT_BYTES } from './filter.js';
import { decodeLabel, encodeLabel, MAX_LABEL_BYTES, STICK_ID_BYTES } from './manifest.js';
import { StickSession, type Tally } from './session.js';
import { BUNDLES, Shelf, type ShelfFile } from './shelf.js';
import { mayClearByTime, timeOnStick } from './transit.js';

/** The node that visits: the host of an engine. */
export interface StickHost {
  readonly engine: Pick<Engine, 'node' | 'knownKeys' | 'standing'>;
  readonly linkEvents: LinkEvents;
  now(): Now;
  /** Resolves when the engine has nothing more to send over the link. */
  quiet(link: number): Promise<void>;
}

export interface VisitOptions {
  /** Take what the stick carries. */
  readonly take: boolean;
  /** Give what the stick and its other laptops lack. */
  readonly give: boolean;
  /** What our files may take on the stick. @default half of what is free or ours already */
  readonly quotaBytes?: number | undefined;
  readonly random: Random;
  /** Ends the visit early, in good order. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: VisitProgress) => void;
}

export interface VisitProgress {
  readonly phase: 'reading' | 'taking' | 'giving' | 'finishing';
  /** How many of `of` are done; `of` is undefined where nobody knows. */
  readonly done: number;
  readonly of: number | undefined;
}

export interface VisitReport {
  readonly stick: string;
  readonly taken: Tally;
  readonly given: Tally;
  /** Bundles on the stick that this laptop had already. */
  readonly alreadyHad: number;
  /** Bundles that this laptop has no room for; they stay on the stick. */
  readonly noRoomHere: number;
  /** Bundles that there is no room for on the stick. */
  readonly noRoomThere: number;
  /** Bundles that this laptop did not take for another reason, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Files cleared from the stick, by reason. */
  readonly cleared: Readonly<Record<ClearReason, number>>;
  readonly onStick: { readonly bundles: number; readonly bytes: number; readonly quotaBytes: number };
  /** Other laptops that use the stick. */
  readonly otherCarriers: number;
  /** Nothing could be written down on the stick: it is read-only. */
  readonly readOnly: boolean;
  readonly interrupted: boolean;
}

export type ClearReason = 'delivered' | 'receipted' | 'superseded' | 'expired' | 'spoilt' | 'room';

const LABEL = 'stick';
/** Bundles that the engine examines at once. */
const LANES = 8;
/** Larger ones are read one at a time, so that eight of them do not fill the memory. */
const LARGE_BYTES = 1024 * 1024;
/** Some milliseconds' work. */
const KEYS_AT_A_TIME = 1_000;

/** No laptop can do anything with these, whatever its version. Others may understand what we don't. */
const SPOILT: ReadonlySet<Objection> = new Set<Objection>([
  'malformed',
  'unsigned',
  'bad-signature',
  'bad-payload',
  'bad-topic',
  'hop-limit',
]);

/**
 * @param place what to call the stick in errors: its path.
 * @throws HearsayError as {@link stickError} says, and `ERR_STICK_EMPTY` when there is nothing to take.
 */
export async function visitStick(
  files: StickFiles,
  place: string,
  host: StickHost,
  options: VisitOptions,
): Promise<VisitReport> {
  try {
    const visit = await Visit.begin(files, place, host, options);
    return await visit.run();
  } catch (error) {
    throw stickError(error, place);
  }
}

class Visit {
  readonly #host: StickHost;
  readonly #options: VisitOptions;
  readonly #stickId: string;
  readonly #shelf: Shelf;
  readonly #carriers: Carriers;
  readonly #session: StickSession;
  readonly #taken: Tally = { bundles: 0, receipts: 0, bytes: 0 };
  readonly #refused = new Map<Objection, number>();
  readonly #cleared: Record<ClearReason, number> = {
    delivered: 0,
    receipted: 0,
    superseded: 0,
    expired: 0,
    spoilt: 0,
    room: 0,
  };
  #alreadyHad = 0;
  #noRoomHere = 0;
  #readOnly = false;
  #large: Promise<void> = Promise.resolve();
  /** What taking has shown to be of no use to anybody. */
  readonly #doomed = new Map<ShelfFile, ClearReason>();

  private constructor(
    place: string,
    host: StickHost,
    options: VisitOptions,
    found: { readonly stickId: string; readonly shelf: Shelf; readonly carriers: Carriers },
  ) {
    this.#host = host;
    this.#options = options;
    this.#stickId = found.stickId;
    this.#shelf = found.shelf;
    this.#carriers = found.carriers;
    this.#session = new StickSession({
      ...found,
      place,
      now: () => host.now(),
      holds: (key) => host.engine.standing(key) === 'held',
      onGiven: () => this.#progress('giving', this.#session.given.bundles),
    });
  }

  static async begin(files: StickFiles, place: string, host: StickHost, options: VisitOptions): Promise<Visit> {
    options.onProgress?.({ phase: 'reading', done: 0, of: undefined });
    const stickId = await identify(files, place, options);
    const { node } = host.engine;
    const writer = node.slice(0, 8);
    const shelf = await Shelf.open(files, { writer, quotaBytes: options.quotaBytes, wall: host.now().wall }, place);
    const carriers = await Carriers.open(files, node);
    return new Visit(place, host, options, { stickId, shelf, carriers });
  }

  async run(): Promise<VisitReport> {
    const session = this.#session;
    const stop = (): void => session.close();
    this.#options.signal?.addEventListener('abort', stop);
    this.#host.linkEvents.up(session);
    try {
      if (this.#options.signal?.aborted) stop();
      if (this.#options.take) await this.#takeAll();
      await this.#ifWritable(() => this.#clear());
      if (this.#options.give) await this.#giveAll();
      this.#progress('finishing', 0);
      if (session.failure === undefined) await this.#ifWritable(() => this.#record());
    } finally {
      this.#options.signal?.removeEventListener('abort', stop);
      session.close();
      this.#host.linkEvents.down(session, 'terminated');
    }
    if (session.failure !== undefined) throw session.failure;
    return this.#report();
  }

  async #takeAll(): Promise<void> {
    const files = this.#shelf.inOrder();
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let file = files[next++]; file !== undefined && !this.#isOver; file = files[next++]) {
        if (file.sizeBytes < LARGE_BYTES) await this.#takeOne(file);
        else await this.#takeLarge(file);
        this.#progress('taking', Math.min(next, files.length), files.length);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  #takeLarge(file: ShelfFile): Promise<void> {
    this.#large = this.#large.then(() => this.#takeOne(file));
    return this.#large;
  }

  async #takeOne(file: ShelfFile): Promise<void> {
    if (this.#host.engine.standing(file.key) !== undefined) {
      this.#alreadyHad++;
      return;
    }
    const bytes = await this.#shelf.read(file);
    if (bytes === undefined || keyIn(bytes) !== file.key) {
      this.#refuse(file, 'malformed');
      return;
    }
    const tookMs = timeOnStick(file.exportedAt, this.#host.now());
    const give = this.#host.linkEvents.bundle;
    const answer = await this.#session.hand(bytes, tookMs, (transfer) => give(this.#session, transfer));
    if (answer.answer === 'closed') return;
    if (answer.answer === 'accepted') {
      this.#taken.bundles++;
      this.#taken.bytes += bytes.length;
      if (file.class === BundleClass.Receipt) this.#taken.receipts++;
      return;
    }
    switch (answer.reason) {
      case RefuseReason.Completed:
        this.#alreadyHad++;
        // The engine wants it no more and never had it: its receipt came first, or a newer version is here.
        if (this.#host.engine.standing(file.key) === undefined) {
          this.#doomed.set(file, file.class === BundleClass.Message ? 'receipted' : 'superseded');
        }
        return;
      case RefuseReason.NoResources:
        this.#noRoomHere++;
        return;
      default:
        return this.#refuse(file, answer.objection ?? 'malformed');
    }
  }

  #refuse(file: ShelfFile, objection: Objection): void {
    this.#refused.set(objection, (this.#refused.get(objection) ?? 0) + 1);
    if (SPOILT.has(objection)) this.#doomed.set(file, 'spoilt');
    if (objection === 'expired' && this.#mayClearByTime()) this.#doomed.set(file, 'expired');
  }

  /** Removes what is of no use to anybody any more. */
  async #clear(): Promise<void> {
    await this.#shelf.clearLeftovers();
    for (const file of this.#shelf.inOrder()) {
      const reason = this.#doomed.get(file) ?? this.#uselessBecause(file);
      if (reason !== undefined) await this.#remove(file, reason);
    }
  }

  #uselessBecause(file: ShelfFile): ClearReason | undefined {
    const standing = this.#host.engine.standing(file.key);
    if (standing === 'receipted' || standing === 'superseded' || standing === 'expired') return standing;
    if (file.exportedAt === undefined || !this.#mayClearByTime()) return undefined;
    return timeOnStick(file.exportedAt, this.#host.now()) > file.leftMs ? 'expired' : undefined;
  }

  #mayClearByTime(): boolean {
    return mayClearByTime(Math.max(this.#shelf.newestSign, this.#carriers.newestSign), this.#host.now());
  }

  async #giveAll(): Promise<void> {
    const session = this.#session;
    const { wall, wallTrusted } = this.#host.now();
    this.#shelf.whenFull(
      (file) =>
        (wallTrusted && timeOnStick(file.exportedAt, this.#host.now()) > file.leftMs) ||
        (this.#host.engine.standing(file.key) !== undefined &&
          this.#carriers.allHold(file.key, wallTrusted ? wall : undefined)),
    );
    session.openForExport();
    await Promise.race([this.#host.quiet(session.id), session.closed]);
    if (this.#isOver || session.failure !== undefined || session.leftOut > 0) return;
    // Delivered here, and by now the stick has the receipt that tells everybody.
    for (const file of this.#shelf.inOrder()) {
      if (this.#host.engine.standing(file.key) === 'delivered') await this.#remove(file, 'delivered');
    }
  }

  async #remove(file: ShelfFile, reason: ClearReason): Promise<void> {
    await this.#shelf.remove(file);
    this.#cleared[reason]++;
  }

  async #record(): Promise<void> {
    await this.#shelf.syncRemovals();
    const keys: BundleKey[] = [];
    for (const key of this.#host.engine.knownKeys()) if (keys.push(key) >= MAX_FILTER_KEYS) break;
    const holdings = emptyFilter(keys.length, this.#options.random.bytes(SALT_BYTES));
    for (const [index, key] of keys.entries()) {
      addTo(holdings, key);
      // A running node has neighbours and clients to answer meanwhile.
      if (index % KEYS_AT_A_TIME === KEYS_AT_A_TIME - 1) await setImmediate();
    }
    const { wall, wallTrusted } = this.#host.now();
    const visitedAt = wallTrusted ? wall : undefined;
    await this.#carriers.record({ carrier: this.#host.engine.node, visitedAt, holdings });
  }

  /** Taking works from a read-only stick too; it just isn't tidied then. */
  async #ifWritable(work: () => Promise<void>): Promise<void> {
    if (this.#readOnly) return;
    try {
      await work();
    } catch (error) {
      const failure = stickError(error, '');
      if (this.#options.give || failure.code !== 'ERR_STICK_READ_ONLY') throw error;
      this.#readOnly = true;
    }
  }

  get #isOver(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #progress(phase: VisitProgress['phase'], done: number, of?: number): void {
    this.#options.onProgress?.({ phase, done, of });
  }

  #report(): VisitReport {
    const shelf = this.#shelf;
    return {
      stick: this.#stickId,
      taken: { ...this.#taken },
      given: { ...this.#session.given },
      alreadyHad: this.#alreadyHad,
      noRoomHere: this.#noRoomHere,
      noRoomThere: this.#session.leftOut,
      refused: Object.fromEntries(this.#refused),
      cleared: { ...this.#cleared, room: shelf.evicted },
      onStick: { bundles: shelf.size, bytes: shelf.usedBytes, quotaBytes: shelf.quotaBytes },
      otherCarriers: this.#carriers.size,
      readOnly: this.#readOnly,
      interrupted: this.#isOver,
    };
  }
}

/** A stick's own name: made by the first laptop that writes to it. @returns 32 hexadecimal digits. */
async function identify(files: StickFiles, place: string, options: VisitOptions): Promise<string> {
  const bytes = await files.read(LABEL, MAX_LABEL_BYTES);
  const known = bytes === undefined ? undefined : readable(bytes);
  if (known !== undefined && !options.give) return known;
  if (!options.give) {
    if ((await files.list(BUNDLES, 1)).length > 0) return '0'.repeat(STICK_ID_BYTES * 2);
    throw new HearsayError('ERR_STICK_EMPTY', `there is nothing of Hearsay on ${place}`);
  }
  for (const folder of ['', BUNDLES, CARRIERS]) await files.makeFolder(folder);
  if (known !== undefined) return known;
  const label = encodeLabel(options.random.bytes(STICK_ID_BYTES));
  await files.write(`${LABEL}.part`, label);
  await files.rename(`${LABEL}.part`, LABEL);
  await files.syncFolder('');
  return decodeLabel(label);
}

function readable(bytes: Uint8Array): string | undefined {
  try {
    return decodeLabel(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function keyIn(bytes: Uint8Array): BundleKey | undefined {
  try {
    return bundleKeyOf(decodeBundle(bytes));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
