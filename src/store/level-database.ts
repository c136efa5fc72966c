/**
 * LevelDB with one promise more than it gives: a batch that failed is not there, whatever happens next.
 *
 * LevelDB appends each batch to a log. When the append is cut short (disk full), it goes on appending behind the torn
 * record, and a later recovery may skip batches it had reported as synced. When the sync fails, it refuses every write
 * until reopened, and the reopened log may hold the failed batch after all. So a failed batch here is followed by a
 * reopening before the next write, and is taken back if it turns out to have survived.
 */
import { statfs } from 'node:fs/promises';
import type { HearsayError } from '../base/index.js';
import { explain, storeError } from './level-errors.js';
import { BATCH_KEY, type KeyRange } from './level-keys.js';
import { Database } from './node-level.js';
import { guardText, unguardText } from './record-codec.js';

export type DatabaseOp =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

export interface DatabaseOptions {
  /** Room on the disk that only deletions and recovery may use. */
  readonly minFreeBytes: number;
}

const PAGE_ROWS = 1_000;
const SYNCED = { sync: true, keyEncoding: 'utf8', valueEncoding: 'view' } as const;
const VIEW = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;
/** A larger one makes fewer, larger merges while bundles stream in, and a longer recovery after a crash. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
/** Recovery writes the log out as tables; two write buffers may be in it. */
const RECOVERY_BYTES = 2 * WRITE_BUFFER_BYTES;

/** A batch that failed. `inverse` is what was there before it, read before the database is closed for reopening. */
interface Fault {
  readonly batchNumber: number;
  readonly keys: readonly string[];
  readonly inverse: readonly DatabaseOp[] | undefined;
}

export class LevelDatabase {
  readonly dir: string;
  readonly #db: Database;
  readonly #minFreeBytes: number;
  #batchNumber = 0;
  #fault: Fault | undefined;
  #mending: Promise<void> | undefined;

  /** @throws HearsayError `ERR_STORE_LOCKED`, `ERR_STORE_CORRUPT`, `ERR_STORE_IO` */
  static async open(dir: string, options: DatabaseOptions): Promise<LevelDatabase> {
    const db = new Database(dir, { ...VIEW, writeBufferSize: WRITE_BUFFER_BYTES });
    try {
      await db.open();
    } catch (error) {
      throw explain(error, dir);
    }
    return new LevelDatabase(dir, db, options);
  }

  private constructor(dir: string, db: Database, options: DatabaseOptions) {
    this.dir = dir;
    this.#db = db;
    this.#minFreeBytes = options.minFreeBytes;
  }

  /** @throws HearsayError `ERR_STORE_IO`, `ERR_STORE_CORRUPT` */
  async get(key: string): Promise<Uint8Array | undefined> {
    await this.#readable();
    return this.#explained(this.#db.get(key));
  }

  /** Walks a range in key order, a page at a time. */
  async *pages(range: KeyRange): AsyncGenerator<readonly (readonly [string, Uint8Array])[]> {
    await this.#readable();
    const iterator = this.#db.iterator(range);
    try {
      for (;;) {
        const page = await this.#explained(iterator.nextv(PAGE_ROWS));
        if (page.length === 0) return;
        yield page;
      }
    } finally {
      await iterator.close();
    }
  }

  async isEmpty(): Promise<boolean> {
    await this.#readable();
    return (await this.#explained(this.#db.keys({ limit: 1 }).all())).length === 0;
  }

  /**
   * Writes all or nothing; on the medium when the promise resolves.
   *
   * @throws HearsayError `ERR_STORE_IO`
   */
  async write(ops: readonly DatabaseOp[]): Promise<void> {
    if (this.#fault !== undefined || this.#db.status !== 'open') await this.#mend();
    const batchNumber = ++this.#batchNumber;
    const batch: DatabaseOp[] = [...ops, { type: 'put', key: BATCH_KEY, value: guardText(String(batchNumber)) }];
    try {
      await this.#db.batch(batch, SYNCED);
    } catch (error) {
      this.#fault = { batchNumber, keys: batch.map((op) => op.key), inverse: undefined };
      throw this.#ioError(error);
    }
  }

  /** Merges the files of a range, which gives the room of deleted values back. */
  async compact(range: KeyRange): Promise<void> {
    await this.#readable();
    await this.#explained(this.#db.compactRange(range.gte, range.lt));
  }

  /** @throws HearsayError `ERR_STORE_IO` when the disk has less room than must stay free. */
  requireRoom(): Promise<void> {
    return this.#requireFree(this.#minFreeBytes);
  }

  async close(): Promise<void> {
    await this.#mending?.catch(() => {});
    await this.#db.close();
  }

  async #requireFree(bytes: number): Promise<void> {
    const free = await freeBytes(this.dir);
    if (free >= bytes) return;
    throw storeError('ERR_STORE_IO', `the disk of ${this.dir} is full: ${free} bytes free, ${bytes} needed`);
  }

  async #readable(): Promise<void> {
    if (this.#mending !== undefined || this.#db.status !== 'open') await this.#mend();
  }

  #mend(): Promise<void> {
    this.#mending ??= this.#reopen().finally(() => {
      this.#mending = undefined;
    });
    return this.#mending;
  }

  /** Each step leaves a state from which the next call goes on. */
  async #reopen(): Promise<void> {
    // Without room for recovery, a database that can still be read stays open.
    if (this.#db.status === 'open') await this.#requireFree(RECOVERY_BYTES);
    try {
      if (this.#db.status === 'open') {
        if (this.#fault !== undefined && this.#fault.inverse === undefined) {
          this.#fault = { ...this.#fault, inverse: await this.#valuesNow(this.#fault.keys) };
        }
        await this.#db.close();
      }
      await this.#db.open();
      await this.#takeBack(this.#fault);
      this.#fault = undefined;
    } catch (error) {
      throw this.#ioError(error);
    }
  }

  async #takeBack(fault: Fault | undefined): Promise<void> {
    if (fault?.inverse === undefined) return;
    const last = await this.#db.get(BATCH_KEY);
    if (last === undefined || unguardText(last, 'the batch number') !== String(fault.batchNumber)) return;
    await this.#db.batch([...fault.inverse], SYNCED);
  }

  async #valuesNow(keys: readonly string[]): Promise<readonly DatabaseOp[]> {
    const unique = [...new Set(keys)];
    const values = await this.#db.getMany(unique);
    return unique.map((key, index) => {
      const value = values[index];
      return value === undefined ? { type: 'del', key } : { type: 'put', key, value };
    });
  }

  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw explain(error, this.dir);
    }
  }

  /** Whatever a write fails of, the caller learns that nothing was stored. */
  #ioError(error: unknown): HearsayError {
    const explained = explain(error, this.dir);
    return explained.code === 'ERR_STORE_IO' ? explained : storeError('ERR_STORE_IO', explained.message, error);
  }
}

async function freeBytes(dir: string): Promise<number> {
  try {
    const { bavail, bsize, blocks } = await statfs(dir);
    // Some network and user-space file systems report no sizes at all.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
