import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT } from '../../src/base/index.js';
import { createFile, replaceFile } from '../../src/daemon/atomic-file.js';
import { openHome } from '../../src/daemon/home.js';
import { removeReadyFile, writeReadyFile } from '../../src/daemon/ready-file.js';
import { capturedLog } from '../support/captured-log.js';
import { temporaryFolder } from '../support/folder.js';

describe('files that are whole or absent', () => {
  it('are replaced, private, with nothing left beside them', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a');
    writeFileSync(path, 'old', { mode: 0o644 });
    await replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('are made only where there is none', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a');
    expect(await createFile(path, 'first')).toBe(true);
    expect(await createFile(path, 'second')).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('leave nothing behind when they can’t be put in place', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    await expect(replaceFile(join(folder, 'a'), 'x')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('the ready file', () => {
  it('is one private JSON object, and goes quietly when it is not there', async () => {
    const path = join(temporaryFolder(), 'ready.json');
    await removeReadyFile(path);
    const place = { host: '127.0.0.1', port: 1 };
    const report = { personId: 'p', nodeId: 'n', jid: 'a@b', password: 'secret', xmpp: place, tcpcl: place };
    await writeReadyFile(path, report);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(report);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await removeReadyFile(path);
    await expect(async () => statSync(path)).rejects.toThrow();
  });
});

describe('the home folder', () => {
  it('is made with all folders above it', async () => {
    const home = await openHome(join(temporaryFolder(), 'a', 'b'), SILENT);
    expect(statSync(home.root).mode & 0o777).toBe(0o700);
  });

  it('is closed to others, with a warning', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const log = capturedLog();
    await openHome(folder, log);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(log.lines).toEqual([expect.stringContaining('open to other users')]);
  });

  it('is refused clearly when a file is in the way', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    await expect(openHome(path, SILENT)).rejects.toMatchObject({
      code: 'ERR_HOME',
      message: expect.stringContaining(path),
    });
  });
});
