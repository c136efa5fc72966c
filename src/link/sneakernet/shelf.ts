/**
 * The bundle files on a stick: what is there, what may be added, what goes when there is no room.
 *
 * Writing is safe against the stick being pulled out: each file is written whole under another name and synced, then gets
 * its name, then the folder is synced, and only then does it count as given. Files that come together share the syncs of
 * their folders.
 */
import { DAY_MS, type HearsayError } from '../../base/index.js';
import { type BundleKey, DEFAULT_MAX_BUNDLE_BYTES } from '../../bundle/index.js';
import { type StickFiles, stickError } from './files.js';
import { type BundleName, formatBundleName, parseBundleName, SHARDS, shardOf } from './names.js';

export const BUNDLES = 'bundles';
/** More names in one folder than an honest stick ever has are not looked at. */
const MAX_NAMES_IN_SHARD = 4_000;
/** A FAT folder takes 65,536 entries, and a name of ours needs six. */
const MAX_FILES_IN_SHARD = 2_000;
/** Together with the shards' own bound: what one visit may cost in memory. */
const MAX_FILES = 200_000;
/** So much stays free whatever the quota says: a full FAT is slow, and people's own files come first. */
const SPARE_BYTES = 4 * 1024 * 1024;
/** Without a quota: this share of what is free or ours already. */
const DEFAULT_SHARE = 0.5;
/** Another laptop may be writing right now, where the "stick" is a folder that several share. */
const STALE_MS = DAY_MS;
const PART = /^[0-9a-f-]{50}\.bundle\.([a-z2-7]{8})\.part$/;

export interface ShelfFile extends BundleName {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What decides which files go first when there is no room. */
export type Expendable = (file: ShelfFile) => boolean;

export interface ShelfOptions {
  /** Marks our unfinished files: the first 8 digits of our NodeId. */
  readonly writer: string;
  /** What the bundles may take on the stick. @default half of what is free or ours already */
  readonly quotaBytes: number | undefined;
  readonly wall: number;
}

interface Adding {
  readonly name: BundleName;
  readonly bytes: Uint8Array;
  readonly resolve: (outcome: 'stored' | 'no-room') => void;
  readonly reject: (error: HearsayError) => void;
}

export class Shelf {
  readonly #files: StickFiles;
  readonly #options: ShelfOptions;
  readonly #place: string;
  readonly #byKey = new Map<BundleKey, ShelfFile[]>();
  readonly #inShard = new Map<string, number>();
  /** Unfinished files of visits that were cut short. */
  readonly #leftovers: string[] = [];
  /** Folders that something was removed from, and that were not synced since. */
  readonly #thinned = new Set<string>();
  #count = 0;
  #usedBytes = 0;
  #blockBytes = 1;
  #quotaBytes = 0;
  #newestSign = 0;
  #adding: Adding[] = [];
  #working = false;
  #failure: HearsayError | undefined;
  /** Least worth last; undefined until room is first needed. */
  #victims: ShelfFile[] | undefined;
  #isExpendable: Expendable = () => false;
  #evicted = 0;

  private constructor(files: StickFiles, options: ShelfOptions, place: string) {
    this.#files = files;
    this.#options = options;
    this.#place = place;
  }

  /** @param place what to call the stick in errors. */
  static async open(files: StickFiles, options: ShelfOptions, place: string): Promise<Shelf> {
    const shelf = new Shelf(files, options, place);
    await shelf.#scan();
    return shelf;
  }

  /** How many bundle files there are. */
  get size(): number {
    return this.#count;
  }

  /** What they take, in whole blocks of the medium. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  get quotaBytes(): number {
    return this.#quotaBytes;
  }

  /** Files that went to make room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** The latest time in any file's name, in Unix ms; 0 for none. */
  get newestSign(): number {
    return this.#newestSign;
  }

  has(key: BundleKey): boolean {
    return this.#byKey.has(key);
  }

