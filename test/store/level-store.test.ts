import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Logger, SILENT, seededRandom } from '../../src/base/index.js';
import { createBundle, dtnEid, encodeBundle } from '../../src/bundle/index.js';
import { type CustodyStore, type LevelStoreOptions, openLevelStore } from '../../src/store/index.js';
import { bytesOf, drop, entryOf, keyOf, put } from './build.js';
import { builtStore } from './built.js';
import { describeCustodyStore } from './conformance.js';

const random = seededRandom(7);

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'hearsay-store-'));
}

describeCustodyStore('openLevelStore', async () => {
  const dir = await newFolder();
  let store = await openLevelStore(dir, { random });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openLevelStore(dir, { random });
      return store;
    },
    async dispose() {
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
});

describe('openLevelStore', () => {
  let dir: string;
  const opened: CustodyStore[] = [];
  const open = async (options: Partial<LevelStoreOptions> = {}): Promise<CustodyStore> => {
    const store = await openLevelStore(dir, { random, ...options });
    opened.push(store);
    return store;
  };
  const keysIn = async (store: CustodyStore): Promise<readonly string[]> =>
    (await store.load()).entries.map((entry) => entry.key);

  beforeEach(async () => {
    dir = await newFolder();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await rm(dir, { recursive: true });
  });

  it('makes its folder for its owner alone', async () => {
    dir = join(dir, 'deep', 'store');
    await open();
    expect((await stat(dir)).mode & 0o077).toBe(0);
  });

  it('draws another epoch for another store', async () => {
    const first = await (await open()).load();
    dir = await newFolder();
    expect((await (await open()).load()).epoch).not.toBe(first.epoch);
  });

  it('writes many waiting commits with few syncs', async () => {
    const store = await open();
    const batch = vi.spyOn(Level.prototype, 'batch');
    await Promise.all(Array.from({ length: 300 }, (_, n) => store.commit([put(n + 1)])));
    expect(batch.mock.calls.length).toBeLessThanOrEqual(3);
    expect(batch.mock.calls.every((call) => (call as unknown[]).length === 2 && isSynced((call as unknown[])[1]))).toBe(
      true,
    );
  });

  it('is refused while another node uses it, with or without repair', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
    await expect(open({ repair: true })).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED' });
  });

  it('refuses a store that a newer version wrote, and leaves it alone', async () => {
    await (await open()).close();
    const level = new Level<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view' });
    const { guardText } = await import('../../src/store/record-codec.js');
    await level.put('!format', guardText('3'));
    await level.close();
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_STORE_FORMAT',
      message: expect.stringContaining('format 3'),
    });
    await expect(open({ repair: true })).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' });
  });

  it('reads the times of creation of a store of format 1 off its bundles, once', async () => {
    const { Encoder } = await import('cbor-x');
    const { guard, guardText } = await import('../../src/store/record-codec.js');
    const bundle = createBundle({
      source: dtnEid('ana', 'laptop'),
      destination: dtnEid('ben', '~chat'),
      creation: { time: 850_000_000_000, sequence: 7 },
      lifetimeMs: 1_000_000,
      payload: bytesOf(1),
    });
    const store = await open();
    await store.commit([{ op: 'put', entry: entryOf(1), bytes: encodeBundle(bundle) }, put(2)]);
    await store.close();
    const level = new Level<string, Uint8Array>(dir, { keyEncoding: 'utf8', valueEncoding: 'view' });
    const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
    for (const n of [1, 2]) {
      const { seq, sizeBytes, source, destination, receivedAt, ageAtReceiptMs, expiresAt, hops, own } = entryOf(n);
      const row = [
        seq,
        2,
        sizeBytes,
        source,
        destination,
        receivedAt,
        ageAtReceiptMs,
        expiresAt,
        hops,
        own,
        null,
        null,
        null,
      ];
      await level.put(`m/${keyOf(n)}`, guard(encoder.encode(row)));
    }
    await level.put('!format', guardText('1'));
    await level.close();
    const migrated = await open();
    // What is no bundle stands where bundles stand whose author had no clock.
    const expected = [entryOf(1, { createdAt: 850_000_000_000 }), entryOf(2, { createdAt: 0 })];
    const bySeq = (a: { seq: number }, b: { seq: number }): number => a.seq - b.seq;
    expect([...(await migrated.load()).entries].sort(bySeq)).toEqual(expected);
    await migrated.close();
    const reopened = await open();
    const read = vi.spyOn(reopened, 'read');
    expect([...(await reopened.load()).entries].sort(bySeq)).toEqual(expected);
    expect(read).not.toHaveBeenCalled();
  });

  it('refuses a database of somebody else', async () => {
    const level = new Level(dir);
    await level.put('theirs', 'x');
    await level.close();
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' });
  });

  it('gives the room of dropped bundles back to the disk', async () => {
    const store = await open();
    const sizeBytes = 1024 * 1024;
    for (let n = 1; n <= 80; n++) await store.commit([put(n, { sizeBytes })]);
    const full = await sizeOnDisk(dir);
    const compact = vi.spyOn(Level.prototype as unknown as { compactRange(): Promise<void> }, 'compactRange');
    await store.commit(Array.from({ length: 80 }, (_, n) => drop(n + 1)));
    await Promise.all(compact.mock.results.map((result) => result.value));
    await vi.waitFor(() => expect(compact).toHaveBeenCalledTimes(16));
    await store.close();
    expect(full).toBeGreaterThan(70 * sizeBytes);
    expect(await sizeOnDisk(dir)).toBeLessThan(full / 4);
  });

  describe('when the disk fails', () => {
    const diskFull = Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' });
    type Batch = { batch(ops: unknown, options: unknown): Promise<void> };
    const prototype = Level.prototype as unknown as Batch;

    it('stores nothing of a commit that was refused, and goes on', async () => {
      const store = await open();
      await store.commit([put(1)]);
      vi.spyOn(prototype, 'batch').mockRejectedValueOnce(diskFull);
      const failing = [store.commit([put(2), drop(1)]), store.commit([put(3)])];
      expect((await Promise.allSettled(failing)).map((result) => result.status)).toEqual(['rejected', 'rejected']);
      await expect(failing[0]).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
      expect(await store.read(keyOf(2))).toBeUndefined();
      await store.commit([put(4)]);
      expect(await keysIn(store)).toEqual([keyOf(1), keyOf(4)].sort());
    });

    it('takes a commit back that was reported as failed and reached the disk after all', async () => {
      const store = await open();
      await store.commit([put(1), { op: 'set', space: 'people', key: 'k', value: bytesOf(5) }]);
      // The failed batch lies in the log, which only a recovery reads: it appears while the database is reopened.
      const write = prototype.batch;
      let fromTheLog = (): Promise<void> => Promise.resolve();
      vi.spyOn(prototype, 'batch').mockImplementationOnce(function (this: Batch, ops, options) {
        fromTheLog = () => write.call(this, ops, options);
        return Promise.reject(diskFull);
      });
      await expect(
        store.commit([put(2), drop(1), { op: 'set', space: 'people', key: 'k', value: bytesOf(6) }]),
      ).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
      const close = Level.prototype.close;
      const closing = vi.spyOn(Level.prototype, 'close').mockImplementationOnce(async function (this: Level) {
        await fromTheLog();
        await close.call(this);
      });
      await store.commit([put(3)]);
      expect(closing).toHaveBeenCalledOnce();
      expect(await keysIn(store)).toEqual([keyOf(1), keyOf(3)].sort());
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
      expect(await store.read(keyOf(2))).toBeUndefined();
      expect((await store.load()).records.get('people')?.get('k')).toEqual(bytesOf(5));
    });

    it('tries again with the next commit or read when it could not be opened again', async () => {
      const store = await open();
      await store.commit([put(1)]);
      vi.spyOn(prototype, 'batch').mockRejectedValueOnce(diskFull);
      await expect(store.commit([put(2)])).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
      vi.spyOn(Level.prototype, 'open').mockRejectedValueOnce(diskFull);
      await expect(store.commit([put(3)])).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
      await store.commit([put(4)]);
      expect(await keysIn(store)).toEqual([keyOf(1), keyOf(4)].sort());
    });

    it('keeps room for dropping: a nearly full disk takes drops and refuses bundles', async () => {
      await (await open()).commit([put(1)]);
      await opened[0]?.close();
      const store = await open({ minFreeBytes: Number.MAX_SAFE_INTEGER });
      const results = await Promise.allSettled([store.commit([put(2)]), store.commit([drop(1)])]);
      expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
      expect(results[0]).toMatchObject({ reason: { code: 'ERR_STORE_IO' } });
      expect(await keysIn(store)).toEqual([]);
    });
  });

  describe('when its files are damaged', () => {
    const fill = async (): Promise<void> => {
      const store = await open();
      for (let n = 1; n <= 50; n++) await store.commit([put(n, { sizeBytes: 1000 })]);
      await store.close();
      // Opening moves the log into a table file.
      await (await open()).close();
    };
    const filesNamed = async (pattern: RegExp): Promise<readonly string[]> =>
      (await readdir(dir)).filter((file) => pattern.test(file)).map((file) => join(dir, file));

    for (const [what, harm] of [
      ['without its CURRENT file', async () => rm(join(dir, 'CURRENT'))],
      ['with a CURRENT file that names nothing', async () => writeFile(join(dir, 'CURRENT'), 'MANIFEST-999999\n')],
      ['with a manifest of garbage', async () => writeFile((await filesNamed(/^MANIFEST/))[0] ?? '', bytesOf(1))],
    ] as const) {
      it(`says so and offers a repair, which brings everything back: ${what}`, async () => {
        await fill();
        const before = await filesNamed(/ldb$/);
        await harm();
        await expect(open()).rejects.toMatchObject({
          code: 'ERR_STORE_CORRUPT',
          message: expect.stringContaining('repair'),
        });
        expect(await filesNamed(/ldb$/)).toEqual(before);
        const store = await open({ repair: true });
        expect((await store.load()).entries.length).toBe(50);
        expect(await store.read(keyOf(7))).toEqual(bytesOf(7, 1000));
      });
    }

    it('never hands out a bundle with a flipped bit, and a repair forgets exactly that one', async () => {
      await fill();
      for (const file of await filesNamed(/ldb$/)) {
        const content = await readFile(file);
        const at = content.indexOf(bytesOf(7, 1000).subarray(500, 600));
        if (at >= 0) content[at] = (content[at] ?? 0) ^ 1;
        await writeFile(file, content);
      }
      const damaged = await open();
      const { epoch } = await damaged.load();
      await expect(damaged.read(keyOf(7))).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' });
      expect(await damaged.read(keyOf(8))).toEqual(bytesOf(8, 1000));
      await damaged.close();

      const warnings: string[] = [];
      const log: Logger = { ...SILENT, warn: (message) => warnings.push(message) };
      const store = await open({ repair: true, log });
      const snapshot = await store.load();
      expect(snapshot.entries.map((entry) => entry.key)).not.toContain(keyOf(7));
      expect(snapshot.entries.length).toBe(49);
      expect(snapshot.epoch).not.toBe(epoch);
      expect(snapshot.lastSeq).toBeGreaterThanOrEqual(50);
      for (const entry of snapshot.entries) expect(await store.read(entry.key)).toHaveLength(1000);
      expect(warnings).toEqual(['the store was repaired']);
    });
  });

  it('makes a new store where a repair finds none', async () => {
    expect(await keysIn(await open({ repair: true }))).toEqual([]);
  });

  it('still has every commit it confirmed when its process is killed right after', async () => {
    const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.mjs'), builtStore(), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(keeper, 'exit');
    const confirmed: number[] = [];
    for await (const line of createInterface(keeper.stdout)) {
      confirmed.push(Number(line));
      if (confirmed.length === 100) keeper.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
    expect(confirmed.length).toBeGreaterThanOrEqual(100);
    const store = await open();
    const held = new Set(await keysIn(store));
    for (const n of confirmed) {
      expect(held.has(keyOf(n))).toBe(true);
      expect(await store.read(keyOf(n))).toEqual(new Uint8Array(2_000).fill(n % 256));
    }
    for (const { key, sizeBytes } of (await store.load()).entries)
      expect(await store.read(key)).toHaveLength(sizeBytes);
  });
});

function isSynced(options: unknown): boolean {
  return (options as { readonly sync?: boolean }).sync === true;
}

async function sizeOnDisk(dir: string): Promise<number> {
  const sizes = await Promise.all((await readdir(dir)).map(async (file) => (await stat(join(dir, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
