/** What holds for every custody store. Each implementation runs this suite over a fixture of its own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steadyMs } from '../../src/base/index.js';
import { BundleClass, type CustodyStore, type DropReason, type StoreSnapshot } from '../../src/store/index.js';
import { bytesOf, drop, entryOf, keyOf, put, see } from './build.js';

/** One store on one medium. */
export interface StoreFixture {
  readonly store: CustodyStore;
  /** Closes the store and opens it again on the same medium. */
  reopen(): Promise<CustodyStore>;
  dispose(): Promise<void>;
}

export function describeCustodyStore(name: string, build: () => Promise<StoreFixture>): void {
  describe(`${name} as a custody store`, () => {
    let fixture: StoreFixture;
    let store: CustodyStore;
    beforeEach(async () => {
      fixture = await build();
      store = fixture.store;
    });
    afterEach(() => fixture.dispose());

    const reopened = async (): Promise<StoreSnapshot> => {
      store = await fixture.reopen();
      return store.load();
    };

    it('begins empty, with an epoch of its own', async () => {
      const snapshot = await store.load();
      expect(snapshot).toMatchObject({ lastSeq: 0, entries: [], seen: [] });
      expect(snapshot.records.size).toBe(0);
      expect(snapshot.epoch).toMatch(/^[0-9a-f]{16}$/);
    });

    it('gives a bundle back as it was put, also after a restart', async () => {
      await store.commit([put(1)]);
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
      expect((await reopened()).entries).toEqual([entryOf(1)]);
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
    });

    it('keeps every field of an entry', async () => {
      const full = entryOf(2, {
        class: BundleClass.Presence,
        topic: { name: 'présence/ß', version: 2 ** 40 },
        fragment: { whole: keyOf(77), offset: 16_384, length: 100, totalLength: 2 ** 24 },
        reports: {
          flags: 0x4_0040,
          reportTo: 'dtn://station/log',
          creation: { time: 2n ** 64n - 1n, sequence: 7 },
        },
        receivedAt: steadyMs(12.5),
        expiresAt: steadyMs(2 ** 45),
        hops: 7,
        own: true,
        copies: 6,
      });
      const bare = entryOf(3, { ageAtReceiptMs: 0, hops: 0 });
      await store.commit([
        { op: 'put', entry: full, bytes: bytesOf(2) },
        { op: 'put', entry: bare, bytes: new Uint8Array(0) },
      ]);
      const { entries } = await reopened();
      expect([...entries].sort((a, b) => a.seq - b.seq)).toEqual([full, bare]);
      expect(await store.read(bare.key)).toEqual(new Uint8Array(0));
    });

    it('knows nothing of a bundle it does not hold', async () => {
      expect(await store.read(keyOf(9))).toBeUndefined();
    });

    it('forgets the bytes of a dropped bundle and remembers its key', async () => {
      await store.commit([put(1), put(2)]);
      await store.commit([drop(1, 'receipted')]);
      expect(await store.read(keyOf(1))).toBeUndefined();
      const snapshot = await reopened();
      expect(snapshot.entries.map((entry) => entry.key)).toEqual([keyOf(2)]);
      expect(snapshot.seen).toEqual([{ key: keyOf(1), reason: 'receipted', rememberUntil: 200_000 }]);
      expect(await store.read(keyOf(1))).toBeUndefined();
    });

    it('remembers a key it never held, for every reason, until told to unsee it', async () => {
      const reasons: readonly DropReason[] = [
        'expired',
        'receipted',
        'superseded',
        'delivered',
        'evicted',
        'hop-limit',
        'forwarded',
        'bad-payload',
      ];
      await store.commit(reasons.map((reason, n) => see(n, reason, steadyMs(n))));
      const remembered = [...(await reopened()).seen].sort((a, b) => a.rememberUntil - b.rememberUntil);
      expect(remembered).toEqual(reasons.map((reason, n) => ({ key: keyOf(n), reason, rememberUntil: n })));
      await store.commit(reasons.map((_, n) => ({ op: 'unsee', key: keyOf(n) })));
      expect((await reopened()).seen).toEqual([]);
    });

    it('applies the ops of one commit in order', async () => {
      await store.commit([put(1), drop(1), put(2), { op: 'unsee', key: keyOf(1) }]);
      const snapshot = await reopened();
      expect(snapshot.entries.map((entry) => entry.key)).toEqual([keyOf(2)]);
      expect(snapshot.seen).toEqual([]);
    });

    it('replaces an entry that is put again', async () => {
      await store.commit([put(1, { copies: 8 })]);
      await store.commit([put(1, { copies: 4 })]);
      expect((await reopened()).entries).toEqual([entryOf(1, { copies: 4 })]);
    });

    it('gives a held bundle new metadata and leaves its bytes alone', async () => {
      await store.commit([put(1, { copies: 8 }), put(2)]);
      await store.commit([{ op: 'update', entry: entryOf(1, { copies: 4 }) }]);
      const { entries } = await reopened();
      expect(entries.find((entry) => entry.key === keyOf(1))).toEqual(entryOf(1, { copies: 4 }));
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
    });

    it('keeps the records of other floors apart by space', async () => {
      const one = new Uint8Array([1]);
      const two = new Uint8Array([2, 2]);
      await store.commit([
        { op: 'set', space: 'people', key: 'a/b c', value: one },
        { op: 'set', space: 'people-x', key: '', value: two },
        { op: 'set', space: 'people', key: 'gone', value: two },
      ]);
      await store.commit([
        { op: 'unset', space: 'people', key: 'gone' },
        { op: 'unset', space: 'people', key: 'never there' },
      ]);
      const { records } = await reopened();
      expect(records).toEqual(
        new Map([
          ['people', new Map([['a/b c', one]])],
          ['people-x', new Map([['', two]])],
        ]),
      );
    });

    it('refuses a space that could run into another one', async () => {
      await expect(store.commit([{ op: 'set', space: 'a/b', key: 'c', value: bytesOf(1) }])).rejects.toMatchObject({
        code: 'ERR_INVARIANT',
      });
      await store.commit([put(1)]);
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
    });

    it('keeps its epoch and never gives a number twice, whatever was dropped', async () => {
      const { epoch } = await store.load();
      await store.commit([put(1), put(2)]);
      await store.commit([drop(1), drop(2)]);
      const first = await reopened();
      expect(first.epoch).toBe(epoch);
      expect(first.lastSeq).toBeGreaterThanOrEqual(2);
      // Numbers above `lastSeq` may have been taken and told to others without being committed.
      expect((await reopened()).lastSeq).toBeGreaterThan(first.lastSeq);
    });

    it('takes many commits at once and keeps their order', async () => {
      const commits = Array.from({ length: 200 }, (_, n) => store.commit([put(n + 1)]));
      const drops = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? store.commit([drop(n + 1)]) : undefined));
      await Promise.all([...commits, ...drops]);
      const snapshot = await reopened();
      expect(snapshot.entries.length).toBe(100);
      expect(snapshot.seen.length).toBe(100);
      expect(snapshot.entries.every((entry) => entry.seq % 2 === 0)).toBe(true);
    });

    it('reads its own commits before they are on disk', async () => {
      const commit = store.commit([put(1)]);
      expect(await store.read(keyOf(1))).toEqual(bytesOf(1));
      const dropping = store.commit([drop(1)]);
      expect(await store.read(keyOf(1))).toBeUndefined();
      await Promise.all([commit, dropping]);
    });

    it('waits for what was handed in before it closes, and takes nothing afterwards', async () => {
      const commit = store.commit([put(1)]);
      await store.close();
      await commit;
      const closed = { code: 'ERR_STORE_CLOSED' };
      await expect(store.commit([put(2)])).rejects.toMatchObject(closed);
      await expect(store.read(keyOf(1))).rejects.toMatchObject(closed);
      await expect(store.load()).rejects.toMatchObject(closed);
      await store.close();
      expect((await reopened()).entries.map((entry) => entry.key)).toEqual([keyOf(1)]);
    });
  });
}
