/**
 * The custody store on LevelDB: what a laptop promised to carry survives a power cut.
 *
 * One database, one synced batch per group of commits. Layout and promises: docs/custody.md.
 */
import { mkdir } from 'node:fs/promises';
import { DecodeError, type Logger, messageOf, type Random, SILENT, toHex } from '../base/index.js';
import { type BundleKey, decodeBundle } from '../bundle/index.js';
import { type Commit, CommitQueue } from './commit-queue.js';
import { type DatabaseOp, LevelDatabase } from './level-database.js';
import { explain, storeError } from './level-errors.js';
import {
  bundleOf,
  bytesKey,
  ENTRY_RANGE,
  EPOCH_KEY,
  entryKey,
  FORMAT_KEY,
  LAST_SEQ_KEY,
  RECORD_RANGE,
  recordKey,
  recordOf,
  SEEN_RANGE,
  seenKey,
} from './level-keys.js';
import { Reclaimer } from './reclaim.js';
import {
  decodeEntry,
  decodeSeen,
  encodeEntry,
  encodeSeen,
  guard,
  guardText,
  NOT_NOTED,
  unguard,
  unguardText,
} from './record-codec.js';
import { rebuildFiles, refuseHeadless, sweep } from './salvage.js';
import {
  type CustodyStore,
  EPOCH_BYTES,
  type LedgerEntry,
  SEQ_GAP,
  type SeenEntry,
  type StoreOp,
  type StoreSnapshot,
} from './types.js';

/** The layout that this code writes. It reads format 1 too, whose rows are shorter. */
const FORMAT = 2;
const READ_FORMATS: ReadonlySet<string | undefined> = new Set(['1', String(FORMAT)]);
/** How many rows of format 1 are written anew in one batch. */
const NOTED_AT_ONCE = 1_000;
const DEFAULT_MIN_FREE_BYTES = 32 * 1024 * 1024;

export interface LevelStoreOptions {
  /** Draws the epoch. */
  readonly random: Random;
  /** @default silent */
  readonly log?: Logger;
  /**
   * Rebuilds a damaged store before it is opened: what fails its checks is forgotten, and a new epoch is drawn.
   *
   * @default false
   */
  readonly repair?: boolean;
  /**
   * Commits that add something are refused when the disk has less room than this, so that there is always enough to
   * drop, to recover and to read.
   *
   * @default 32 MiB
   */
  readonly minFreeBytes?: number;
}

/**
 * Opens the store in `dir`, making it if there is none.
 *
 * @throws HearsayError `ERR_STORE_LOCKED` another process has it open; `ERR_STORE_CORRUPT` it is damaged, see
 *   `repair`; `ERR_STORE_FORMAT` a newer Hearsay, or something else, made it; `ERR_STORE_IO`
 */
export async function openLevelStore(dir: string, options: LevelStoreOptions): Promise<CustodyStore> {
  const log = options.log ?? SILENT;
  try {
    // Who talks with whom is in there: nobody else on a shared laptop needs to read it.
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (options.repair === true) await rebuildFiles(dir);
    await refuseHeadless(dir);
  } catch (error) {
    throw explain(error, dir);
  }
  const database = await LevelDatabase.open(dir, { minFreeBytes: options.minFreeBytes ?? DEFAULT_MIN_FREE_BYTES });
  try {
    await requireFormat(database, options.repair === true);
    if (options.repair === true) await sweep(database, log);
    const identity = await begin(database, options);
    return new LevelStore(database, identity, log);
  } catch (error) {
    await database.close();
    throw explain(error, dir);
  }
}

interface Identity {
  readonly epoch: string;
  readonly lastSeq: number;
}

async function requireFormat(database: LevelDatabase, repaired: boolean): Promise<void> {
  const stored = await textAt(database, FORMAT_KEY);
  if (READ_FORMATS.has(stored) || (await database.isEmpty())) return;
  // A repair may lose the note; what the sweep after it finds undecodable goes.
  if (stored === undefined && repaired) return;
  throw storeError(
    'ERR_STORE_FORMAT',
    stored === undefined
      ? `the folder ${database.dir} holds a database that is not a Hearsay store`
      : `the store in ${database.dir} has format ${stored}, and this Hearsay reads format ${FORMAT}: start the newer version`,
  );
}

/**
 * Settles the epoch and the number to go on from. Arrival numbers may have been told to neighbours without being
 * committed before the power failed; skipping some at every start makes sure that none is given twice.
 */
