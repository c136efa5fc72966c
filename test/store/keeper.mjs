/**
 * A process to be killed: commits bundles as fast as it can, eight at a time, and prints the number of each when its
 * commit has resolved. `node keeper.mjs STORE-MODULE FOLDER`
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';

const [, , module, folder] = process.argv;
const { openLevelStore } = await import(module);
const store = await openLevelStore(folder, { random: { bytes: randomBytes, unit: Math.random } });

let last = 0;
async function keep() {
  for (;;) {
    const n = ++last;
    const entry = {
      key: createHash('sha256').update(String(n)).digest('hex').slice(0, 32),
      seq: n,
      class: 2,
      sizeBytes: 2_000,
      source: 'dtn://ana/laptop',
      destination: 'dtn://ben/~chat',
      createdAt: n,
      receivedAt: n,
      ageAtReceiptMs: 0,
      expiresAt: 100_000,
      hops: 0,
      own: false,
    };
    await store.commit([{ op: 'put', entry, bytes: new Uint8Array(2_000).fill(n % 256) }]);
    // Synchronous, so that a line is never behind what it tells of.
    writeSync(1, `${n}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, keep));
