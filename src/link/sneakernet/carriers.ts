/** The manifests on a stick: what every laptop that uses it had when it was last here. */
import { DAY_MS, DecodeError } from '../../base/index.js';
import type { BundleKey } from '../../bundle/index.js';
import type { StickFiles } from './files.js';
import { mayHold } from './filter.js';
import { decodeManifest, encodeManifest, MAX_MANIFEST_BYTES, type Manifest } from './manifest.js';

export const CARRIERS = 'carriers';
const MAX_NAMES = 1_000;
/** Manifests of more laptops are not read: each may have 2 MiB. */
const MAX_CARRIERS = 64;
/** A laptop that has not been here for longer is not waited for: what it lacks would fill the stick for ever. */
const FORGET_MS = 60 * DAY_MS;
const SUFFIX = '.manifest';

export class Carriers {
  readonly #files: StickFiles;
  readonly #others: Manifest[] = [];

  private constructor(files: StickFiles) {
    this.#files = files;
  }

  /** Reads the others' manifests; what can't be read is as if it were not there. */
  static async open(files: StickFiles, self: string): Promise<Carriers> {
    const carriers = new Carriers(files);
    const names = (await files.list(CARRIERS, MAX_NAMES)).filter((name) => name.endsWith(SUFFIX)).sort();
    for (const name of names) {
      if (carriers.#others.length >= MAX_CARRIERS) break;
      if (name === fileOf(self)) continue;
      const bytes = await files.read(`${CARRIERS}/${name}`, MAX_MANIFEST_BYTES);
      const manifest = bytes === undefined ? undefined : readable(bytes);
      if (manifest !== undefined && fileOf(manifest.carrier) === name) carriers.#others.push(manifest);
    }
    return carriers;
  }

  /** The latest visit by a clock that was trusted, in Unix ms; 0 for none. */
  get newestSign(): number {
    return Math.max(0, ...this.#others.map(({ visitedAt }) => visitedAt ?? 0));
  }

  /** Whether there are others, and every one of them holds it or says so by mistake. */
  allHold(key: BundleKey, wall: number | undefined): boolean {
    const current = this.#others.filter(({ visitedAt }) => isCurrent(visitedAt, wall));
    return current.length > 0 && current.every(({ holdings }) => mayHold(holdings, key));
  }

  /** Last of all that a visit writes: it speaks of what is on our disk by now. */
  async record(manifest: Manifest): Promise<void> {
    const path = `${CARRIERS}/${fileOf(manifest.carrier)}`;
    const part = `${path}.part`;
    await this.#files.makeFolder(CARRIERS);
    await this.#files.write(part, encodeManifest(manifest));
    await this.#files.rename(part, path);
    await this.#files.syncFolder(CARRIERS);
  }

  /** How many other laptops use the stick. */
  get size(): number {
    return this.#others.length;
  }
}

function isCurrent(visitedAt: number | undefined, wall: number | undefined): boolean {
  return visitedAt === undefined || wall === undefined || wall - visitedAt <= FORGET_MS;
}

function readable(bytes: Uint8Array): Manifest | undefined {
  try {
    return decodeManifest(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function fileOf(carrier: string): string {
  return `${carrier}${SUFFIX}`;
}