async function begin(database: LevelDatabase, options: LevelStoreOptions): Promise<Identity> {
  const storedEpoch = await textAt(database, EPOCH_KEY);
  const storedSeq = await textAt(database, LAST_SEQ_KEY);
  const keep = storedEpoch !== undefined && storedSeq !== undefined && options.repair !== true;
  const epoch = keep ? storedEpoch : toHex(options.random.bytes(EPOCH_BYTES));
  const lastSeq = storedSeq === undefined ? await highestSeq(database) : Number(storedSeq) + SEQ_GAP;
  await database.write([
    { type: 'put', key: FORMAT_KEY, value: guardText(String(FORMAT)) },
    { type: 'put', key: EPOCH_KEY, value: guardText(epoch) },
    { type: 'put', key: LAST_SEQ_KEY, value: guardText(String(lastSeq)) },
  ]);
  return { epoch, lastSeq };
}

/** Zero in a new store. Only a repair loses the note of the number and has to look at the entries. */
async function highestSeq(database: LevelDatabase): Promise<number> {
  let highest = 0;
  for await (const page of database.pages(ENTRY_RANGE)) {
    for (const [key, value] of page) {
      highest = Math.max(highest, decodeEntry(bundleOf(key), value, (text) => text).seq);
    }
  }
  return highest;
}

async function textAt(database: LevelDatabase, key: string): Promise<string | undefined> {
  const value = await database.get(key);
  return value === undefined ? undefined : unguardText(value, `the store's note ${key}`);
}

class LevelStore implements CustodyStore {
  readonly #database: LevelDatabase;
  readonly #epoch: string;
  #lastSeq: number;
  readonly #log: Logger;
  readonly #queue = new CommitQueue((group) => this.#write(group));
  readonly #reclaimer: Reclaimer;
  /** What each held bundle takes, to know when dropping has freed enough to be worth a merge. */
  readonly #sizes = new Map<BundleKey, number>();
  /** Bytes handed in and not yet written (undefined: dropped and not yet gone), so that reads see commits in order. */
  readonly #pending = new Map<BundleKey, { readonly bytes: Uint8Array | undefined }>();
  #closing: Promise<void> | undefined;

