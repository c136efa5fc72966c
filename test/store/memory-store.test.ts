import { describe, expect, it } from 'vitest';
import { HearsayError, seededRandom } from '../../src/base/index.js';
import { memoryStore } from '../../src/store/index.js';
import { bytesOf, keyOf, put } from './build.js';
import { describeCustodyStore } from './conformance.js';

describeCustodyStore('memoryStore', () => {
  let store = memoryStore(seededRandom(1));
  return Promise.resolve({
    store,
    async reopen() {
      await store.close();
      store = store.crash();
      return store;
    },
    dispose: () => store.close(),
  });
});

describe('the faults of memoryStore', () => {
  it('makes commits durable one by one when told to wait', async () => {
    const store = memoryStore(seededRandom(1), { sync: 'when-settled' });
    const done: number[] = [];
    const commits = [1, 2, 3].map((n) => store.commit([put(n)]).then(() => done.push(n)));
    expect(store.unsettled).toBe(3);
    store.settle(2);
    await Promise.all(commits.slice(0, 2));
    expect(done).toEqual([1, 2]);
    expect((await store.load()).entries.map((entry) => entry.seq)).toEqual([1, 2]);
  });

  it('loses in a crash what was not synced, and nothing else', async () => {
    const store = memoryStore(seededRandom(1), { sync: 'when-settled' });
    const durable = store.commit([put(1)]);
    store.settle();
    await durable;
    void store.commit([put(2)]);
    const after = store.crash();
    const snapshot = await after.load();
    expect(snapshot.entries.map((entry) => entry.key)).toEqual([keyOf(1)]);
    expect(snapshot.lastSeq).toBeGreaterThan(2);
    expect(await after.read(keyOf(1))).toEqual(bytesOf(1));
    await expect(store.commit([put(3)])).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });

  it('refuses one commit on demand, stores nothing of it, and goes on', async () => {
    const store = memoryStore(seededRandom(1));
    store.failNext();
    await expect(store.commit([put(1)])).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
    store.failNext(new HearsayError('ERR_ODD', 'odd'));
    await expect(store.commit([put(2)])).rejects.toMatchObject({ code: 'ERR_ODD' });
    await store.commit([put(3)]);
    expect((await store.load()).entries.map((entry) => entry.seq)).toEqual([3]);
  });
});
