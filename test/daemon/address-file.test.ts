import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT } from '../../src/base/index.js';
import { AddressFile } from '../../src/daemon/address-file.js';
import { capturedLog } from '../support/captured-log.js';
import { temporaryFolder } from '../support/folder.js';

const BEN = 'dtn://6vrxl46a3qakhxwew2jni3ll7i/';

describe('the file of addresses', () => {
  it('is private, and brings back what was noted before it was closed', async () => {
    const path = join(temporaryFolder(), 'addresses.json');
    const file = await AddressFile.open(path, SILENT);
    file.book.met(BEN, { host: '10.0.0.2', port: 4556 });
    file.changed();
    file.book.met(BEN, { host: 'fe80::2', port: 4556 });
    file.changed();
    await file.close();
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      version: 1,
      nodes: [{ node: BEN, at: ['[fe80::2]:4556', '10.0.0.2:4556'] }],
    });
    const again = await AddressFile.open(path, SILENT);
    expect(again.book.entries()).toEqual(file.book.entries());
    await again.close();
  });

  it('is not written when nothing was noted', async () => {
    const path = join(temporaryFolder(), 'addresses.json');
    const file = await AddressFile.open(path, SILENT);
    await file.close();
    expect(() => statSync(path)).toThrow(/ENOENT/);
  });

  it.each([
    '',
    '{}',
    'null',
    '{"version":2,"nodes":[]}',
    '{"version":1,"nodes":[null]}',
    '{"version":1,"nodes":[{"node":"x","at":["y"]}]}',
  ])('that holds %j stops no start', async (content) => {
    const path = join(temporaryFolder(), 'addresses.json');
    writeFileSync(path, content);
    const log = capturedLog();
    const { book, close } = await AddressFile.open(path, log);
    expect(book.entries()).toEqual([]);
    expect(log.lines).toEqual(['warn where nodes were met could not be read; starting anew']);
    await close();
  });
});
