/** What is done to a damaged store, on request only: keep what can be read, forget the rest. */
import { readdir } from 'node:fs/promises';
import { HearsayError, type Logger } from '../base/index.js';
import type { BundleKey } from '../bundle/index.js';
import type { DatabaseOp, LevelDatabase } from './level-database.js';
import { explain, storeError } from './level-errors.js';
import { BYTES_RANGE, bundleOf, bytesKey, ENTRY_RANGE, entryKey, RECORD_RANGE, SEEN_RANGE } from './level-keys.js';
import { Database } from './node-level.js';
import { decodeEntry, decodeSeen, unguard } from './record-codec.js';

/**
 * LevelDB takes a folder without its `CURRENT` file for a new database and deletes the tables in it.
 *
 * @throws HearsayError `ERR_STORE_CORRUPT`
 */
export async function refuseHeadless(dir: string): Promise<void> {
  if (!(await isHeadless(dir))) return;
  throw explain(storeError('ERR_STORE_CORRUPT', 'its file CURRENT is missing'), dir);
}

/** Rebuilds the database's own files. LevelDB takes no lock for that, so whether a node runs is looked at first. */
export async function rebuildFiles(dir: string): Promise<void> {
  if (!(await isHeadless(dir))) {
    if (!(await readdir(dir)).includes('CURRENT')) return;
    await refuseRunning(dir);
  }
  try {
    await Database.repair(dir);
  } catch (error) {
    throw explain(error, dir);
  }
}

async function isHeadless(dir: string): Promise<boolean> {
  const files = await readdir(dir);
  return !files.includes('CURRENT') && files.some((file) => file.endsWith('.ldb') || file.startsWith('MANIFEST-'));
}

async function refuseRunning(dir: string): Promise<void> {
  const probe = new Database(dir, { createIfMissing: false });
  try {
    await probe.open();
  } catch (error) {
    const explained = explain(error, dir);
    if (explained.code === 'ERR_STORE_LOCKED') throw explained;
  } finally {
    await probe.close();
  }
}

/** Deletes every record that fails its check and every half of a bundle whose other half is gone. */
export async function sweep(database: LevelDatabase, log: Logger): Promise<void> {
  const entries = new Set<BundleKey>();
  const whole = new Set<BundleKey>();
  const deletions: DatabaseOp[] = [];
  const check = (key: string, read: () => void): boolean => {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      deletions.push({ type: 'del', key });
      return false;
    }
  };
  for await (const page of database.pages(ENTRY_RANGE)) {
    for (const [key, value] of page) {
      if (check(key, () => decodeEntry(bundleOf(key), value, (text) => text))) entries.add(bundleOf(key));
    }
  }
  for await (const page of database.pages(BYTES_RANGE)) {
    for (const [key, value] of page) {
      const intact = check(key, () => unguard(value, key));
      if (intact && entries.has(bundleOf(key))) whole.add(bundleOf(key));
      else if (intact) deletions.push({ type: 'del', key: bytesKey(bundleOf(key)) });
    }
  }
  for (const key of entries) {
    if (!whole.has(key)) deletions.push({ type: 'del', key: entryKey(key) });
  }
  for await (const page of database.pages(SEEN_RANGE)) {
    for (const [key, value] of page) check(key, () => decodeSeen(bundleOf(key), value, (text) => text));
  }
  for await (const page of database.pages(RECORD_RANGE)) {
    for (const [key, value] of page) check(key, () => unguard(value, key));
  }
  if (deletions.length > 0) await database.write(deletions);
  log.warn('the store was repaired', { bundlesKept: whole.size, recordsLost: deletions.length });
}