  constructor(database: LevelDatabase, identity: Identity, log: Logger) {
    this.#database = database;
    this.#epoch = identity.epoch;
    this.#lastSeq = identity.lastSeq;
    this.#log = log;
    this.#reclaimer = new Reclaimer(async (range) => {
      try {
        await this.#database.compact(range);
      } catch (error) {
        this.#log.warn('the room of dropped bundles could not be given back', { error: messageOf(error) });
      }
    });
  }

  async load(): Promise<StoreSnapshot> {
    this.#requireOpen();
    await this.#queue.idle();
    const intern = interner();
    const entries: LedgerEntry[] = [];
    for await (const page of this.#database.pages(ENTRY_RANGE)) {
      for (const [key, value] of page) entries.push(this.#explained(() => decodeEntry(bundleOf(key), value, intern)));
    }
    await this.#noteTimes(entries);
    for (const entry of entries) this.#sizes.set(entry.key, entry.sizeBytes);
    const seen: SeenEntry[] = [];
    for await (const page of this.#database.pages(SEEN_RANGE)) {
      for (const [key, value] of page) seen.push(this.#explained(() => decodeSeen(bundleOf(key), value, intern)));
    }
    return { epoch: this.#epoch, lastSeq: this.#lastSeq, entries, seen, records: await this.#loadRecords() };
  }

  /** Format 1 kept no times of creation: they are read off the bundles, and written down for the next start. */
  async #noteTimes(entries: LedgerEntry[]): Promise<void> {
    let rows: DatabaseOp[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.createdAt !== NOT_NOTED) continue;
      const dated = { ...entry, createdAt: creationTimeIn(await this.read(entry.key)) };
      entries[index] = dated;
      rows.push({ type: 'put', key: entryKey(entry.key), value: encodeEntry(dated) });
      if (rows.length < NOTED_AT_ONCE) continue;
      await this.#database.write(rows);
      rows = [];
    }
    if (rows.length > 0) await this.#database.write(rows);
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    this.#requireOpen();
    if (ops.length === 0) return;
    const pending = new Map<BundleKey, { readonly bytes: Uint8Array | undefined }>();
    for (const op of ops) {
      if (op.op === 'put') pending.set(op.entry.key, { bytes: op.bytes });
      else if (op.op === 'drop') pending.set(op.key, { bytes: undefined });
    }
    for (const [key, change] of pending) this.#pending.set(key, change);
    try {
      await this.#queue.push(ops);
    } finally {
      for (const [key, change] of pending) {
        if (this.#pending.get(key) === change) this.#pending.delete(key);
      }
    }
  }

  async read(key: BundleKey): Promise<Uint8Array | undefined> {
    this.#requireOpen();
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending.bytes;
    const value = await this.#database.get(bytesKey(key));
    return value && this.#explained(() => unguard(value, `bundle ${key}`));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.idle();
    await this.#reclaimer.stop();
    await this.#database.close();
  }

  async #write(group: readonly Commit[]): Promise<void> {
    const commits = await this.#withRoom(group);
    if (commits.length === 0) return;
    const ops = commits.flatMap((commit) => commit.ops);
    const highest = ops.reduce((seq, op) => (op.op === 'put' ? Math.max(seq, op.entry.seq) : seq), this.#lastSeq);
    try {
      const batch = ops.flatMap(databaseOps);
      if (highest > this.#lastSeq) {
        batch.push({ type: 'put', key: LAST_SEQ_KEY, value: guardText(String(highest)) });
      }
      await this.#database.write(batch);
    } catch (error) {
      this.#log.error('a commit failed', { commits: commits.length, error: messageOf(error) });
      for (const commit of commits) commit.reject(error);
      return;
    }
    this.#lastSeq = highest;
    for (const commit of commits) commit.resolve();
    for (const op of ops) this.#account(op);
  }

  /** Turns away what adds when the disk is nearly full; what only drops still goes through, and makes room. */
  async #withRoom(group: readonly Commit[]): Promise<readonly Commit[]> {
    try {
      await this.#database.requireRoom();
      return group;
    } catch (error) {
      const [adding, dropping] = partition(group, (commit) =>
        commit.ops.some((op) => op.op === 'put' || op.op === 'update' || op.op === 'set'),
      );
      for (const commit of adding) commit.reject(error);
      return dropping;
    }
  }

  #account(op: StoreOp): void {
    if (op.op === 'put') {
      this.#sizes.set(op.entry.key, op.bytes.length);
    } else if (op.op === 'drop') {
      this.#reclaimer.dropped(this.#sizes.get(op.key) ?? 0);
      this.#sizes.delete(op.key);
    }
  }

  async #loadRecords(): Promise<ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>> {
    const spaces = new Map<string, Map<string, Uint8Array>>();
    for await (const page of this.#database.pages(RECORD_RANGE)) {
      for (const [path, value] of page) {
        const { space, key } = recordOf(path);
        const content = this.#explained(() => unguard(value, `the record ${path}`));
        const records = spaces.get(space);
        if (records === undefined) spaces.set(space, new Map([[key, content]]));
        else records.set(key, content);
      }
    }
    return spaces;
  }

  #explained<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      throw explain(error, this.#database.dir);
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw storeError('ERR_STORE_CLOSED', 'the store is closed');
  }
}

function databaseOps(op: StoreOp): DatabaseOp[] {
  switch (op.op) {
    case 'put':
      return [
        { type: 'put', key: entryKey(op.entry.key), value: encodeEntry(op.entry) },
        { type: 'put', key: bytesKey(op.entry.key), value: guard(op.bytes) },
      ];
    case 'update':
      return [{ type: 'put', key: entryKey(op.entry.key), value: encodeEntry(op.entry) }];
    case 'drop':
      return [
        { type: 'del', key: entryKey(op.key) },
        { type: 'del', key: bytesKey(op.key) },
        { type: 'put', key: seenKey(op.key), value: encodeSeen(op) },
      ];
    case 'see':
      return [{ type: 'put', key: seenKey(op.key), value: encodeSeen(op) }];
    case 'unsee':
      return [{ type: 'del', key: seenKey(op.key) }];
    case 'set':
      return [{ type: 'put', key: recordKey(op.space, op.key), value: guard(op.value) }];
    case 'unset':
      return [{ type: 'del', key: recordKey(op.space, op.key) }];
  }
}

/** 0, as for a bundle whose author had no clock, when the bytes are gone or spoilt. */
function creationTimeIn(bytes: Uint8Array | undefined): number {
  try {
    return bytes === undefined ? 0 : Number(decodeBundle(bytes).primary.creation.time);
  } catch (error) {
    if (error instanceof DecodeError) return 0;
    throw error;
  }
}

function interner(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same !== undefined) return same;
    known.set(text, text);
    return text;
  };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}
