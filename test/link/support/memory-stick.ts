/**
 * A stick in memory that can be pulled out before any operation: what was not synced by then is there, is not, or is there
 * in part, as a test chooses.
 */
import type { FileFacts, StickFiles } from '../../../src/link/sneakernet/files.js';

type Contents = Map<string, Uint8Array>;
type Change = (contents: Contents) => void;

/** What becomes of changes to folders that were not synced yet: which of them, by their place in the order, survive. */
export type Survival = (index: number) => boolean;

export interface MemoryStickOptions {
  readonly freeBytes?: number;
  readonly blockBytes?: number;
  readonly readOnly?: boolean;
  readonly now?: () => number;
}

export class MemoryStick implements StickFiles {
  readonly #visible: Contents;
  readonly #folders: Set<string>;
  readonly #durable: Contents;
  /** By folder: what its next sync brings to the medium. */
  #unsynced: { readonly folder: string; readonly change: Change }[] = [];
  readonly #options: MemoryStickOptions;
  readonly #modified = new Map<string, number>();
  /** Operations that change something, so far. */
  operations = 0;
  /** Before this operation the stick is pulled out. */
  pullBefore = Number.POSITIVE_INFINITY;
  /** How much of a file that was being written then is on the medium. */
  tornShare = 0;
  #pulled = false;

  constructor(options: MemoryStickOptions = {}, contents: Contents = new Map(), folders: Iterable<string> = []) {
    this.#options = options;
    this.#visible = new Map(contents);
    this.#durable = new Map(contents);
    this.#folders = new Set(folders);
  }

  /** The stick as the next laptop finds it. */
  replug(survives: Survival = () => true, options: MemoryStickOptions = this.#options): MemoryStick {
    const contents = new Map(this.#durable);
    for (const [index, { change }] of this.#unsynced.entries()) if (survives(index)) change(contents);
    return new MemoryStick(options, contents, this.#folders);
  }

  get paths(): readonly string[] {
    return [...this.#visible.keys()].sort();
  }

  get bundles(): readonly string[] {
    return this.paths.filter((path) => path.endsWith('.bundle'));
  }

  contentOf(path: string): Uint8Array | undefined {
    return this.#visible.get(path);
  }

  /** Whatever somebody else put there. */
  plant(path: string, bytes: Uint8Array, modifiedAt?: number): void {
    this.#visible.set(path, bytes);
    this.#durable.set(path, bytes);
    if (modifiedAt !== undefined) this.#modified.set(path, modifiedAt);
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) this.#folders.add(folder);
    this.#folders.add('');
  }

  snatch(path: string): void {
    this.#visible.delete(path);
    this.#durable.delete(path);
  }

  async list(folder: string, most: number): Promise<readonly string[]> {
    this.#check();
    const names = new Set<string>();
    for (const path of [...this.#visible.keys(), ...this.#folders]) {
      if (path !== '' && folderOf(path) === folder) names.add(path.slice(folder === '' ? 0 : folder.length + 1));
    }
    return [...names].slice(0, most);
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    this.#check();
    const bytes = this.#visible.get(path);
    const modifiedAt = this.#modified.get(path) ?? this.#options.now?.() ?? 0;
    return bytes === undefined ? undefined : { sizeBytes: bytes.length, modifiedAt };
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    this.#check();
    const bytes = this.#visible.get(path);
    return bytes === undefined || bytes.length > maxBytes ? undefined : bytes;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#need(folderOf(path));
    if (this.#free() < bytes.length) throw failure('ENOSPC');
    const torn = bytes.slice(0, Math.floor(bytes.length * this.tornShare));
    this.#begin(() => this.#change(path, (contents) => contents.set(path, torn)));
    this.#change(path, (contents) => contents.set(path, bytes));
  }

  async rename(from: string, to: string): Promise<void> {
    const bytes = this.#visible.get(from);
    if (bytes === undefined) throw failure('ENOENT');
    const move: Change = (contents) => {
      contents.delete(from);
      contents.set(to, bytes);
    };
    this.#begin(() => this.#change(to, move));
    this.#change(to, move);
  }

  async remove(path: string): Promise<void> {
    this.#begin(() => this.#change(path, (contents) => contents.delete(path)));
    this.#change(path, (contents) => contents.delete(path));
  }

  async makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    if (folder !== '') this.#need(folderOf(folder));
    this.#begin();
    this.#folders.add(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#need(folder);
    this.#begin();
    for (const { folder: of, change } of this.#unsynced) if (of === folder) change(this.#durable);
    this.#unsynced = this.#unsynced.filter(({ folder: of }) => of !== folder);
  }

  async space(): Promise<{ readonly freeBytes: number; readonly blockBytes: number }> {
    this.#check();
    return { freeBytes: this.#free(), blockBytes: this.#options.blockBytes ?? 512 };
  }

  #free(): number {
    const used = [...this.#visible.values()].reduce((sum, { length }) => sum + length, 0);
    return (this.#options.freeBytes ?? 1e9) - used;
  }

  #change(path: string, change: Change): void {
    change(this.#visible);
    this.#unsynced.push({ folder: folderOf(path), change });
  }

  /** @param halfDone what the medium may show when the stick goes in the middle of it. */
  #begin(halfDone: () => void = () => {}): void {
    this.#check();
    if (this.#options.readOnly === true) throw failure('EROFS');
    if (this.operations++ !== this.pullBefore) return;
    halfDone();
    this.#pulled = true;
    throw failure('EIO');
  }

  #check(): void {
    if (this.#pulled) throw failure('ENODEV');
  }

  #need(folder: string): void {
    if (!this.#folders.has(folder)) throw failure('ENOENT');
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: the stick`), { code });
}
