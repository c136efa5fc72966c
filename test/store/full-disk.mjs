/**
 * Fills a small disk through the store and prints what it saw as one JSON object.
 * `node full-disk.mjs STORE-MODULE FOLDER`, where the folder lies on a disk of some 48 MiB.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , module, disk] = process.argv;
const { openLevelStore } = await import(module);
const folder = join(disk, 'store');
const ballast = join(disk, 'ballast');
writeFileSync(ballast, randomBytes(24 * 1024 * 1024));

const sizeBytes = 64 * 1024;
// Nothing is kept free, so that the disk fills up under the database itself.
const options = { random: { bytes: randomBytes, unit: Math.random }, minFreeBytes: 0 };
const contents = new Map();
const refused = [];
let seq = 0;

async function keep(store) {
  const key = createHash('sha256').update(String(++seq)).digest('hex').slice(0, 32);
  const bytes = new Uint8Array(randomBytes(sizeBytes));
  const entry = {
    key,
    seq,
    class: 2,
    sizeBytes,
    source: 'dtn://ana/laptop',
    destination: 'dtn://ben/~chat',
    createdAt: seq,
    receivedAt: seq,
    ageAtReceiptMs: 0,
    expiresAt: 100_000,
    hops: 0,
    own: false,
  };
  try {
    await store.commit([{ op: 'put', entry, bytes }]);
    contents.set(key, bytes);
  } catch (error) {
    refused.push({ key, code: error.code });
  }
}

async function differences(store) {
  const held = new Set((await store.load()).entries.map((entry) => entry.key));
  let lost = 0;
  for (const [key, bytes] of contents) {
    const stored = held.has(key) ? await store.read(key) : undefined;
    if (stored === undefined || Buffer.compare(stored, bytes) !== 0) lost++;
  }
  return { lost, tooMany: refused.filter(({ key }) => held.has(key)).length };
}

const store = await openLevelStore(folder, options);
while (refused.length === 0 && seq < 1_000) await keep(store);
for (let i = 0; i < 5; i++) await keep(store);
const codes = [...new Set(refused.map(({ code }) => code))];
const full = { kept: contents.size, ...(await differences(store)) };

rmSync(ballast);
const refusedWhenFull = refused.length;
for (let i = 0; i < 20; i++) await keep(store);
const afterwards = { refused: refused.length - refusedWhenFull, ...(await differences(store)) };
await store.close();

const reopened = await openLevelStore(folder, options);
const reopenedDifferences = await differences(reopened);
await reopened.close();
process.stdout.write(JSON.stringify({ codes, full, afterwards, reopened: reopenedDifferences }));