  /** In the order in which they matter: as gossip sends them, by class and the newest first. */
  inOrder(): readonly ShelfFile[] {
    const all = [...this.#byKey.values()].flat();
    return all.sort(
      (a, b) => a.class - b.class || (b.exportedAt ?? 0) - (a.exportedAt ?? 0) || (a.path < b.path ? -1 : 1),
    );
  }

  read({ path }: ShelfFile): Promise<Uint8Array | undefined> {
    return this.#files.read(path, DEFAULT_MAX_BUNDLE_BYTES);
  }

  async remove(file: ShelfFile): Promise<void> {
    await this.#files.remove(file.path);
    this.#thinned.add(folderOf(file.path));
    this.#forget(file);
  }

  /** Resolves when all that was removed is gone from the medium too. */
  async syncRemovals(): Promise<void> {
    for (const folder of this.#thinned) await this.#files.syncFolder(folder);
    this.#thinned.clear();
  }

  /** Removes what earlier visits left unfinished: ours at once, another laptop's when it is old. */
  async clearLeftovers(): Promise<void> {
    for (const path of this.#leftovers.splice(0)) {
      const facts = await this.#files.facts(path);
      if (facts === undefined) continue;
      const ours = path.endsWith(`.${this.#options.writer}.part`);
      if (!ours && Math.abs(this.#options.wall - facts.modifiedAt) <= STALE_MS) continue;
      await this.#files.remove(path);
      this.#thinned.add(folderOf(path));
    }
  }

  /** @param isExpendable of the files that may go for others of their own class too. */
  whenFull(isExpendable: Expendable): void {
    this.#isExpendable = isExpendable;
    this.#victims = undefined;
  }

  /**
   * Resolves when the bundle is on the medium, name and all.
   *
   * @throws HearsayError as {@link stickError} says; nothing can be added any more then.
   */
  add(name: BundleName, bytes: Uint8Array): Promise<'stored' | 'no-room'> {
    return new Promise((resolve, reject) => {
      this.#adding.push({ name, bytes, resolve, reject });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#adding.length > 0) {
      const batch = this.#adding.splice(0);
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#store(batch);
      } catch (error) {
        this.#failure = stickError(error, this.#place);
        for (const { reject } of batch) reject(this.#failure);
      }
    }
    this.#working = false;
  }

  async #store(batch: readonly Adding[]): Promise<void> {
    const written: { readonly item: Adding; readonly part: string; readonly path: string }[] = [];
    for (const item of batch) {
      const shard = `${BUNDLES}/${shardOf(item.name.key)}`;
      const path = `${shard}/${formatBundleName(item.name)}`;
      const part = `${path}.${this.#options.writer}.part`;
      if (!(await this.#makeRoom(item.name, item.bytes.length))) {
        item.resolve('no-room');
        continue;
      }
      try {
        await this.#files.makeFolder(shard);
        await this.#files.write(part, item.bytes);
      } catch (error) {
        if (stickError(error, this.#place).code !== 'ERR_STICK_FULL') throw error;
        // Other files took what the medium said was free.
        await this.#files.remove(part).catch(() => undefined);
        this.#quotaBytes = Math.min(this.#quotaBytes, this.#usedBytes);
        item.resolve('no-room');
        continue;
      }
      this.#note({ ...item.name, path, sizeBytes: item.bytes.length });
      written.push({ item, part, path });
    }
    for (const { part, path } of written) await this.#files.rename(part, path);
    const folders = new Set(written.map(({ path }) => folderOf(path)));
    for (const folder of folders) await this.#files.syncFolder(folder);
    for (const { item } of written) item.resolve('stored');
  }

  async #scan(): Promise<void> {
    const { freeBytes, blockBytes } = await this.#files.space();
    this.#blockBytes = Math.max(1, blockBytes);
    for (const shard of SHARDS) {
      for (const name of await this.#files.list(`${BUNDLES}/${shard}`, MAX_NAMES_IN_SHARD)) {
        const path = `${BUNDLES}/${shard}/${name}`;
        if (PART.test(name)) this.#leftovers.push(path);
        const parsed = parseBundleName(name);
        // In the wrong folder it would never be found by its key, and might be there twice.
        if (parsed === undefined || shardOf(parsed.key) !== shard || this.#count >= MAX_FILES) continue;
        const facts = await this.#files.facts(path);
        if (facts === undefined) continue;
        this.#note({ ...parsed, path, sizeBytes: facts.sizeBytes });
        this.#newestSign = Math.max(this.#newestSign, parsed.exportedAt ?? 0);
      }
    }
    const available = Math.max(0, this.#usedBytes + freeBytes - SPARE_BYTES);
    this.#quotaBytes = Math.min(available, this.#options.quotaBytes ?? Math.floor(available * DEFAULT_SHARE));
  }

  #note(file: ShelfFile): void {
    const others = this.#byKey.get(file.key);
    if (others === undefined) this.#byKey.set(file.key, [file]);
    else others.push(file);
    this.#count++;
    this.#usedBytes += this.#chargeOf(file.sizeBytes);
    const shard = shardOf(file.key);
    this.#inShard.set(shard, (this.#inShard.get(shard) ?? 0) + 1);
  }

  #forget(file: ShelfFile): void {
    const others = (this.#byKey.get(file.key) ?? []).filter(({ path }) => path !== file.path);
    if (others.length === 0) this.#byKey.delete(file.key);
    else this.#byKey.set(file.key, others);
    this.#count--;
    this.#usedBytes -= this.#chargeOf(file.sizeBytes);
    const shard = shardOf(file.key);
    this.#inShard.set(shard, (this.#inShard.get(shard) ?? 1) - 1);
  }

  #chargeOf(sizeBytes: number): number {
    return Math.max(1, Math.ceil(sizeBytes / this.#blockBytes)) * this.#blockBytes;
  }

  /** Evicts what is worth less than the newcomer, as far as it helps. */
  async #makeRoom(newcomer: BundleName, sizeBytes: number): Promise<boolean> {
    if (this.#count >= MAX_FILES || (this.#inShard.get(shardOf(newcomer.key)) ?? 0) >= MAX_FILES_IN_SHARD) return false;
    const missing = (): number => this.#usedBytes + this.#chargeOf(sizeBytes) - this.#quotaBytes;
    if (missing() <= 0) return true;
    this.#victims ??= this.#leastWorthLast();
    const victims: ShelfFile[] = [];
    let freed = 0;
    // First see whether it helps at all: nothing goes for a newcomer that does not fit even so.
    for (let at = this.#victims.length - 1; at >= 0 && freed < missing(); at--) {
      const victim = this.#victims[at] as ShelfFile;
      if (!this.#isExpendable(victim) && victim.class <= newcomer.class) break;
      victims.push(victim);
      freed += this.#chargeOf(victim.sizeBytes);
    }
    if (freed < missing()) return false;
    for (const victim of victims) {
      this.#victims.pop();
      await this.remove(victim);
      this.#evicted++;
    }
    return true;
  }

  /** Expendable files last, then by class, then those with the least life left. */
  #leastWorthLast(): ShelfFile[] {
    const endsAt = (file: ShelfFile): number => (file.exportedAt ?? 0) + file.leftMs;
    const ranked = this.inOrder().map((file) => ({ file, expendable: this.#isExpendable(file) ? 1 : 0 }));
    ranked.sort(
      (a, b) => a.expendable - b.expendable || a.file.class - b.file.class || endsAt(b.file) - endsAt(a.file),
    );
    return ranked.map(({ file }) => file);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
